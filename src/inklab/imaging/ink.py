"""Ink: which pixels of a picture belong to the digit, and how strongly."""

from typing import Any, Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inklab.imaging.frame import unframed
from inklab.imaging.grey import Greys, reduced
from inklab.imaging.lines import without_lines
from inklab.imaging.paper import contrast_of
from inklab.imaging.sheet import sheet_of

FAINTEST = 0.03
"""The least contrast, of black on white being 1, that counts as ink."""

Nothing: TypeAlias = Literal["blank", "several digits"]
"""Why there is no digit in a picture."""

_SIDE = 400  # pixels in which ink is looked for
_SMALL = 4  # a digit that is smaller than a quarter of them is looked at again, nearer
_CLEAR, _UNCLEAR = 6, 3  # deviations of the paper: full ink stands out by more, less is none
_TRACE = 0.06  # of full ink; less, on even paper, is none
_NONE, _FULL = 0.2, 0.75  # on uneven paper, less is none and more is full
_JOINED = 0.1  # of full ink holds strokes together
_SPECK = 0.015  # of the picture: smaller parts are specks, whatever else there is
_MASS = 0.01  # of the heaviest part: lighter parts are specks
_LENGTH = 0.2  # of the digit: shorter parts beside it are dots
_GAP = 0.15  # of the digit: parts further away do not belong to it
_ANOTHER_LENGTH, _ANOTHER_MASS = 0.5, 0.2  # of the digit: such a part that does not is another digit


def find_ink(grey: Greys) -> Greys | Nothing:
    """Return the ink of the digit in a picture, or why there is none.

    The paper and its light are taken away (`contrast_of`), lines that cross the picture too
    (`without_lines`). Of the connected parts that remain, the heaviest is the digit. To it belong those that
    reach into its bounding box, and those beside it that are near and long enough to be a stroke of it, as
    the bar of a 5; dots and specks go. What is further away and nearly as large is another digit, and which
    of them is meant nobody can know. If there is a sheet of paper in the picture, all this happens on it.

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
    scale, margin = grey.shape[0] / small.shape[0], size / 2
    near = grey[
        int(max(0, top - margin) * scale) : int((bottom + margin) * scale),
        int(max(0, left - margin) * scale) : int((right + margin) * scale),
    ]
    nearer = _ink(reduced(near, _SIDE))
    return ink if isinstance(nearer, str) else nearer


def _ink(grey: Greys) -> Greys | Nothing:
    contrast = contrast_of(grey)
    if contrast.peak < max(FAINTEST, _CLEAR * contrast.noise):
        return "blank"
    ink = np.minimum(contrast.ink / contrast.peak, 1)
    if contrast.is_even:
        ink[ink < _TRACE] = 0
    else:
        none = max(_NONE, _UNCLEAR * contrast.noise / contrast.peak)
        ink = np.clip((ink - none) / (_FULL - none), 0, 1)
    cleared = without_lines(ink)
    return "blank" if cleared is None else _digit(cleared)


def _digit(ink: Greys) -> Greys | Nothing:
    """Return the ink of the parts that make the digit, if there is one and no other."""
    mask = (ink > _JOINED).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    mass = np.bincount(labels.ravel(), weights=ink.ravel(), minlength=count)
    mass[0] = 0  # the paper
    mass[stats[:, 2:4].max(axis=1) < _SPECK * max(ink.shape)] = 0
    if not mass.any():
        return "blank"
    corners = np.concatenate([stats[:, :2], stats[:, :2] + stats[:, 2:4]], axis=1)
    parts = _parts_of_digit(corners, mass)
    if _is_another(corners, mass, parts > 0).any():
        return "several digits"
    near = cv2.dilate(parts[labels], np.ones((3, 3), np.uint8))  # with the soft edge of its strokes
    return np.where(near, ink, np.float32(0))


def _parts_of_digit(corners: NDArray[np.int32], mass: NDArray[Any]) -> NDArray[np.uint8]:
    """Return 1 for each part that belongs to the digit, else 0.

    Args:
        corners: (n, 4) left, top, right, bottom of the parts' bounding boxes.
        mass: (n,) how much ink they hold.
    """
    heaviest = int(mass.argmax())
    chosen = np.zeros(len(mass), np.uint8)
    chosen[heaviest] = 1
    box = corners[heaviest]
    size = max(box[2] - box[0], box[3] - box[1])
    others = [part for part in np.flatnonzero(mass >= _MASS * mass[heaviest]) if part != heaviest]
    while joining := [part for part in others if _belongs(corners[part], box, size)]:
        chosen[joining] = 1
        box = np.array([*corners[chosen > 0, :2].min(axis=0), *corners[chosen > 0, 2:].max(axis=0)])
        others = [part for part in others if not chosen[part]]
    return chosen


def _is_another(
    corners: NDArray[np.int32], mass: NDArray[Any], chosen: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return (n,) bool: which parts are as good as the digit's, and too far away to be of it."""
    digit = np.ptp(corners[chosen].reshape(-1, 2), axis=0).max()
    lengths = (corners[:, 2:] - corners[:, :2]).max(axis=1)  # (n,)
    large = (lengths >= _ANOTHER_LENGTH * digit) & (mass >= _ANOTHER_MASS * mass[chosen].sum())
    another: NDArray[np.bool_] = large & ~chosen
    return another


def _belongs(part: NDArray[np.int32], box: NDArray[np.int32], size: int) -> bool:
    gap = max((part[:2] - box[2:]).max(), (box[:2] - part[2:]).max())  # negative inside the box
    length = (part[2:] - part[:2]).max()
    return bool(gap < 0 or (gap <= max(1, _GAP * size) and length >= _LENGTH * size))


def _ends(ink: Greys, axis: int) -> tuple[int, int]:
    """Return where ink begins along an axis, and where it has ended."""
    places = np.flatnonzero(ink.any(axis=1 - axis))
    return int(places[0]), int(places[-1]) + 1
