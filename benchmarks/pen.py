"""Draw digits as a person's pen draws them, to evaluate on; no training set has these pictures.

A glyph is a text of points `x,y` in hundredths of its height, y downward. A smooth curve runs through the
points of a stroke; `!` after a point makes it a corner, and ` / ` lifts the pen.
"""

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Path = NDArray[np.float64]

DIGITS: dict[int, dict[str, tuple[str, ...]]] = {
    0: {
        "plain": (
            "32,0 12,12 2,45 10,85 30,100 52,88 60,50 52,12 32,0",
            "40,2 18,6 3,40 8,84 28,100 50,90 62,55 56,18 38,1 30,3",
        ),
    },
    1: {
        "plain": ("30,0 30,50 29,100", "38,0 30,50 24,100"),
        "short flag": ("20,16 32,0! 31,50 30,100", "18,14 34,0! 32,50 31,100"),
    },
    2: {
        "plain": (
            "6,22 18,3 42,2 52,22 40,52 4,98! 32,96 62,98",
            "4,20 20,2 44,6 50,28 34,60 6,96! 30,94 60,99",
        ),
        "loop": (
            "6,22 20,2 46,6 50,28 34,62 14,94 3,90 10,80 26,86 44,98 62,90",
            "4,26 18,2 44,4 52,26 36,64 16,96 4,94 8,82 24,84 42,96 60,94",
        ),
    },
    3: {
        "plain": (
            "6,14 24,0 46,8 46,30 22,46! 50,56 56,78 38,98 6,92",
            "8,10 28,0 46,14 40,36 24,46! 48,58 54,80 32,100 4,88",
        ),
    },
    4: {
        "open": (
            "10,2 4,34 4,58! 34,58 60,56 / 44,20 42,60 40,100",
            "16,0 8,30 2,60! 30,60 62,58 / 46,6 43,50 42,100",
        ),
        "closed": (
            "42,0! 20,34 0,66! 30,66 60,64 / 42,0 41,50 40,100",
            "44,2! 22,32 2,62! 30,64 62,60! / 45,0 42,50 41,100",
        ),
    },
    5: {
        "plain": (
            "54,2 32,3 12,2! 10,22 7,46! 26,38 50,48 56,72 38,98 6,92",
            "52,0 30,2 14,2! 11,20 9,42! 32,38 52,54 52,80 30,100 4,90",
        ),
        "two strokes": (
            "14,4 11,24 8,44! 30,38 52,52 54,78 34,100 4,92 / 14,4 34,4 58,0",
            "12,8 10,26 8,46! 28,40 50,50 54,76 34,98 4,90 / 20,2 40,1 60,-2",
        ),
    },
    6: {
        "plain": (
            "44,0 22,20 6,54 8,84 28,100 50,88 50,66 32,54 12,64 6,76",
            "36,0 14,30 4,64 14,94 36,98 52,80 44,60 24,58 6,76",
        ),
    },
    7: {
        "plain": ("2,4 30,5 58,2! 38,48 24,100", "4,6 32,5 60,4! 42,40 30,100"),
        "crossed": (
            "2,4 30,5 58,2! 38,48 24,100 / 16,50 36,48 56,46",
            "4,6 32,5 60,4! 42,45 30,100 / 20,52 40,50 60,50",
        ),
    },
    8: {
        "plain": (
            "48,14 28,0 10,14 16,36 42,56 54,80 30,100 6,82 18,56 42,36 48,14",
            "44,8 22,1 10,20 26,42 48,62 50,88 28,100 6,88 10,64 34,44 48,22 44,8",
        ),
    },
    9: {
        "straight": (
            "50,14 28,0 8,16 8,38 26,48 46,34 51,12! 50,50 48,100",
            "52,10 30,2 10,14 6,34 22,46 44,36 52,10! 49,50 42,100",
        ),
        "curled": (
            "50,16 30,0 10,12 8,36 26,48 46,34 51,14! 54,60 42,94 20,100 6,90",
            "50,12 26,1 8,18 10,40 30,46 48,28 51,10! 53,64 38,98 10,94",
        ),
    },
}
"""Digit -> style -> skeletons; the styles here are what most people write."""

