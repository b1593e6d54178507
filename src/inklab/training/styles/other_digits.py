"""Draw digits unlike any in MNIST: tiny, printed, of seven segments, or a 7 with a hook and a bar."""

from pathlib import Path

import cv2
import numpy as np

from inklab.training.negatives.letters import UPRIGHT_PENS, font_paths, render_text, write_sign
from inklab.training.negatives.shapes import Ink, deform, happens
from inklab.training.styles.pen import Pen

_TINY = (5, 10)  # pixels, the height of a tiny digit
_ORIGIN = np.array([45, 20])  # of a seven-segment digit on its page
_SEVEN_ORIGIN, _SEVEN_HEIGHT = np.array([35, 35]), 80  # pixels
_SEGMENTS = ("abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abcdfg")
_SEGMENT_ENDS = {  # x and y of the two ends, in units of half the height
    "a": ((0, 0), (1, 0)), "b": ((1, 0), (1, 1)), "c": ((1, 1), (1, 2)), "d": ((0, 2), (1, 2)),
    "e": ((0, 1), (0, 2)), "f": ((0, 0), (0, 1)), "g": ((0, 1), (1, 1)),
}  # fmt: skip
_OPEN, _OPEN_SHARE = {6: "a", 9: "d"}, 0.15  # some displays leave out the end of a 6 and a 9


def tiny(rng: np.random.Generator, pen: Pen) -> Ink | None:
    """Return a digit that was only a few pixels high, enlarged again."""
    left, top, right, bottom = (round(side) for side in pen.box)
    digit = pen.ink[top : bottom + 1, left : right + 1]
    scale = rng.uniform(*_TINY) / max(digit.shape)
    size = [max(1, round(length * scale)) for length in digit.shape[::-1]]
    small = np.pad(cv2.resize(digit, size, interpolation=cv2.INTER_AREA), 1)
    small = np.clip(small / small.max() * rng.uniform(1, 1.6), 0, 1)
    interpolation = int(rng.choice((cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST)))
    enlarged = cv2.resize(small, None, fx=6, fy=6, interpolation=interpolation)
    faint = rng.uniform(0.02, 0.3)  # what counted as no ink
    return np.asarray(np.clip((enlarged - faint) / (1 - faint), 0, 1), np.float32)


def printed(rng: np.random.Generator, label: int) -> Ink:
    """Return a digit of a printing type, slightly deformed."""
    paths = font_paths()
    ink = render_text(str(label), Path(paths[int(rng.integers(len(paths)))]))
    pen = int(rng.integers(1, 5))
    return np.asarray(cv2.dilate(deform(rng, ink, 0.12), np.ones((pen, pen), np.uint8)), np.float32)


def written(rng: np.random.Generator, label: int) -> Ink:
    """Return a digit of strokes of one width, as of a fine pen."""
    return write_sign(rng, str(label), int(rng.choice(UPRIGHT_PENS)))


def hooked_seven(rng: np.random.Generator, _label: int) -> Ink:
    """Return a 7 with a hook down to a corner, a top that rises from there, and a bar across the stem."""
    corner = np.array([rng.uniform(0, 0.15), rng.uniform(0.2, 0.5)])
    hook = corner + np.array([rng.uniform(-0.12, 0.15), -rng.uniform(0.15, 0.45)])
    right, foot = np.array([[rng.uniform(0.45, 0.8), rng.uniform(-0.05, 0.2)], [rng.uniform(0, 0.4), 1]])
    middle = right + rng.uniform(0.35, 0.65) * (foot - right)
    half = np.array([rng.uniform(0.13, 0.3), -rng.uniform(-0.02, 0.1)])
    strokes = (hook, corner, right, foot), (middle - half, middle + half)
    pen = Pen.blank(rng.uniform(3, 14))
    for stroke in strokes:
        pen = pen.draw(*(np.stack(stroke) * _SEVEN_HEIGHT + _SEVEN_ORIGIN))
    return deform(rng, pen.ink, 0.12)


def seven_segment(rng: np.random.Generator, label: int) -> Ink:
    """Return a digit of a display of seven segments."""
    segments = _SEGMENTS[label]
    if label in _OPEN and happens(rng, _OPEN_SHARE):
        segments = segments.replace(_OPEN[label], "")
    unit, slant, gap = rng.uniform(28, 44, 2), rng.uniform(0, 0.2), rng.uniform(0, 0.12)
    pen = Pen.blank(rng.uniform(3, 13))
    for segment in segments:
        start, end = np.array(_SEGMENT_ENDS[segment], np.float64)
        points = np.stack([start + gap * (end - start), end - gap * (end - start)]) * unit
        points[:, 0] -= slant * points[:, 1]
        pen = pen.draw(*(points + _ORIGIN))
    return pen.ink
