"""Parts: the connected pieces of ink, and which of them make the digit."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inklab.imaging.gray import GrayImage

Reason: TypeAlias = Literal["blank", "several digits"]
"""Why there is no digit in a picture."""

_JOINED = 0.1  # of full ink holds strokes together
_SPECK = 0.015  # of the picture: smaller parts are specks, whatever else there is
_MASS = 0.01  # of the heaviest part: lighter parts are specks
_LENGTH = 0.2  # of the digit: shorter parts beside it are dots
_GAP = 0.15  # of the digit: parts further away do not belong to it
_ANOTHER_LENGTH, _ANOTHER_MASS = 0.5, 0.2  # of the digit: such a part that does not is another digit
_FLAT = 4  # times as wide as high, a part is no digit by itself
_LONGER = 1.25  # times as long as all that is not flat, a part is a rule
_BESIDE = 0.05  # of the heaviest part: what is not flat is more than specks beside a rule
_FRAME = 0.2  # of the picture: smaller parts are no frames
_SIDE, _COVERED = 0.12, 0.9  # of a frame: so near to its sides all of it lies, and covers them


@dataclass(frozen=True)
class Parts:
    """The connected parts of ink, the paper being the first.

    Args:
        labels: (h, w) int32, which part each pixel belongs to.
        boxes: (n, 4) left, top, right, bottom, the last two exclusive.
        mass: (n,) how much ink each holds, in pixels of full ink; 0 for the paper and for what is left out.
    """

    labels: NDArray[np.int32]
    boxes: NDArray[np.int32]
    mass: NDArray[Any]

    @cached_property
    def lengths(self) -> NDArray[np.int32]:
        """The longest side (n,) of each, in pixels."""
        longest: NDArray[np.int32] = (self.boxes[:, 2:] - self.boxes[:, :2]).max(axis=1)
        return longest

    @cached_property
    def is_flat(self) -> NDArray[np.bool_]:
        """Whether each (n,) is too flat to be a digit, though it may be a stroke of one."""
        wide, high = (self.boxes[:, 2:] - self.boxes[:, :2]).T
        flat: NDArray[np.bool_] = wide > _FLAT * high
        return flat

    def without(self, left_out: NDArray[np.bool_]) -> "Parts":
        """Return the parts, those that a mask (n,) names having no mass."""
        return Parts(self.labels, self.boxes, np.where(left_out, 0, self.mass))


def digit_of(ink: GrayImage) -> GrayImage | Reason:
    """Return the ink of the parts that make the digit, or why there is no such ink.

    The heaviest part is the digit. To it belong those that reach into its bounding box, and those beside it
    that are near and long enough to be a stroke of it, as the bar of a 5. Specks go, dots that no stroke is
    near, and a rule above or below it. What is further away and nearly as large is another digit, and nobody
    can know which is meant.

    Args:
        ink: (h, w) float32 in [0, 1], 0 where there is none.
    """
    parts = _parts_of(ink)
    if not parts.mass.any():
        return "blank"
    chosen = parts.mass > 0
    if np.count_nonzero(chosen) > 1:  # most digits are of one part
        parts = _without_rules(parts)
        chosen = _of_digit(parts)
        if _is_another(parts, chosen).any():
            return "several digits"
    return np.where(_near(parts, chosen), ink, np.float32(0))


def without_frames(ink: GrayImage) -> GrayImage:
    """Return the ink without any frame that has something within.

    Args:
        ink: (h, w) float32 in [0, 1], 0 where there is none.
    """
    parts = _parts_of(ink)
    is_frame = (parts.mass > 0) & (_without_frames(parts).mass == 0)
    return np.where(_near(parts, is_frame), np.float32(0), ink) if is_frame.any() else ink


def _near(parts: Parts, chosen: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return where some of the parts (n,) are, with their soft edges."""
    return np.asarray(cv2.dilate(chosen[parts.labels].astype(np.uint8), np.ones((3, 3), np.uint8)))


def _parts_of(ink: GrayImage) -> Parts:
    mask = (ink > _JOINED).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    boxes = np.concatenate([stats[:, :2], stats[:, :2] + stats[:, 2:4]], axis=1).astype(np.int32)
    mass: NDArray[Any] = np.bincount(labels.ravel(), weights=ink.ravel(), minlength=count)
    parts = Parts(np.asarray(labels, np.int32), boxes, mass)
    return parts.without((np.arange(count) == 0) | (parts.lengths < _SPECK * max(ink.shape)))


