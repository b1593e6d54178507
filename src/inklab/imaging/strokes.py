"""Measure the strokes of ink."""

import math

import cv2

from inklab.imaging.gray import GrayImage


def stroke_width(ink: GrayImage) -> float:
    """Return the mean width of the strokes in pixels, from the mass and the total variation of the ink.

        width = 8 / pi * mass / variation

    A stroke of length l and width w has mass l w. Its variation, the sum of the absolute differences of
    neighbors, is 2 l times the mean of |cos a| + |sin a| over all directions a, which is 4 / pi.

    >>> import numpy as np
    >>> round(stroke_width(np.pad(np.eye(100, dtype=np.float32), 5)), 2)
    0.64
    """
    padded = cv2.copyMakeBorder(ink, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    vertical = cv2.norm(padded[1:], padded[:-1], cv2.NORM_L1)
    horizontal = cv2.norm(padded[:, 1:], padded[:, :-1], cv2.NORM_L1)
    return float(8 / math.pi * ink.sum() / (vertical + horizontal))
