"""Convert pixels of any type to gray: one float32 number per pixel."""

import math
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inklab.errors import PictureError
from inklab.utils.text import quoted

GrayImage: TypeAlias = NDArray[np.float32]
"""(h, w) float32 in [0, 1], 0 black and 1 white; or, of ink, 0 none and 1 full."""

MAX_PIXELS = 8192 * 6144  # about 50 million; checked before decoding
MAX_SIDE = 2048  # pixels, of a gray image
MAX_CHANNELS = 4  # RGBA
_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
_SAMPLE = 64  # pixels along each side, from which the color covariance is estimated
_HUE_RATIO = 12.0  # of largest variance to luminance variance; it is 3 for gray, 2.5 to 3.5 for common inks
_MIN_VARIANCE = 1e-4  # of colors in [0, 1]: a standard deviation of 0.01
_MIN_RANGE = 0.02  # of gray levels; a smaller range shows nothing
_TOLERANCE = 1e-3  # by which resampling and rounding leave [0, 1], or [0, 255] in units of 255
_MAX_WHITE = 2**16 - 1
_EXPECTED_VALUES = "expected whole numbers from 0 to 255, or floats from 0 to 1; rescale the values"
_MIN_BRIGHT = 16  # maximum of broken floats that are clearly not fractions but 0 to 255


def to_gray(pixels: NDArray[Any], name: str) -> GrayImage:
    """Return an array of pixels in gray, (h, w) float32 in [0, 1], downscaled to `MAX_SIDE`.

    Color becomes luminance. If luminance hides the colors (yellow on white, red on green of equal
    brightness), the first principal component of the colors is used instead. Transparent pixels become
    white; if nothing is visible then (white strokes on a transparent canvas), opaque pixels become dark.

    Args:
        pixels: (h, w) or (h, w, c) with c = 1 to 4 channels (gray; gray and alpha; RGB; RGBA), of bool,
            whole numbers from 0 to 65,535 of any type, floats in [0, 1], or floats in [0, 255]. White is the
            largest number of the fewest bits, 8 to 16, that hold the maximum of whole numbers; whole floats
            of at most 1 are fractions.
        name: the name of the picture in messages.

    Raises:
        PictureError: the array has another shape or dtype, or too many pixels.
    """
    channels = math.prod(pixels.shape[2:])  # 1 for (h, w)
    if pixels.ndim not in {2, 3} or not pixels.size or channels not in range(1, MAX_CHANNELS + 1):
        expected = "(h, w), or (h, w, c) with 1 to 4 channels; for several pictures use `read_many`"
        raise PictureError(f"{name} is an array of shape {quoted(str(pixels.shape))}; expected {expected}")
    check_size(pixels.shape[1], pixels.shape[0], name)
    values = _as_fractions(pixels, name)
    if channels == 1:
        return values.reshape(values.shape[:2])
    gray = _color_to_gray(values[..., :3]) if channels > 2 else values[..., 0]  # noqa: PLR2004
    if channels not in {2, 4}:
        return gray
    alpha = values[..., -1]
    blended: GrayImage = 1 - alpha * (1 - gray)
    return 1 - alpha if np.ptp(blended) < _MIN_RANGE and np.ptp(alpha) > _MIN_RANGE else blended


def check_size(width: int, height: int, name: str) -> None:
    """Raise a `PictureError` for more than `MAX_PIXELS`."""
    if width * height > MAX_PIXELS:
        size = f"{width:,} x {height:,} pixels"
        raise PictureError(f"{name} is {size}; expected at most {MAX_PIXELS:,}; downscale it")


def downscale(pixels: NDArray[Any], max_side: int) -> NDArray[Any]:
    """Return pixels (h, w) or (h, w, c), area-averaged so that no side is longer than `max_side`."""
    scale = max_side / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    size = [max(1, round(length * scale)) for length in pixels.shape[1::-1]]
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def _as_fractions(pixels: NDArray[Any], name: str) -> GrayImage:
    """Return pixels as float32 in [0, 1], downscaled before they take four bytes each."""
    kind = pixels.dtype.kind
    if kind == "b":
        return downscale(pixels.astype(np.float32), MAX_SIDE)
    if kind not in "iuf":
        raise PictureError(f"{name} is an array of {quoted(str(pixels.dtype))}; {_EXPECTED_VALUES}")
    low, high = float(pixels.min()), float(pixels.max())  # float16 would overflow in comparisons
    if kind == "f" and low >= -_TOLERANCE and high <= 1 + _TOLERANCE:
        white = 1
    elif low >= 0 and high <= _MAX_WHITE and _is_whole(pixels):
        white = 2 ** max(8, int(high).bit_length()) - 1
    elif kind == "f" and low >= -255 * _TOLERANCE and _MIN_BRIGHT <= high <= 255 * (1 + _TOLERANCE):
        white = 255
    elif math.isnan(low):
        raise PictureError(f"{name} is an array of floats with NaN; expected numbers; replace each NaN")
    else:
        numbers = "floats" if kind == "f" else pixels.dtype
        raise PictureError(f"{name} is an array of {numbers} from {low:g} to {high:g}; {_EXPECTED_VALUES}")
    dtype = pixels.dtype.newbyteorder("=") if pixels.dtype.itemsize <= 2 and kind == "u" else np.float32  # noqa: PLR2004
    values = downscale(pixels.astype(dtype, copy=False), MAX_SIDE).astype(np.float32)
    values = values if white == 1 else values / np.float32(white)
    return values.clip(0, 1) if low < 0 or high > white else values


def _is_whole(pixels: NDArray[Any]) -> bool:
    """Return whether all numbers are whole; rows are compared one by one, up to the first that is not."""
    return pixels.dtype.kind in "iu" or all(np.array_equal(row, np.rint(row)) for row in pixels)


def _color_to_gray(colors: GrayImage) -> GrayImage:
    """Return the luminance of colors (h, w, 3), or their first principal component if it varies far more."""
    row_step, column_step = (-(-length // _SAMPLE) for length in colors.shape[:2])
    sample = colors[::row_step, ::column_step].reshape(-1, 3)
    sample = sample - sample.mean(axis=0)
    covariance = sample.T @ sample / len(sample)
    variances, directions = np.linalg.eigh(covariance)
    if variances[-1] <= max(_HUE_RATIO * (_LUMINANCE @ covariance @ _LUMINANCE), _MIN_VARIANCE):
        return colors @ _LUMINANCE
    direction = directions[:, -1].astype(np.float32)
    darkest, lightest = np.minimum(direction, 0).sum(), np.maximum(direction, 0).sum()
    return np.asarray((colors @ direction - darkest) / (lightest - darkest))
