"""Select the connected components of ink that make up the digit."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inklab.imaging.gray import GrayImage

Reason: TypeAlias = Literal["blank", "several digits"]  # why a picture has no prepared image

_MIN_INK = 0.1  # of full ink connects pixels to a component
_MIN_SIZE = 0.015  # of the picture: smaller components are specks
_MIN_MASS = 0.01  # of the heaviest component: lighter components are specks
_MIN_LENGTH = 0.2  # of the digit: shorter components beside it are dots
_MAX_GAP = 0.15  # of the digit: components farther away do not belong to it
_MAX_FLAT_GAP = 0.22  # of the digit: a foot or a bar is no digit on its own, and may be farther away
_OTHER_LENGTH, _OTHER_MASS = 0.5, 0.2  # of the digit: a separate component from this size on is another digit
_MAX_STOP, _MIN_STOP_GAP = 0.4, 0.05  # of the digit: the length of a full stop or comma, and its distance
_FOOT = 0.4  # of the digit: the lower part, beside which a full stop or comma begins
_MIN_BLOT_FILL, _MIN_BLOT_WIDTH = 0.75, 0.4  # of a blot: the ink in its box, shorter by longer side
_FLAT = 4  # a component wider than this times its height is not a digit on its own
_RULE_LENGTH = 1.25  # a flat component longer than this times all others is a rule
_MIN_BESIDE_RULE = 0.05  # of the heaviest component: less ink beside a rule is specks
_MIN_FRAME = 0.2  # of the picture: smaller components are no frames
_MAX_SIDE_WIDTH, _MIN_COVERED = 0.12, 0.9  # of a frame: the width of its sides, and how much of them has ink


@dataclass(frozen=True)
class Components:
    """The connected components of ink; component 0 is the background."""

    labels: NDArray[np.int32]  # (h, w) the component of each pixel
    boxes: NDArray[np.int32]  # (n, 4) left, top, right, bottom; right and bottom are exclusive
    mass: NDArray[Any]  # (n,) the sum of the ink; 0 for the background and for removed components

    @cached_property
    def lengths(self) -> NDArray[np.int32]:
        """The longer side (n,) of each bounding box, in pixels."""
        return np.asarray((self.boxes[:, 2:] - self.boxes[:, :2]).max(axis=1))

    @cached_property
    def is_flat(self) -> NDArray[np.bool_]:
        """Whether each component (n,) is too flat to be a digit, though it may be a stroke."""
        widths, heights = (self.boxes[:, 2:] - self.boxes[:, :2]).T
        return np.asarray(widths > _FLAT * heights)

    def remove(self, is_removed: NDArray[np.bool_]) -> "Components":
        """Return the components with the mass of those in a mask (n,) set to 0."""
        return replace(self, mass=np.where(is_removed, 0, self.mass))

    def area(self, is_included: NDArray[np.bool_]) -> NDArray[np.uint8]:
        """Return the mask (h, w) of some components (n,), with their soft edges."""
        return np.asarray(cv2.dilate(is_included[self.labels].astype(np.uint8), np.ones((3, 3), np.uint8)))


def select_digit(ink: GrayImage) -> GrayImage | Reason:
    """Return the ink of the components that make up the digit, or the reason why there is no digit.

    The heaviest component is the digit. Components that reach into its bounding box belong to it, and those
    near it that are long enough to be a stroke, such as the bar of a 5. Specks, isolated dots, a full stop or
    comma at its foot, a blot beside it, and a rule above or below it are removed. A separate component that
    is nearly as large is another digit.
    """
    components = _find_components(ink)
    if not components.mass.any():
        return "blank"
    is_digit = components.mass > 0
    if np.count_nonzero(is_digit) > 1:  # most digits have one component
        components = _remove_stops(_remove_blots(_remove_rules(components)))
        is_digit = _find_digit(components)
        size = np.ptp(components.boxes[is_digit].reshape(-1, 2), axis=0).max()
        is_other = ~is_digit & ~components.is_flat & (components.lengths >= _OTHER_LENGTH * size)
        if (is_other & (components.mass >= _OTHER_MASS * components.mass[is_digit].sum())).any():
            return "several digits"
    return np.where(components.area(is_digit), ink, np.float32(0))


def remove_frames(ink: GrayImage) -> GrayImage:
    """Return the ink without frames that have something inside."""
    components = _find_components(ink)
    has_ink = components.mass > 0
    is_frame = np.zeros_like(has_ink)
    large = has_ink & (components.lengths >= _MIN_FRAME * max(ink.shape))
    starts, ends = components.boxes[:, :2], components.boxes[:, 2:]
    for index in np.flatnonzero(large).tolist():
        is_inside = (starts > starts[index]).all(axis=1) & (ends < ends[index]).all(axis=1)
        is_inside &= has_ink & ~is_frame & (components.lengths >= _MIN_LENGTH * components.lengths[index])
        is_frame[index] = is_inside.any() and _is_frame(components, index)
    return np.where(components.area(is_frame), np.float32(0), ink) if is_frame.any() else ink


def _find_components(ink: GrayImage) -> Components:
    mask = (ink > _MIN_INK).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    boxes = np.concatenate([stats[:, :2], stats[:, :2] + stats[:, 2:4]], axis=1).astype(np.int32)
    mass: NDArray[Any] = np.bincount(labels.ravel(), weights=ink.ravel(), minlength=count)
    components = Components(np.asarray(labels, np.int32), boxes, mass)
    return components.remove((np.arange(count) == 0) | (components.lengths < _MIN_SIZE * max(ink.shape)))


def _is_frame(components: Components, index: int) -> bool:
    """Return whether a component is four straight sides and nothing else."""
    left, top, right, bottom = components.boxes[index]
    mask = components.labels[top:bottom, left:right] == index
    width = max(2, int(_MAX_SIDE_WIDTH * min(mask.shape)))
    sides = mask[:width], mask[-width:], mask[:, :width].T, mask[:, -width:].T
    is_empty = not mask[width:-width, width:-width].any()
    return is_empty and all(side.any(axis=0).mean() >= _MIN_COVERED for side in sides)


def _remove_rules(components: Components) -> Components:
    """Return the components without flat ones that are much longer than all others."""
    is_upright = ~components.is_flat & (components.mass >= _MIN_MASS * components.mass.max())
    if components.mass[is_upright].sum() < _MIN_BESIDE_RULE * components.mass.max():
        return components
    size = np.ptp(components.boxes[is_upright].reshape(-1, 2), axis=0).max()
    return components.remove(components.is_flat & (components.lengths > _RULE_LENGTH * size))


def _remove_blots(components: Components) -> Components:
    """Return the components without blots, as of a struck-out digit, if others are as large as a digit.

    A blot is filled like a block. So are strokes, but they are long or short.
    """
    shorter, longer = np.sort(components.boxes[:, 2:] - components.boxes[:, :2], axis=1).T
    lengths = np.where(components.mass > 0, longer, 0)
    is_large = lengths >= _OTHER_LENGTH * lengths.max()
    is_full = (components.mass >= _MIN_BLOT_FILL * shorter * longer) & (shorter >= _MIN_BLOT_WIDTH * longer)
    return components.remove(is_large & is_full) if (is_large & ~is_full).any() else components


def _remove_stops(components: Components) -> Components:
    """Return the components without short upright ones beside the foot of the heaviest, apart from it."""
    heaviest = int(components.mass.argmax())
    left, top, right, bottom = components.boxes[heaviest].tolist()
    size = max(right - left, bottom - top)
    widths, heights = (components.boxes[:, 2:] - components.boxes[:, :2]).T
    foot = int(bottom - _FOOT * (bottom - top))
    is_low = (
        (components.boxes[:, 1] >= foot) & (components.lengths < _MAX_STOP * size) & (widths <= heights + 1)
    )
    if not (is_low & (components.mass > 0)).any():
        return components
    columns = np.flatnonzero((components.labels[foot:bottom] == heaviest).any(axis=0))
    gap = np.maximum(components.boxes[:, 0] - columns[-1] - 1, columns[0] - components.boxes[:, 2])
    return components.remove(is_low & (gap >= max(1, _MIN_STOP_GAP * size)))


def _find_digit(components: Components) -> NDArray[np.bool_]:
    """Return (n,) bool: which components belong to the digit."""
    heaviest = int(components.mass.argmax())
    is_digit: NDArray[np.bool_] = np.arange(len(components.mass)) == heaviest
    is_added = is_digit
    is_candidate = components.mass >= _MIN_MASS * components.mass[heaviest]
    starts, ends, size = components.boxes[:, :2], components.boxes[:, 2:], components.lengths[heaviest]
    is_long = components.lengths >= _MIN_LENGTH * size
    max_gaps = np.maximum(1, np.where(components.is_flat, _MAX_FLAT_GAP, _MAX_GAP) * size)
    while is_added.any():
        is_digit = is_digit | is_added
        before, after = starts - ends[is_digit].max(axis=0), starts[is_digit].min(axis=0) - ends
        gap = np.maximum(before, after).max(axis=1)  # negative inside the digit's box
        is_near = (gap < 0) | ((gap <= max_gaps) & is_long)
        is_added = is_candidate & is_near & ~is_digit
    is_stroke = is_digit & is_long
    if (is_digit & ~is_stroke).any():
        background = (~is_stroke[components.labels]).astype(np.uint8)
        distance = cv2.distanceTransform(background, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        nearest = np.full(len(components.mass), np.inf)  # pixels from each component to a stroke
        np.minimum.at(nearest, components.labels.ravel(), distance.ravel())
        is_digit &= is_stroke | (nearest <= _MAX_GAP * size)
    return is_digit
