"""Enhance thin or faint strokes to the width and strength of MNIST's strokes."""

import math

import cv2
import numpy as np

from inklab.imaging.gray import GrayImage
from inklab.imaging.normalize import BOX_SIZE, crop_to_ink

MIN_STROKE_WIDTH = 1.4  # pixels, for a digit of 20: thinner strokes, as of 0.3% of MNIST, would nearly vanish
MIN_SOLIDITY = 0.7  # less solid strokes, as of 0.2% of MNIST, are faint or uneven
TARGET_STROKE_WIDTH = 2.2  # pixels, for a digit of 20, of enhanced strokes; half of MNIST has 2.1 to 3.0
_SCALE = 4  # strokes are enhanced at four times the resolution of the image
_WINDOW = 21  # of those pixels: ink is divided by the strongest ink in the window
_MIN_STRONGEST = 0.3  # of the strongest ink; limits the amplification of faint ink
_NO_INK, _FULL_INK = 0.15, 0.7  # less is no ink, more is full ink


def enhance_strokes(ink: GrayImage) -> GrayImage:
    """Return thin or faint strokes as solid ones, `TARGET_STROKE_WIDTH` wide; return other ink unchanged.

    Such ink, of which area averaging would make a gray that no MNIST digit has, is scaled to four times its
    final size, made equally strong everywhere, sharpened, and dilated by a disk.
    """
    ink = crop_to_ink(ink)
    scale = _SCALE * BOX_SIZE / max(ink.shape)
    if stroke_width(ink) * scale >= MIN_STROKE_WIDTH * _SCALE and solidity(ink) >= MIN_SOLIDITY:
        return ink
    size = [max(1, round(length * scale)) for length in ink.shape[::-1]]
    interpolation = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    scaled = np.asarray(cv2.resize(ink, size, interpolation=interpolation), np.float32)
    scaled = np.pad(np.maximum(scaled, 0), _WINDOW)
    strongest = cv2.blur(cv2.dilate(scaled, np.ones((_WINDOW, _WINDOW), np.uint8)), (_WINDOW, _WINDOW))
    even = scaled / np.maximum(strongest, _MIN_STRONGEST * scaled.max())
    sharp: GrayImage = np.clip((even - _NO_INK) / (_FULL_INK - _NO_INK), 0, 1)
    diameter = round(TARGET_STROKE_WIDTH * _SCALE - stroke_width(sharp)) + 1
    if diameter <= 1:
        return sharp
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (diameter, diameter))
    return np.asarray(cv2.dilate(sharp, disk), np.float32)


def stroke_width(ink: GrayImage) -> float:
    """Return the mean width of the strokes in pixels, from the mass and the total variation of the ink.

        width = 8 / pi * mass / variation

    A stroke of length l and width w has mass l w. Its variation, the sum of the absolute differences of
    neighbors, is 2 l times the mean of |cos a| + |sin a| over all directions a, which is 4 / pi.

    >>> round(stroke_width(np.pad(np.eye(100, dtype=np.float32), 5)), 2)
    0.64
    """
    padded = cv2.copyMakeBorder(ink, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    vertical = cv2.norm(padded[1:], padded[:-1], cv2.NORM_L1)
    horizontal = cv2.norm(padded[:, 1:], padded[:, :-1], cv2.NORM_L1)
    return float(8 / math.pi * ink.sum() / (vertical + horizontal))


def solidity(ink: GrayImage) -> float:
    """Return the mean strength of the ink, weighted by itself, as a fraction of the maximum.

    >>> solidity(np.array([[1.0, 0.5, 0.5]], np.float32))
    0.75
    """
    return float((ink**2).sum() / (ink.sum() * ink.max()))
