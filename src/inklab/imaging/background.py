"""Paper: how bright it is in each place, and what stands out from it."""

from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from inklab.imaging.gray import GrayImage, reduced

_MARGIN = 25  # one side in so many is the margin of a picture, which is mostly paper
_SAMPLE = 64  # pixels along each side by which the picture's commonest shade is found
_ONE_SHADE = 0.03  # of the picture's range: how far shades of even paper lie apart
_EVEN_SHARE = 0.3  # of margin and picture has one shade, at least, where the paper is even
_LEAST_SIDE = 40  # pixels; in less, soft edges of ink are a large part of the margin
_SHADED = 0.2  # of the margin has another shade than the paper, where a shadow lies on it
_INK = 0.75  # of the picture's range: what is further from the paper is ink or a frame, no shadow
_THUMBNAIL = 40  # pixels; light changes slowly
_FITS = 4  # each without what lay far from the last: ink
_DARKEST_PAPER = 0.1
_TOP = 10_000  # one pixel in so many may be darker than what counts as full ink


@dataclass(frozen=True, eq=False)
class Contrast:
    """What stands out from the paper.

    Args:
        ink: (h, w) float32, at least 0: by how much each pixel does.
        peak: by how much full ink does.
        noise: by how much paper does, as a standard deviation; 0 on even paper.
        is_even: whether the paper has one shade, as in a drawing or a clean scan.
    """

    ink: GrayImage
    peak: float
    noise: float
    is_even: bool


def contrast_of(grey: GrayImage) -> Contrast:
    """Return what stands out from the paper, be it darker or lighter.

    Even paper has one shade, which margin and picture share most: a thick 0 may fill the one, and a frame the
    other. If too little has one shade, or a shadow lies on much of the margin, the light is uneven, and the
    paper of each place is the median of a window of half the picture, smoothed; dark ink is then measured as
    a fraction of the light there.

    The ink is on that side of the paper where the deviations have the larger cubes: few that are large
    outweigh many that are small.

    Args:
        grey: (h, w) float32 in [0, 1].
    """
    shade, share = _paper_shade(grey)
    is_even = share >= _EVEN_SHARE and not _is_shaded(grey, shade)
    paper = np.full_like(grey, shade) if is_even else _light(grey)
    deviation = grey - paper
    noise = 0.0 if is_even else _noise(_margin(deviation))
    if float((deviation * deviation * deviation).sum()) > 0:  # ** is slow
        ink = np.maximum(deviation, 0)
    else:
        ink = np.maximum(-deviation, 0)
        if not is_even:
            np.maximum(paper, _DARKEST_PAPER, out=paper)
            ink /= paper
            noise /= float(paper.min())  # where it is darkest
    top = ink.size - 1 - ink.size // _TOP
    peak = float(np.partition(ink, top, axis=None)[top])
    return Contrast(ink=ink, peak=peak, noise=noise, is_even=is_even)


def _margin(grey: GrayImage) -> GrayImage:
    """Return the pixels along the four sides."""
    wide = max(1, min(grey.shape) // _MARGIN)
    inner = grey[wide:-wide]
    sides = (grey[:wide], grey[-wide:], inner[:, :wide], inner[:, -wide:])
    return np.concatenate([side.ravel() for side in sides])


def _paper_shade(grey: GrayImage) -> tuple[float, float]:
    """Return the commonest shade of margin or picture, whichever the two share more, and that share.

    The margin counts twice.
    """
    apart = np.float32(_ONE_SHADE * float(np.ptp(grey)))
    step = -(-max(grey.shape) // _SAMPLE)
    margin, picture = np.sort(_margin(grey)), np.sort(grey[::step, ::step], axis=None)
    shares = {
        shade: (2 * _share(margin, shade, apart) + _share(picture, shade, apart)) / 3
        for shade in (_commonest(margin, apart), _commonest(picture, apart))
    }
    best = max(shares, key=lambda shade: shares[shade])
    return float(best), shares[best]


def _is_shaded(grey: GrayImage, shade: float) -> bool:
    """Whether much of the margin is neither paper of this shade nor as far from it as ink."""
    if min(grey.shape) < _LEAST_SIDE:
        return False
    reach, away = float(np.ptp(grey)), np.abs(_margin(grey) - shade)
    return bool(((away > 2 * _ONE_SHADE * reach) & (away < _INK * reach)).mean() > _SHADED)


def _commonest(values: GrayImage, apart: np.float32) -> np.float32:
    """Return the middle of the most sorted values that lie so near each other."""
    counts = np.searchsorted(values, values + apart, side="right") - np.arange(values.size)
    first = int(counts.argmax())
    return np.float32(values[first + counts[first] // 2])


def _share(values: GrayImage, shade: np.float32, apart: np.float32) -> float:
    """Return which share of sorted values has a shade, within half of what lies apart."""
    near = apart / np.float32(2)
    end, start = np.searchsorted(values, shade + near, side="right"), np.searchsorted(values, shade - near)
    return float(end - start) / values.size


def _light(grey: GrayImage) -> GrayImage:
    """Return what the paper would show in each place if there were no ink."""
    small = reduced(grey, _THUMBNAIL)
    trends = (np.full_like(small, small.mean()), _trend(small))  # a shadow's edge is not on top of a trend
    light = min(map(partial(_smooth, small), trends), key=lambda light: float(np.abs(small - light).mean()))
    return np.asarray(cv2.resize(light, grey.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _smooth(small: GrayImage, trend: GrayImage) -> GrayImage:
    """Return a trend and what varies slowly beside it: the smoothed median of half the picture around."""
    window = max(small.shape) // 2 | 1
    beside = np.clip(np.rint((small - trend) * 127 + 128), 0, 255).astype(np.uint8)
    median = cv2.medianBlur(beside, window).astype(np.float32)
    smooth: GrayImage = trend + (cv2.GaussianBlur(median, (0, 0), window / 8) - 128) / 127
    return smooth


def _trend(small: GrayImage) -> GrayImage:
    """Return the quadratic surface through most of the pixels."""
    height, width = small.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y]).reshape(6, -1)  # (6, h w)
    values = small.ravel()
    surface, near = values, np.ones_like(values)
    for _ in range(_FITS):
        weighted = terms * near
        surface = np.linalg.lstsq(weighted @ terms.T, weighted @ values, rcond=None)[0] @ terms
        away = np.abs(values - surface)
        near = (away <= 2 * np.median(away)).astype(np.float32)
    return surface.reshape(height, width)


def _noise(deviation: GrayImage) -> float:
    """Return the standard deviation of paper, by the tighter quarter beside the median: the other has ink."""
    low, middle, high = np.percentile(deviation, (25, 50, 75))
    return 1.5 * float(min(middle - low, high - middle))
