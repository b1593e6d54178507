"""Estimate the background (the paper and its light), and measure the contrast of the ink."""

from dataclasses import dataclass
from operator import itemgetter

import cv2
import numpy as np

from inklab.imaging.gray import GrayImage, downscale

_MARGIN = 25  # the margin of a picture is 1/25 of its shorter side wide; it is mostly background
_SAMPLE = 64  # pixels along each side, from which the most common gray level is found
_LEVEL_WIDTH = 0.03  # of the picture's range: gray levels of one even background differ by at most this
_MIN_EVEN_SHARE = 0.3  # of margin and picture has one gray level if the background is even
_MIN_SIDE = 40  # pixels; in smaller pictures, soft edges of ink are a large part of the margin
_MIN_SHADOW_SHARE = 0.2  # of the margin has another gray level than the background if there is a shadow
_MAX_SHADOW = 0.75  # of the picture's range: a larger difference is ink or a frame, not shadow
_THUMBNAIL = 40  # pixels; light changes slowly
_N_FITS = 4  # each fit leaves out the outliers (ink) of the previous one
_MIN_LIGHT = 0.1
_PEAK_ONE_IN = 10_000  # one pixel in this many may be darker than full ink


@dataclass(frozen=True, eq=False)
class Contrast:
    """The contrast of a picture's pixels with its background."""

    ink: GrayImage  # (h, w) the contrast of each pixel, at least 0
    peak: float  # the contrast of full ink
    noise: float  # the standard deviation of the background's contrast; 0 if the background is even
    is_even: bool  # whether the background has one gray level, as in a drawing or a clean scan


def estimate_contrast(gray: GrayImage) -> Contrast:
    """Return the contrast of dark or light ink with the background.

    An even background has the gray level that margin and picture share most: a thick 0 can fill the
    picture, and a frame the margin. In uneven light, the background at each pixel is the smoothed median over
    a window of half the picture, and the contrast of dark ink is a fraction of the light at that pixel. The
    ink is on the side of the background whose deviations have the larger sum of cubes: a few large
    deviations outweigh many small ones.
    """
    level = _even_level(gray)
    is_even = level is not None
    background = _estimate_light(gray) if level is None else np.full_like(gray, level)
    deviation = gray - background
    noise = 0.0
    if not is_even:
        low, middle, high = np.percentile(_margin(deviation), (25, 50, 75))
        noise = 1.5 * float(min(middle - low, high - middle))  # the narrower quartile gap: the other has ink
    is_light = float((deviation * deviation * deviation).sum()) > 0  # ** is slow
    ink = np.maximum(deviation if is_light else -deviation, 0)
    if not is_light and not is_even:
        np.maximum(background, _MIN_LIGHT, out=background)
        ink /= background
        noise /= float(background.min())  # the largest noise, at the darkest pixel
    rank = ink.size - 1 - ink.size // _PEAK_ONE_IN
    peak = float(np.partition(ink, rank, axis=None)[rank])
    return Contrast(ink=ink, peak=peak, noise=noise, is_even=is_even)


def _margin(gray: GrayImage) -> GrayImage:
    """Return the pixels along the four sides."""
    width = max(1, min(gray.shape) // _MARGIN)
    inner = gray[width:-width]
    sides = (gray[:width], gray[-width:], inner[:, :width], inner[:, -width:])
    return np.concatenate([side.ravel() for side in sides])


def _even_level(gray: GrayImage) -> float | None:
    """Return the most common gray level of margin and picture, or None if the light is uneven.

    The margin counts twice. A shadow differs from the background in much of the margin, but less than ink.
    """
    gray_range = float(np.ptp(gray))
    width = np.float32(_LEVEL_WIDTH * gray_range)
    step = -(-max(gray.shape) // _SAMPLE)
    margin, picture = np.sort(_margin(gray)), np.sort(gray[::step, ::step], axis=None)
    shares = {
        level: (2 * _share(margin, level, width) + _share(picture, level, width)) / 3
        for level in (_most_common(margin, width), _most_common(picture, width))
    }
    level, share = max(shares.items(), key=itemgetter(1))
    difference = np.abs(margin - float(level))
    is_shadow = (difference > 2 * _LEVEL_WIDTH * gray_range) & (difference < _MAX_SHADOW * gray_range)
    has_shadow = min(gray.shape) >= _MIN_SIDE and is_shadow.mean() > _MIN_SHADOW_SHARE
    return None if share < _MIN_EVEN_SHARE or has_shadow else float(level)


def _most_common(values: GrayImage, width: np.float32) -> np.float32:
    """Return the median of the interval of this width that holds the most of the sorted values."""
    counts = np.searchsorted(values, values + width, side="right") - np.arange(values.size)
    first = int(counts.argmax())
    return np.float32(values[first + counts[first] // 2])


def _share(values: GrayImage, level: np.float32, width: np.float32) -> float:
    """Return the share of sorted values in an interval of this width around a gray level."""
    half = width / np.float32(2)
    stop, start = np.searchsorted(values, level + half, side="right"), np.searchsorted(values, level - half)
    return float(stop - start) / values.size


def _estimate_light(gray: GrayImage) -> GrayImage:
    """Return the gray level that each pixel would have without ink."""
    small = downscale(gray, _THUMBNAIL)
    trends = (np.full_like(small, small.mean()), _fit_trend(small))  # the edge of a shadow fits no trend
    lights = [_smooth(small, trend) for trend in trends]
    light = min(lights, key=lambda light: float(np.abs(small - light).mean()))
    return np.asarray(cv2.resize(light, gray.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _smooth(small: GrayImage, trend: GrayImage) -> GrayImage:
    """Return the trend plus the smoothed median of the deviations from it, over half the picture."""
    window = max(small.shape) // 2 | 1
    deviation = np.clip(np.rint((small - trend) * 127 + 128), 0, 255).astype(np.uint8)
    median = cv2.medianBlur(deviation, window).astype(np.float32)
    return np.asarray(trend + (cv2.GaussianBlur(median, (0, 0), window / 8) - 128) / 127)


def _fit_trend(small: GrayImage) -> GrayImage:
    """Return a quadratic surface, fitted to all pixels except outliers."""
    height, width = small.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y]).reshape(6, -1)  # (6, h w)
    values = small.ravel()
    surface, weights = values, np.ones_like(values)
    for _ in range(_N_FITS):
        weighted = terms * weights
        surface = np.linalg.lstsq(weighted @ terms.T, weighted @ values, rcond=None)[0] @ terms
        residuals = np.abs(values - surface)
        weights = (residuals <= 2 * np.median(residuals)).astype(np.float32)
    return surface.reshape(height, width)