def _without_frames(parts: Parts) -> Parts:
    """Return the parts without any frame that has something within."""
    if np.count_nonzero(parts.mass) <= 1:  # as of most digits
        return parts
    large = np.flatnonzero((parts.mass > 0) & (parts.lengths >= _FRAME * max(parts.labels.shape)))
    for part in large.tolist():
        box = parts.boxes[part]
        inside = (parts.boxes[:, :2] > box[:2]).all(axis=1) & (parts.boxes[:, 2:] < box[2:]).all(axis=1)
        inside &= (parts.mass > 0) & (parts.lengths >= _LENGTH * parts.lengths[part])
        if inside.any() and _is_frame(parts, part):
            parts = parts.without(np.arange(len(parts.mass)) == part)
    return parts


def _is_frame(parts: Parts, part: int) -> bool:
    """Whether a part is four straight sides and nothing else."""
    left, top, right, bottom = parts.boxes[part]
    mask = parts.labels[top:bottom, left:right] == part
    near = max(2, int(_SIDE * min(mask.shape)))
    sides = mask[:near], mask[-near:], mask[:, :near].T, mask[:, -near:].T
    is_empty = not mask[near:-near, near:-near].any()
    return is_empty and all(side.any(axis=0).mean() >= _COVERED for side in sides)


def _without_rules(parts: Parts) -> Parts:
    """Return the parts without those that are flat and much longer than the others, if there are others."""
    upright = ~parts.is_flat & (parts.mass >= _MASS * parts.mass.max())
    if parts.mass[upright].sum() < _BESIDE * parts.mass.max():
        return parts
    digits = np.ptp(parts.boxes[upright].reshape(-1, 2), axis=0).max()
    return parts.without(parts.is_flat & (parts.lengths > _LONGER * digits))


def _of_digit(parts: Parts) -> NDArray[np.bool_]:
    """Return (n,) bool: which parts belong to the digit."""
    heaviest = int(parts.mass.argmax())
    chosen: NDArray[np.bool_] = np.arange(len(parts.mass)) == heaviest
    others = np.flatnonzero((parts.mass >= _MASS * parts.mass[heaviest]) & ~chosen)
    box, size = parts.boxes[heaviest], parts.lengths[heaviest]
    while joining := [part for part in others if _belongs(parts.boxes[part], box, size)]:
        chosen[joining] = True
        box = np.array([*parts.boxes[chosen, :2].min(axis=0), *parts.boxes[chosen, 2:].max(axis=0)])
        others = others[~chosen[others]]
    is_stroke = chosen & (parts.lengths >= _LENGTH * size)
    if (chosen & ~is_stroke).any():
        chosen &= is_stroke | (_distances(parts, is_stroke) <= _GAP * size)
    return chosen


def _distances(parts: Parts, strokes: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how far each part (n,) is from the nearest of some of them, in pixels."""
    away = cv2.distanceTransform(
        (~strokes[parts.labels]).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
    )
    nearest = np.full(len(parts.mass), np.inf)
    np.minimum.at(nearest, parts.labels.ravel(), away.ravel())
    return nearest


def _belongs(part: NDArray[np.int32], box: NDArray[np.int32], size: int) -> bool:
    gap = max((part[:2] - box[2:]).max(), (box[:2] - part[2:]).max())  # negative inside the box
    length = (part[2:] - part[:2]).max()
    return bool(gap < 0 or (gap <= max(1, _GAP * size) and length >= _LENGTH * size))


def _is_another(parts: Parts, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return (n,) bool: which parts are as good as the digit's, and too far away to be of it."""
    digit = np.ptp(parts.boxes[chosen].reshape(-1, 2), axis=0).max()
    is_large = parts.lengths >= _ANOTHER_LENGTH * digit
    is_heavy = parts.mass >= _ANOTHER_MASS * parts.mass[chosen].sum()
    another: NDArray[np.bool_] = is_large & is_heavy & ~chosen & ~parts.is_flat
    return another