RARE: dict[int, dict[str, tuple[str, ...]]] = {
    0: {
        "inner tail": (
            "30,0 10,14 2,50 12,90 32,100 54,86 60,46 50,10 32,2! 32,28 34,54",
            "34,1 12,10 2,46 10,88 32,100 54,88 60,48 50,10 32,2! 33,24 36,46",
            "26,2 8,18 2,56 14,94 34,100 56,82 60,40 48,8 28,0 24,14 28,38",
            "30,0 10,14 2,50 12,90 32,100 54,86 60,46 52,12 36,6 28,20 26,42",
        ),
        "slash": (
            "34,0 12,10 2,46 10,88 32,100 54,88 60,48 52,10 34,0 / 12,80 32,50 50,20",
            "34,0 12,10 2,46 10,88 32,100 54,88 60,48 52,10 34,0 / -4,96 32,50 68,6",
        ),
        "dot": ("34,0 10,10 0,46 8,88 32,100 56,88 63,48 54,10 34,0 / 31,47 33,53",),
        "open": (
            "24,4 8,22 2,60 16,94 36,100 56,80 60,44 44,6",
            "46,10 28,0 8,18 2,58 14,94 36,100 56,82 62,46 57,26",
        ),
    },
    1: {
        "flag": (
            "10,30 44,0! 38,50 32,100",
            "2,34 40,0! 36,50 34,100",
            "16,26 42,0! 36,50 30,100",
            "4,26 40,0! 38,50 38,100",
            "8,42 40,0! 38,50 36,100",
        ),
        "flag and foot": (
            "12,26 38,0! 36,50 36,98 / 14,99 36,100 56,99",
            "18,20 38,0! 36,50 34,98 / 20,100 34,100 50,99",
        ),
        "detached foot": (
            "14,24 53,0! 43,45 34,82 / -4,98 12,99 28,98",
            "20,26 52,0! 44,45 38,84 / 14,100 32,100 50,99",
        ),
        "wide foot": (
            "18,36 46,14 72,0! 54,46 36,97 / -18,90 36,95 80,98",
            "26,32 50,12 68,0! 50,50 34,99 / -20,92 34,95 84,99",
            "14,24 48,0! 42,50 36,98 / -4,98 36,100 76,98",
            "20,26 52,0! 42,50 34,97 / -10,96 34,98 80,102",
        ),
        "roof": (
            "0,92 16,46 36,0! 38,50 40,100",
            "0,70 18,34 38,0! 40,50 42,100",
            "-6,84 16,44 36,0! 34,50 34,100",
        ),
    },
    3: {
        "flat top": (
            "4,2 30,3 54,2! 24,38! 44,44 56,68 40,98 4,92",
            "6,4 30,3 52,0! 28,36! 48,48 54,74 34,100 6,92",
        )
    },
    5: {"detached bar": ("10,14 8,46! 30,38 52,52 54,78 34,100 4,92 / 22,4 42,3 64,0",)},
    6: {
        "curled top": (
            "66,30 78,14 66,2 52,4 34,10 12,40 0,74 10,96 34,98 60,80 62,56 44,42 18,54 0,76",
            "60,28 72,14 62,2 50,2 30,14 12,42 4,76 14,98 34,98 54,80 54,54 38,42 16,56 4,72",
            "56,22 60,8 46,0 24,12 6,46 6,82 26,100 50,88 50,66 32,54 12,66 6,78",
            "50,20 54,6 42,0 20,14 4,52 8,88 30,100 50,84 46,62 28,54 8,74",
            "62,24 66,8 50,0 26,10 6,44 2,78 22,100 48,92 56,68 40,52 16,62 2,74",
        )
    },
    7: {
        "serif": ("2,20 4,3! 30,5 58,2! 38,48 24,100", "6,16 2,2! 30,3 56,3! 42,45 32,100"),
        "hooked": ("12,0 8,22! 30,20 58,4! 40,50 24,100", "10,-2 6,18 22,20 56,4! 40,50 28,100"),
        "hooked low and crossed": (
            "12,-4 2,29! 20,33! 58,2! 40,50 24,100 / 8,70 32,68 54,65",
            "18,-2 8,33! 24,36! 54,0! 42,50 28,100 / 12,68 34,66 56,60",
            "14,-2 4,24! 22,36! 54,4! 42,50 32,100 / 14,73 34,70 54,66",
        ),
        "hooked and crossed": (
            "12,0 8,24! 30,20 58,4! 40,50 22,100 / 10,66 34,62 58,56",
            "10,0 6,20 22,22 56,2! 40,50 26,100 / 14,60 36,58 56,56",
            "16,-2 10,26! 34,16 56,0! 40,50 24,100 / 14,70 34,66 54,58",
        ),
    },
}
"""Digit -> style -> skeletons, as `DIGITS`; pen_digit draws these only where asked."""


def pen_digit(
    rng: np.random.Generator, digit: int, size: int, width: float, style: str | None = None
) -> Floats:
    """Return a digit as a pen of the given width draws it.

    Args:
        rng: the source of slant, proportions, jitter, and place.
        digit: 0 to 9.
        size: height and width of the picture in pixels.
        width: width of the pen in pixels.
        style: a style of `DIGITS[digit]` or `RARE[digit]`; any of `DIGITS[digit]` by default.

    Returns:
        (size, size) float32, ink from 0 to 1.
    """
    style = style or str(rng.choice(list(DIGITS[digit])))
    return draw(rng, [str(rng.choice(skeletons(digit)[style]))], size, width)


