"""Add the strokes to a digit that other writers would: flags, feet, hooks, bars, slashes, tails, curls."""

from math import cos, radians, sin, tan

import cv2
import numpy as np
from numpy.typing import NDArray

from inklab.training.negatives.shapes import Ink, happens
from inklab.training.styles.pen import HALF_INK, Pen, Point, stroke_ends

_MIN_FLAG_ANGLE = 15  # degrees between a flag and the stem
_MIN_ROOF_ANGLE = (
    40  # degrees below the horizontal of a flag that may be long: with it, a 1 looks like a roof
)
_MIN_WIDTH = 3  # pixels, of a stem that is written again
_PATH_STEP = 4  # rows between the points of its path
_MIN_TOP = 0.35  # of its height, the width of a 7
_ZERO_WIDTHS = (0.08, 0.16)  # of its height, the stroke of a 0 that has room inside


def one(
    rng: np.random.Generator, pen: Pen, *, angles: tuple[float, float] | None, foot: str = ""
) -> Ink | None:
    """Return a 1 with a flag, at these angles below the horizontal, and a foot: short, wide, or detached.

    Returns None for a 1 that is no plain stroke, or so slanted that the flag would come too close.
    """
    ends = stroke_ends(pen)
    if ends is None:
        return None
    top, bottom = ends
    if happens(rng, 0.6):
        pen = _rewrite_stem(rng, pen)
    if angles is not None:
        slant = np.degrees(np.arctan2(top[0] - bottom[0], bottom[1] - top[1]))  # to the right
        angles = angles[0], min(angles[1], 90 - _MIN_FLAG_ANGLE - slant)
        if angles[1] <= angles[0]:
            return None
        pen = _add_flag(rng, pen, top, angles)
    return (_add_foot(rng, pen, bottom, foot) if foot else pen).ink


def _rewrite_stem(rng: np.random.Generator, pen: Pen) -> Pen:
    """Return the 1 written with another pen; MNIST's are thick for their height."""
    y, x = np.nonzero(pen.ink > HALF_INK)
    rows = np.unique(y)
    middle = np.bincount(y, weights=x)[rows] / np.bincount(y)[rows]
    width = rng.uniform(_MIN_WIDTH, 1.2 * pen.width)
    inset = round(width / 2)  # the ends are round
    path = np.stack([middle, rows], axis=1)[inset : len(rows) - inset : _PATH_STEP]
    return Pen(np.zeros_like(pen.ink), width, pen.box).draw(*path)


def _add_flag(rng: np.random.Generator, pen: Pen, top: Point, angles: tuple[float, float]) -> Pen:
    """Return the 1 with a stroke from its top down to the left; if long and steep, it looks like a roof."""
    angle, length = radians(rng.uniform(*angles)), pen.height * rng.uniform(0.18, 0.6)
    if angle > radians(_MIN_ROOF_ANGLE) and happens(rng, 0.3):
        length = pen.height * rng.uniform(0.6, 0.95)
    end = top + length * np.array([-cos(angle), sin(angle)])
    bend = (top + end) / 2 + rng.normal(0, 0.03 * pen.height, 2)
    return pen.draw(top, bend, end)


def _add_foot(rng: np.random.Generator, pen: Pen, bottom: Point, foot: str) -> Pen:
    length = pen.height * (rng.uniform(0.6, 0.95) if foot == "wide" else rng.uniform(0.25, 0.6))
    shift = np.array([rng.normal(0, 0.12) * length, 0])
    if foot == "detached":
        shift = np.array([-length * rng.uniform(0.1, 0.6), pen.width + pen.height * rng.uniform(0, 0.08)])
    half = length / 2 * np.array([1, tan(radians(rng.normal(0, 5)))])
    return pen.draw(bottom + shift - half, bottom + shift + half)


def seven(rng: np.random.Generator, pen: Pen, *, hook: bool, bar: bool) -> Ink | None:
    """Return a 7 whose top rises to the right, with a hook at its left end and a bar across its stem.

    Returns None for a 7 that is too narrow to have a top.
    """
    left, _, right, _ = pen.box
    if right - left < _MIN_TOP * pen.height:
        return None
    rise = rng.uniform(0, 0.8) if hook else rng.uniform(0, 0.25)
    matrix = np.array([[1, 0, 0], [-rise, 1, rise * (left + right) / 2]])
    raised = np.asarray(cv2.warpAffine(pen.ink, matrix, pen.ink.shape[::-1]), np.float32)
    rows = np.flatnonzero((raised > HALF_INK).any(axis=1))
    pen = Pen(raised, pen.width, (left, float(rows[0]), right, float(rows[-1]))).thinned(rng.uniform(0, 0.4))
    stem = pen.ink > HALF_INK
    if hook:
        pen = _add_hook(rng, pen, is_long=bar)
    return _add_bar(rng, pen, stem) if bar else pen.ink


