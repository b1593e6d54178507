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
_MIN_SHADOW_SHARE = 0.2  # of the margin with another gray level than the background: perhaps a shadow
_MAX_SHADOW = 0.75  # of the picture's range: a larger difference is ink or a frame, not shadow
_PAPER_WIDTH = 0.06  # of the picture's range: gray levels of paper without uneven light, with its noise
_MIN_GAIN = 0.05  # of the picture gains the gray level of paper when uneven light is removed; else it is even
_MIN_SEPARATION = 0.8  # of a picture with ink; Gaussian noise has 0.64, and uniform noise 0.75
_THUMBNAIL = 40  # pixels; light changes slowly
_N_FITS = 4  # each fit leaves out the outliers (ink) of the previous one
_MIN_LIGHT = 0.1
_PEAK_ONE_IN = 10_000  # one pixel in this many may be darker than full ink


@dataclass(frozen=True, eq=False)
class Contrast:
    """The contrast of a picture's pixels with its background."""

    ink: GrayImage  # (h, w) the contrast of each pixel, at least 0
    peak: float  # the contrast of full ink
    noise: float  # the standard deviation of the background's contrast; 0 if ink is clearly separate from it
    is_even: bool  # whether the background has one gray level, as in a drawing or a clean scan


def estimate_contrast(gray: GrayImage) -> Contrast:
    """Return the contrast of dark or light ink with the background.

    An even background has the gray level that margin and picture share most: a thick 0 can fill the
    picture, and a frame the margin. Uneven light at each pixel is the smoothed median over a window of half
    the picture, and the contrast of dark ink is a fraction of the light at that pixel. The light counts as
    uneven only if more of the picture has one gray level without it: in a tight crop, the median is often
    ink. The ink is on the side of the background whose deviations have the larger sum of cubes: a few large
    deviations outweigh many small ones.
    """
    level, is_even = _most_common_level(gray)
    background = np.full_like(gray, level)
    if not is_even:
        background = _find_uneven_light(gray, background)
    deviation = gray - background
    is_light = float((deviation * deviation * deviation).sum()) > 0  # ** is slow
    if not is_light and not is_even:
        deviation /= background
    noise = 0.0
    if not is_even and _separation(_sample(deviation)) < _MIN_SEPARATION:
        low, middle, high = np.percentile(_margin(deviation), (25, 50, 75))
        noise = 1.5 * float(min(middle - low, high - middle))  # the narrower quartile gap: the other has ink
    ink = np.maximum(deviation if is_light else -deviation, 0)
    rank = ink.size - 1 - ink.size // _PEAK_ONE_IN
    peak = float(np.partition(ink, rank, axis=None)[rank])
    return Contrast(ink=ink, peak=peak, noise=noise, is_even=is_even)


def _margin(gray: GrayImage) -> GrayImage:
    """Return the pixels along the four sides."""
    width = max(1, min(gray.shape) // _MARGIN)
    inner = gray[width:-width]
    sides = (gray[:width], gray[-width:], inner[:, :width], inner[:, -width:])
    return np.concatenate([side.ravel() for side in sides])


def _sample(gray: GrayImage) -> GrayImage:
    """Return the sorted gray levels of pixels at equal distances."""
    step = -(-max(gray.shape) // _SAMPLE)
    return np.sort(gray[::step, ::step], axis=None)


def _most_common_level(gray: GrayImage) -> tuple[float, bool]:
    """Return the most common gray level of margin and picture, and whether the background is clearly even.

    The margin counts twice. A shadow differs from the background in much of the margin, but less than ink.
    """
    gray_range = float(np.ptp(gray))
    width = np.float32(_LEVEL_WIDTH * gray_range)
    margin, picture = np.sort(_margin(gray)), _sample(gray)
    shares = {
        level: (2 * _share(margin, level, width) + _share(picture, level, width)) / 3
        for level in (_most_common(margin, width), _most_common(picture, width))
    }
    level, share = max(shares.items(), key=itemgetter(1))
    difference = np.abs(margin - float(level))
    is_shadow = (difference > 2 * _LEVEL_WIDTH * gray_range) & (difference < _MAX_SHADOW * gray_range)
    may_have_shadow = min(gray.shape) >= _MIN_SIDE and is_shadow.mean() > _MIN_SHADOW_SHARE
    return float(level), share >= _MIN_EVEN_SHARE and not may_have_shadow


def _find_uneven_light(gray: GrayImage, background: GrayImage) -> GrayImage:
    """Return the estimated light if it explains the picture better than an even background."""
    light: GrayImage = np.maximum(_estimate_light(gray), np.float32(_MIN_LIGHT))
    without_light: GrayImage = gray / light
    gain = _paper_share(_sample(without_light)) - _paper_share(_sample(gray))
    return light if gain > _MIN_GAIN else np.maximum(background, np.float32(_MIN_LIGHT))


def _paper_share(values: GrayImage) -> float:
    """Return the share of sorted values near the most common one."""
    width = np.float32(_PAPER_WIDTH * (values[-1] - values[0]))
    return _share(values, _most_common(values, width), width)


def _separation(values: GrayImage) -> float:
    """Return how clearly sorted values have two levels: Otsu's share of their variance, in [0, 1].

    The share is the variance of the means of two classes, divided at the best threshold, over the variance.

    Source: Otsu 1979, A Threshold Selection Method from Gray-Level Histograms.
    """
    centered = values - values.mean(dtype=np.float64)
    low = np.cumsum(centered)[:-1]
    counts = np.arange(1, values.size)
    between = values.size * low * low / (counts * (values.size - counts))
    return float(between.max(initial=0) / max(float((centered * centered).sum()), np.finfo(float).tiny))


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
