"""Ink: which pixels of a picture belong to the digit, and how strongly."""

import numpy as np

from inklab.imaging.background import contrast_of
from inklab.imaging.components import Reason, digit_of, without_frames
from inklab.imaging.frame import unframed
from inklab.imaging.gray import GrayImage, reduced
from inklab.imaging.lines import without_lines
from inklab.imaging.page import sheet_of

FAINTEST = 0.03
"""The least contrast, of black on white being 1, that counts as ink."""

_SIDE = 400  # pixels in which ink is looked for
_SMALL = 4  # a digit that is smaller than a quarter of them is looked at again, nearer
_CLEAR, _UNCLEAR = 6, 3  # deviations of the paper: full ink stands out by more, less is none
_TRACE = 0.06  # of full ink; less, on even paper, is none
_NONE, _FULL = 0.2, 0.75  # on uneven paper, less is none and more is full


def find_ink(grey: GrayImage) -> GrayImage | Reason:
    """Return the ink of the digit in a picture, or why there is none.

    The paper and its light are taken away (`contrast_of`), then frames (`without_frames`), lines that cross
    the picture (`without_lines`), and of what remains the parts that are not the digit's (`digit_of`). If
    there is a sheet of paper in the picture, all this happens on it.

    Args:
        grey: (h, w) float32 in [0, 1].

    Returns:
        (h', w') float32 in [0, 1], 1 full ink, exactly 0 where there is none; no side is longer than 400.
    """
    grey = unframed(sheet_of(grey))
    small = reduced(grey, _SIDE)
    ink = _ink(small)
    if isinstance(ink, str) or small is grey:
        return ink
    (top, bottom), (left, right) = _ends(ink, 0), _ends(ink, 1)
    size = max(bottom - top, right - left)
    if size * _SMALL >= _SIDE:
        return ink
    down, across = (large / least for large, least in zip(grey.shape, small.shape, strict=True))
    margin = size / 2
    near = grey[
        int(max(0, top - margin) * down) : int((bottom + margin) * down),
        int(max(0, left - margin) * across) : int((right + margin) * across),
    ]
    nearer = _ink(reduced(near, _SIDE))
    return ink if isinstance(nearer, str) and nearer == "blank" else nearer


def _ink(grey: GrayImage) -> GrayImage | Reason:
    contrast = contrast_of(grey)
    if contrast.peak < max(FAINTEST, _CLEAR * contrast.noise):
        return "blank"
    ink = np.minimum(contrast.ink / contrast.peak, 1)
    if contrast.is_even:
        ink[ink < _TRACE] = 0
    else:
        none = max(_NONE, _UNCLEAR * contrast.noise / contrast.peak)
        ink = np.clip((ink - none) / (_FULL - none), 0, 1)
    cleared = without_lines(without_frames(ink))  # of whose sides two may cross the picture, and two not
    return "blank" if cleared is None else digit_of(cleared)


def _ends(ink: GrayImage, axis: int) -> tuple[int, int]:
    """Return where ink begins along an axis, and where it has ended."""
    places = np.flatnonzero(ink.any(axis=1 - axis))
    return int(places[0]), int(places[-1]) + 1
