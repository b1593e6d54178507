"""Normalize ink to a 28 x 28 image with MNIST's size and position of the digit."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from inklab.constants import IMAGE_SIZE
from inklab.imaging.gray import GrayImage

BOX_SIZE = 20  # pixels: the longer side of a normalized digit
_MIN_SOFT_EDGE = 0.05  # of full ink: less, in ink enlarged smoothly, is no ink
_CENTER = 14.5  # the center of mass comes to lie in (13.5, 14.5]
_MIN_PEAK = 254  # the maximum of one in ten of MNIST's images; 255 of the others


def normalize(ink: GrayImage) -> NDArray[np.uint8]:
    """Return ink as a (28, 28) uint8 image, ink 255 on 0, with the digit's size and position in MNIST.

    The ink is cropped, enlarged if its longer side is under 20, centered in a square, reduced to 20 x 20 by
    area averaging, and divided by its maximum. The square is then shifted by whole pixels, floor(14.5 - c),
    so that the center of mass c comes to lie in (13.5, 14.5] on both axes, or as near as the image allows.

    Normalizing a normalized image changes nothing: ends that the averaging erases are cropped first. An MNIST
    digit is reproduced within one gray level, because the maximum of one in ten is 254; enlarged 2 to 10
    times, within 2 gray levels on average for repeated pixels, 10 for linear interpolation, and 14 for cubic
    interpolation.

    Args:
        ink: (h, w) float32 in [0, 1], exactly 0 where there is no ink, not all 0.

    Source: Yadav and Bottou 2019, Cold Case: The Lost MNIST Digits, section 2.
    """
    ink = _enlarge(crop_to_ink(ink))
    small = _average(_pad_to_square(ink))
    while max(crop_to_ink(small).shape) < BOX_SIZE:
        square = _pad_to_square(ink)
        is_kept = cv2.resize(np.minimum(small, 1), square.shape, interpolation=cv2.INTER_NEAREST)
        ink = _enlarge(crop_to_ink(square * is_kept))
        small = _average(_pad_to_square(ink))
    image = np.zeros((IMAGE_SIZE, IMAGE_SIZE), np.uint8)
    sources, targets = zip(*(_shift(small.sum(axis=axis, dtype=np.int64)) for axis in (1, 0)), strict=True)
    image[targets] = small[sources]
    return image


def is_normalized(image: NDArray[np.uint8]) -> bool:
    """Return whether an array has the shape, brightness, digit size and position of a normalized image."""
    if image.shape != (IMAGE_SIZE, IMAGE_SIZE) or image.max() < _MIN_PEAK:
        return False
    centers = (_center_of_mass(image.sum(axis=axis, dtype=np.int64)) for axis in (0, 1))
    return max(crop_to_ink(image).shape) == BOX_SIZE and all(_CENTER - 1 < c <= _CENTER for c in centers)


def crop_to_ink(ink: NDArray[Any]) -> NDArray[Any]:
    """Return the bounding box of the ink."""
    (top, bottom), (left, right) = extent(ink.any(axis=1)), extent(ink.any(axis=0))
    return ink[top:bottom, left:right]


def extent(values: ArrayLike) -> tuple[int, int]:
    """Return the index of the first value that is not 0, and the index after the last."""
    indices = np.flatnonzero(values)
    return int(indices[0]), int(indices[-1]) + 1


def _enlarge(ink: GrayImage) -> GrayImage:
    """Return cropped ink of less than 20 pixels enlarged, and larger ink unchanged.

    Pixels are repeated, which blurs least, if twice the size is enough. Smaller digits would become blocks,
    so the gray levels between the pixels are interpolated.
    """
    size = max(ink.shape)
    if size >= BOX_SIZE:
        return ink
    if 2 * size >= BOX_SIZE:
        return ink.repeat(2, axis=0).repeat(2, axis=1)
    scale = 2 * BOX_SIZE / size
    smooth = cv2.resize(np.pad(ink, 1), None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    return crop_to_ink(np.where(smooth > _MIN_SOFT_EDGE * smooth.max(), smooth, np.float32(0)))


def _pad_to_square(ink: GrayImage) -> GrayImage:
    """Return cropped ink in the middle of a square."""
    height, width = ink.shape
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    margins = (top, side - height - top, left, side - width - left)
    return np.asarray(cv2.copyMakeBorder(ink, *margins, cv2.BORDER_CONSTANT, value=0), np.float32)


def _average(square: GrayImage) -> NDArray[np.uint8]:
    small = cv2.resize(square, (BOX_SIZE, BOX_SIZE), interpolation=cv2.INTER_AREA)
    return np.asarray(np.rint(small * (255 / small.max())), np.uint8)


def _shift(mass: NDArray[np.int64]) -> tuple[slice, slice]:
    """Return the slice of the ink along one axis of the box, and its slice in the image."""
    start, stop = extent(mass)
    offset = min(max(int(np.floor(_CENTER - _center_of_mass(mass))), -start), IMAGE_SIZE - stop)
    return slice(start, stop), slice(start + offset, stop + offset)


def _center_of_mass(mass: NDArray[np.int64]) -> float:
    return float((np.arange(len(mass)) * mass).sum() / mass.sum())