def skeletons(digit: int) -> dict[str, tuple[str, ...]]:
    """Return all styles of a digit, plain and rare."""
    return DIGITS[digit] | RARE.get(digit, {})


def draw(
    rng: np.random.Generator, glyphs: list[str], size: int, width: float, *, gap: float = 0.15
) -> Floats:
    """Return one or more glyphs side by side, with the same slant and pen.

    Args:
        rng: the source of slant, proportions, jitter, and place.
        glyphs: skeletons, from left to right.
        size: height and width of the picture in pixels.
        width: width of the pen in pixels.
        gap: distance between two glyphs, in heights.

    Returns:
        (size, size) float32, ink from 0 to 1.
    """
    strokes, right = [], 0.0
    for glyph in glyphs:
        placed = [stroke + np.array([right, 0]) for stroke in _written(rng, glyph)]
        strokes += placed
        right = max(stroke[:, 0].max() for stroke in placed) + gap
    slant, tilt = rng.normal(0.1, 0.13), rng.normal(0, 0.06)
    turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    shape = turn @ [[np.exp(rng.normal(0, 0.12)), -slant], [0, 1]]
    strokes = [stroke @ shape.T for stroke in strokes]
    low, high = (f([f(stroke, axis=0) for stroke in strokes], axis=0) for f in (np.min, np.max))
    scale = (size * rng.uniform(0.55, 0.75) - width) / (high - low).max()
    middle = size / 2 + rng.uniform(-0.05, 0.05, 2) * size
    return _inked([(stroke - (low + high) / 2) * scale + middle for stroke in strokes], size, width)


def _written(rng: np.random.Generator, glyph: str) -> list[Path]:
    """Return the strokes of a glyph, jittered, as dense paths in heights."""
    jitter, rounding = rng.uniform(0.008, 0.022), rng.uniform(0.5, 4)
    return [_rounded(_curve(stroke, rng, jitter), rounding) for stroke in glyph.split(" / ")]


def _curve(stroke: str, rng: np.random.Generator, jitter: float) -> Path:
    words = stroke.split()
    points = np.array([[float(v) for v in word.rstrip("!").split(",")] for word in words]) / 100
    points = points + rng.normal(0, jitter, points.shape)
    last = len(words) - 1
    ends = [0, *(n for n in range(1, last) if words[n].endswith("!")), last]
    return np.concatenate([_spline(points[a : b + 1]) for a, b in pairwise(ends)])


def _spline(points: Path) -> Path:
    """Return a centripetal Catmull-Rom curve through the points, in steps of a hundredth of the height."""
    around = np.concatenate([[2 * points[0] - points[1]], points, [2 * points[-1] - points[-2]]])
    knots = np.concatenate([[0], np.cumsum(np.sqrt(np.maximum(np.hypot(*np.diff(around, axis=0).T), 1e-6)))])
    return np.concatenate([_segment(around[n : n + 4], knots[n : n + 4]) for n in range(len(points) - 1)])


def _segment(points: Path, knots: Path) -> Path:
    """Return the curve between the middle two of four points, by Barry and Goldman's pyramid."""
    t = np.linspace(knots[1], knots[2], 2 + int(100 * np.hypot(*(points[2] - points[1]))))[:, None]

    def mix(one: Path, other: Path, low: float, high: float) -> Path:
        return np.asarray(((high - t) * one + (t - low) * other) / (high - low))

    sides = [mix(points[n], points[n + 1], knots[n], knots[n + 1]) for n in range(3)]
    halves = [mix(sides[n], sides[n + 1], knots[n], knots[n + 2]) for n in range(2)]
    return mix(halves[0], halves[1], knots[1], knots[2])


def _rounded(path: Path, sigma: float) -> Path:
    """Round the corners by a Gaussian along the path, sigma in hundredths of the height."""
    reach = min(int(np.ceil(3 * sigma)), len(path) - 1)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    before, after = 2 * path[0] - path[reach:0:-1], 2 * path[-1] - path[-2 : -reach - 2 : -1]
    wide = np.concatenate([before, path, after])
    return np.stack([np.convolve(wide[:, axis], kernel / kernel.sum(), "valid") for axis in (0, 1)], axis=1)


def _inked(strokes: list[Path], size: int, width: float) -> Floats:
    """Return the strokes as ink with rounded ends, drawn four times as large and averaged."""
    large = np.zeros((4 * size, 4 * size), np.uint8)
    points = [np.rint((stroke * 4 - 0.5) * 16).astype(np.int32) for stroke in strokes]
    cv2.polylines(large, points, False, 255, max(1, round(4 * width)), cv2.LINE_8, shift=4)
    small = cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(small / 255, np.float32)
