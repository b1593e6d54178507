"""Shades of grey: one number a pixel, whatever the picture had."""

from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inklab.errors import PictureError

GrayImage: TypeAlias = NDArray[np.float32]

MAX_PIXELS = 8192 * 6144
"""The most pixels that are decoded, about 50 million; checked before they are."""
MAX_SIDE = 2048
"""The longest side of a grey picture, in pixels."""

_COLOUR_AXES = 3  # rows, columns, channels
_MOST_CHANNELS = 4
_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
_SAMPLE = 64  # pixels along each side of which the colours are looked at
_HUE_SHARE = 12.0  # for shades of grey it is 3, for black, blue or red ink on white 2.5 to 3.5
_LEAST_VARIANCE = 1e-4  # of colours in [0, 1]: a hundredth, squared
_FLAT = 0.02  # a range of grey that holds nothing


def to_gray(pixels: NDArray[Any], name: str) -> GrayImage:
    """Return an array of pixels in shades of grey, reduced to `MAX_SIDE`.

    Colours become luminance; where that hides them, as yellow on white or red on green of the same
    brightness, they become their place along the direction in which they vary most. What is transparent lies
    on white; if nothing is seen there, as of white strokes on a clear canvas, what is opaque counts as dark.

    Args:
        pixels: (h, w) or (h, w, c) of c = 1 to 4 channels (grey; grey and alpha; RGB; RGBA), of bool, uint8,
            uint16 (the white of 9 to 16 bits is that of the fewest which hold the largest number), or
            floats in [0, 1].
        name: what messages call the picture.

    Returns:
        (h, w) float32 in [0, 1].

    Raises:
        PictureError: the array has another shape or type, or too many pixels.
    """
    channels = pixels.shape[2] if pixels.ndim == _COLOUR_AXES else 1
    if pixels.ndim not in {2, _COLOUR_AXES} or not pixels.size or channels > _MOST_CHANNELS:
        raise PictureError(
            f"{name} is an array of shape {pixels.shape}; expected (h, w), or (h, w, c) of 1 to 4 channels"
        )
    check_size(pixels.shape[1], pixels.shape[0], name)
    values = _fractions(pixels, name)
    if channels == 1:
        return values.reshape(values.shape[:2])
    alpha = values[..., -1] if channels in {2, 4} else None
    grey = _one_number(values[..., :3]) if channels > 2 else values[..., 0]  # noqa: PLR2004
    return grey if alpha is None else _on_white(grey, alpha)


def check_size(width: int, height: int, name: str) -> None:
    """Refuse a picture of more than `MAX_PIXELS`."""
    if width * height > MAX_PIXELS:
        raise PictureError(
            f"{name} is {width:,} x {height:,} pixels; expected at most {MAX_PIXELS:,}; reduce it"
        )


def reduced(pixels: NDArray[Any], side: int) -> NDArray[Any]:
    """Return pixels (h, w) or (h, w, c) area-averaged so that no side is longer than `side`."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def _fractions(pixels: NDArray[Any], name: str) -> GrayImage:
    """Return pixels as float32 in [0, 1], reduced before they take four bytes each."""
    if pixels.dtype == np.bool:
        return reduced(pixels.astype(np.float32), MAX_SIDE)
    if pixels.dtype == np.uint8:
        return reduced(pixels, MAX_SIDE).astype(np.float32) / np.float32(255)
    if pixels.dtype.newbyteorder("=") == np.uint16:
        white = 2 ** max(8, int(pixels.max()).bit_length()) - 1
        return reduced(pixels.astype(np.uint16), MAX_SIDE).astype(np.float32) / np.float32(white)
    if pixels.dtype.kind == "f" and pixels.min() >= 0 and pixels.max() <= 1:
        return reduced(pixels.astype(np.float32), MAX_SIDE)
    came = f"floats from {pixels.min():g} to {pixels.max():g}" if pixels.dtype.kind == "f" else pixels.dtype
    raise PictureError(f"{name} is an array of {came}; expected bool, uint8, uint16, or floats in [0, 1]")


def _one_number(colours: GrayImage) -> GrayImage:
    """Return the luminance of colours (h, w, 3), or their principal component where that tells more."""
    step_down, step_across = (-(-length // _SAMPLE) for length in colours.shape[:2])
    sample = colours[::step_down, ::step_across].reshape(-1, 3)
    sample = sample - sample.mean(axis=0)
    covariance = sample.T @ sample / len(sample)
    variances, directions = np.linalg.eigh(covariance)
    seen = _LUMINANCE @ covariance @ _LUMINANCE
    if variances[-1] <= max(_HUE_SHARE * seen, _LEAST_VARIANCE):
        return colours @ _LUMINANCE
    direction = directions[:, -1].astype(np.float32)
    darkest, lightest = np.minimum(direction, 0).sum(), np.maximum(direction, 0).sum()
    place: GrayImage = (colours @ direction - darkest) / (lightest - darkest)
    return place


def _on_white(grey: GrayImage, alpha: GrayImage) -> GrayImage:
    seen = 1 - alpha * (1 - grey)
    if np.ptp(seen) < _FLAT and np.ptp(alpha) > _FLAT:
        return 1 - alpha
    return seen
