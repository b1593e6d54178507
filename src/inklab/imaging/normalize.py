"""Normalising: ink as an image of MNIST's making, the digit as large and in the place that MNIST gives it."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inklab.constants import IMAGE_SIZE
from inklab.imaging.gray import GrayImage

BOX = 20
"""The longest side of the digit in it."""

_LEAST = 10  # pixels: smaller ink is not enlarged to the whole box
_MIDDLE = 14.5  # the centre of mass comes to lie within the pixel before it
_FULL = 254  # one of ten of MNIST's images has this for its brightest, the others 255


def normalize(ink: GrayImage) -> NDArray[np.uint8]:
    """Return ink as an image, placed as MNIST places it.

    The ink is cropped, set in the middle of a square of side max(h, w, 10), doubled if that is under 20,
    reduced to 20 x 20 by area averaging, and divided by its maximum. The square is moved by whole pixels,
    floor(14.5 - c) for a centre of mass c, so that the centre comes to lie in (13.5, 14.5] on both axes.
    Where that would push ink out of the image, as it may if nearly all is at one end, it stops at the side.

    Normalising twice changes nothing: ends of which averaging leaves nothing are cropped first, and ink under
    20 pixels that was doubled before is not doubled again. A digit of MNIST comes back within one level of
    grey, for one in ten has 254 for its brightest. Enlarged 2 to 10 times by repeated pixels, it comes back
    within 2 levels on average; by linear interpolation, which blurs it, within 10; by cubic within 14.

    Args:
        ink: (h, w) float32 in [0, 1], exactly 0 where there is none, not all 0.

    Returns:
        (28, 28) uint8, ink 255 on 0.

    Source: Yadav and Bottou 2019, Cold Case: The Lost MNIST Digits, section 2.
    """
    ink = cropped(ink)
    if max(ink.shape) < BOX and _is_doubled(ink):
        ink = ink[::2, ::2]
    small = _averaged(_square(ink))
    while max(ink.shape) >= _LEAST and max(cropped(small).shape) < BOX:
        square = _square(ink)
        seen = cv2.resize(np.minimum(small, 1), square.shape, interpolation=cv2.INTER_NEAREST)
        ink = cropped(square * seen)
        small = _averaged(_square(ink))
    return _placed(small)


def is_placed(image: NDArray[np.uint8]) -> bool:
    """Whether an array is an image already: of 28 x 28, the digit 20 long, as bright as ink, in its place."""
    if image.shape != (IMAGE_SIZE, IMAGE_SIZE) or image.max() < _FULL:
        return False
    centres = (_centre(image.sum(axis=axis, dtype=np.int64)) for axis in (0, 1))
    return max(cropped(image).shape) == BOX and all(_MIDDLE - 1 < centre <= _MIDDLE for centre in centres)


def cropped(ink: NDArray[Any]) -> NDArray[Any]:
    """Return the smallest part that holds all ink."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _is_doubled(ink: GrayImage) -> bool:
    """Whether every pixel stands there twice, across and down."""
    height, width = ink.shape
    return height % 2 == width % 2 == 0 and bool((ink == _doubled(ink[::2, ::2])).all())


def _doubled(ink: GrayImage) -> GrayImage:
    return ink.repeat(2, axis=0).repeat(2, axis=1)


def _square(ink: GrayImage) -> GrayImage:
    """Return cropped ink in the middle of a square, of side 20 or more."""
    if max(ink.shape) < BOX:
        side = max(*ink.shape, _LEAST) * 2
        ink = _doubled(ink)
    else:
        side = max(ink.shape)
    height, width = ink.shape
    top, left = (side - height) // 2, (side - width) // 2
    square = np.zeros((side, side), np.float32)
    square[top : top + height, left : left + width] = ink
    return square


def _averaged(square: GrayImage) -> NDArray[np.uint8]:
    small = cv2.resize(square, (BOX, BOX), interpolation=cv2.INTER_AREA)
    return np.asarray(np.rint(small * (255 / small.max())), np.uint8)


def _placed(small: NDArray[np.uint8]) -> NDArray[np.uint8]:
    image = np.zeros((IMAGE_SIZE, IMAGE_SIZE), np.uint8)
    sources, targets = zip(*(_move(small.sum(axis=axis, dtype=np.int64)) for axis in (1, 0)), strict=True)
    image[targets] = small[sources]
    return image


def _move(mass: NDArray[np.int64]) -> tuple[slice, slice]:
    """Return where the ink of one axis is, and where it comes to be."""
    held = np.flatnonzero(mass)
    first, end = int(held[0]), int(held[-1]) + 1
    offset = int(np.floor(_MIDDLE - _centre(mass)))
    offset = min(max(offset, -first), IMAGE_SIZE - end)
    return slice(first, end), slice(first + offset, end + offset)


def _centre(mass: NDArray[np.int64]) -> float:
    return float((np.arange(len(mass)) * mass).sum() / mass.sum())
