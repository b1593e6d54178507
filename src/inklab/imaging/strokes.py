"""Strokes: how wide and solid they are, and how thin or faint ones become like those of MNIST."""

import math

import cv2
import numpy as np

from inklab.imaging.gray import GrayImage
from inklab.imaging.normalize import BOX, cropped

LEAST_WIDTH = 1.4
"""Of twenty pixels: strokes that are thinner would nearly vanish. So are 3 of 1,000 of MNIST's digits."""
LEAST_SOLIDITY = 0.7
"""Strokes that are less solid are faint or uneven. So are 2 of 1,000 of MNIST's digits."""
WIDTH = 2.2
"""Of twenty pixels: what thin strokes become. Half of MNIST's digits have strokes from 2.1 to 3.0 wide."""

_FINE = 4  # the strokes are mended at four pixels for one of the image
_WINDOW = 21  # of those: ink is made as strong as the strongest within
_FAINTEST = 0.3  # of the strongest ink: what is fainter stays as much fainter than this
_NONE, _FULL = 0.15, 0.7  # less is none, more is full


def enhance_strokes(ink: GrayImage) -> GrayImage:
    """Return thin or faint strokes as even and solid ones, `WIDTH` wide, and any other ink as it is.

    A pencil's faint line of one pixel, or one a thousandth of the picture wide, would be averaged away into
    grey, as no digit of MNIST is. Such ink is brought to four times the size that it will have, made equally
    strong in all places, sharpened, and widened by a disc.

    Args:
        ink: (h, w) float32 in [0, 1], not all 0.
    """
    ink = cropped(ink)
    scale = _FINE * BOX / max(ink.shape)
    if stroke_width(ink) * scale >= LEAST_WIDTH * _FINE and solidity(ink) >= LEAST_SOLIDITY:
        return ink
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    fine = np.pad(np.maximum(np.asarray(cv2.resize(ink, size, interpolation=way), np.float32), 0), _WINDOW)
    strongest = cv2.blur(cv2.dilate(fine, np.ones((_WINDOW, _WINDOW), np.uint8)), (_WINDOW, _WINDOW))
    even = fine / np.maximum(strongest, _FAINTEST * fine.max())
    sharp: GrayImage = np.clip((even - _NONE) / (_FULL - _NONE), 0, 1)
    disc = round(WIDTH * _FINE - stroke_width(sharp)) + 1
    if disc <= 1:
        return sharp
    widened = cv2.dilate(sharp, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (disc, disc)))
    return np.asarray(widened, np.float32)


def stroke_width(ink: GrayImage) -> float:
    """Return the mean width of strokes in pixels, from their mass and how much the ink varies.

        width = 8 / pi * mass / variation

    A stroke of length l and width w has mass lw. Its variation, the sum of all differences between
    neighbours, is 2l times the mean of |cos a| + |sin a| over all directions a, which is 4 / pi.

    >>> round(stroke_width(np.pad(np.eye(100, dtype=np.float32), 5)), 2)
    0.64
    """
    framed = cv2.copyMakeBorder(ink, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    down = cv2.norm(framed[1:], framed[:-1], cv2.NORM_L1)
    across = cv2.norm(framed[:, 1:], framed[:, :-1], cv2.NORM_L1)
    return float(8 / math.pi * ink.sum() / (down + across))


def solidity(ink: GrayImage) -> float:
    """Return the mean strength of ink, weighted by itself, as a fraction of the strongest.

    >>> solidity(np.array([[1.0, 0.5, 0.5]], np.float32))
    0.75
    """
    return float((ink**2).sum() / (ink.sum() * ink.max()))