def _add_hook(rng: np.random.Generator, pen: Pen, *, is_long: bool) -> Pen:
    """Return the 7 with a stroke up or down from the left end of its top; without a bar only a short one."""
    _, top, _, _ = pen.box
    upper = pen.ink[int(top) : int(top + 0.5 * pen.height)] > HALF_INK
    x = float(np.flatnonzero(upper.any(axis=0))[0] + pen.width / 2)
    start = np.array([x, top + float(np.flatnonzero(upper[:, int(x)])[:1].sum()) + pen.width / 2])
    length = pen.height * (rng.uniform(0.15, 0.4) if is_long else rng.uniform(0.08, 0.18))
    lean = rng.uniform(-0.15, 0.45)
    is_up = is_long or happens(rng, 0.5)
    return pen.draw(start, start + length * np.array([lean, -1] if is_up else [-0.3, 1]))


def _add_bar(rng: np.random.Generator, pen: Pen, stem: NDArray[np.bool]) -> Ink | None:
    _, top, _, _ = pen.box
    y = top + pen.height * rng.uniform(0.42, 0.68)
    columns = np.flatnonzero(stem[round(y)])
    if columns.size == 0:
        return None
    middle = np.array([columns[-1] - pen.width / 2 + rng.normal(0, 0.05) * pen.height, y])
    angle, length = radians(rng.normal(8, 10)), pen.height * rng.uniform(0.28, 0.6)
    half = length / 2 * np.array([cos(angle), -sin(angle)])
    return pen.draw(middle - half, middle + half).ink


def slashed_zero(rng: np.random.Generator, pen: Pen) -> Ink | None:
    """Return a 0 with a slash, which may stick out."""
    pen = _with_room(rng, pen)
    left, top, right, bottom = pen.box
    center = np.array([(left + right) / 2, (top + bottom) / 2]) + rng.normal(0, 0.03 * pen.height, 2)
    half = np.array([(right - left) / 2, (top - bottom) / 2]) * rng.uniform(0.5, 1.15, 2)
    if happens(rng, 0.1):
        half[0] = -half[0]
    return pen.draw(center - half, center + half, width=pen.width * rng.uniform(0.6, 1)).ink


def zero_with_tail(rng: np.random.Generator, pen: Pen) -> Ink | None:
    """Return a 0 whose stroke ends inside, or that has a dot in the middle."""
    pen = _with_room(rng, pen)
    left, top, right, bottom = pen.box
    center = np.array([(left + right) / 2, (top + bottom) / 2])
    if happens(rng, 0.2):
        return pen.draw(center, center + rng.normal(0, 2, 2), width=pen.width * rng.uniform(0.8, 1.4)).ink
    mask = pen.ink > HALF_INK
    x = center[0] + rng.normal(0, 0.12) * (right - left)
    inked = np.flatnonzero(mask[:, round(x)])
    if inked.size == 0:
        return None
    start = np.array([x, inked[0] + pen.width / 2])
    end = start + np.array([rng.normal(0, 0.12), rng.uniform(0.2, 0.55)]) * pen.height
    bend = (start + end) / 2 + rng.normal(0, 0.03 * pen.height, 2)
    return pen.draw(start, bend, end).ink


def _with_room(rng: np.random.Generator, pen: Pen) -> Pen:
    """Return the 0 with a stroke so thin that there is room inside."""
    width = rng.uniform(*_ZERO_WIDTHS) * pen.height
    return pen.thinned(1 - width / pen.width) if pen.width > width else pen


def curled_six(rng: np.random.Generator, pen: Pen) -> Ink | None:
    """Return a 6 whose top curls to the right and down."""
    y, x = np.nonzero(pen.ink > HALF_INK)
    top = y.min() + pen.width / 2
    start = np.array([x[y <= y.min() + pen.width].max() - pen.width / 2, top])
    radius = pen.height * rng.uniform(0.06, 0.13)
    turn = np.radians(np.linspace(-110, rng.uniform(-20, 60), 12))
    arc = start + np.array([0.35 * radius, radius]) + radius * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return pen.draw(start, *arc).ink
