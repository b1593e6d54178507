"""Draw ways of writing a digit that MNIST has few of, and touching digits; `kinds` measures them.

Every picture is drawn by `pen`, dark on white. No training set has them.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from pen import DIGITS, Floats, draw, pen_digit, skeletons

Labeled: TypeAlias = tuple[NDArray[np.uint8], int | None]
"""A picture and its digit; None if it must be refused."""
Generator: TypeAlias = Callable[[int, np.random.Generator], Iterator[Labeled]]

SEGMENTS = {
    0: "abcdef",
    1: "bc",
    2: "abged",
    3: "abgcd",
    4: "fgbc",
    5: "afgcd",
    6: "afgedc",
    7: "abc",
    8: "abcdefg",
    9: "abfgcd",
}
"""The lit segments of each digit: a on top, then clockwise to f, and g in the middle."""
_ENDS = {
    "a": (0, 0, 1, 0),
    "b": (1, 0, 1, 1),
    "c": (1, 1, 1, 2),
    "d": (0, 2, 1, 2),
    "e": (0, 1, 0, 2),
    "f": (0, 0, 0, 1),
    "g": (0, 1, 1, 1),
}


def written(n: int, rng: np.random.Generator, *, digit: int, style: str) -> Iterator[Labeled]:
    """Yield one digit in one style."""
    for _ in range(n):
        yield picture(pen_digit(rng, digit, *size_and_pen(rng), style)), digit


def seven_segment(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield the digits of a clock or calculator, from 0 to 9 in turn; one in three is light on black."""
    for number in range(n):
        size, pen = size_and_pen(rng)
        image = _display(rng, number % 10, size, pen)
        yield (255 - image if number % 3 == 2 else image), number % 10


def touching(n: int, rng: np.random.Generator, *, pairs: list[tuple[int, ...]]) -> Iterator[Labeled]:
    """Yield two digits drawn as close as it takes for them to touch."""
    for number in range(n):
        ink = None
        while ink is None:
            ink = touch(rng, [str(rng.choice(_connected(digit))) for digit in pairs[number % len(pairs)]])
        yield picture(ink), None


def touch(rng: np.random.Generator, glyphs: list[str]) -> Floats | None:
    """Return the glyphs at the widest gap at which they are one piece of ink; None if they never are."""
    size, pen = size_and_pen(rng)
    seed = int(rng.integers(2**32))
    for gap in np.arange(0.12, -0.2, -0.02):
        ink = draw(np.random.default_rng(seed), glyphs, size, pen, gap=float(gap))
        if cv2.connectedComponents((ink > 0.5).astype(np.uint8))[0] == 2:  # the background and one piece
            return ink
    return None


def size_and_pen(rng: np.random.Generator) -> tuple[int, float]:
    """Return the size of a picture and the width of the pen in pixels, from a fine liner to a felt tip."""
    size = int(rng.integers(64, 200))
    return size, size * float(rng.uniform(0.018, 0.07))


def picture(ink: Floats) -> NDArray[np.uint8]:
    """Return ink as dark on white."""
    return np.asarray(np.rint(255 * (1 - ink)), np.uint8)


PAIRS = [pair for pair in product(range(10), repeat=2) if pair not in {(1, 0), (1, 1)}]
"""Two 1s that touch are a 1, a U, or an N, so these are left out; ten has a set of its own."""
GENERATORS: dict[str, Generator] = {
    **{f"{d} {style}": partial(written, digit=d, style=style) for d in DIGITS for style in skeletons(d)},
    "seven-segment": seven_segment,
    "ten touching": partial(touching, pairs=[(1, 0)]),
    "pair touching": partial(touching, pairs=PAIRS),
}
"""Name -> generator of (picture, digit or None)."""


def _connected(digit: int) -> list[str]:
    """Return the plain skeletons of a digit that are drawn in one stroke, or in strokes that always cross."""
    return [glyph for style, glyphs in DIGITS[digit].items() for glyph in glyphs if style != "two strokes"]


def _display(rng: np.random.Generator, digit: int, size: int, pen: float) -> NDArray[np.uint8]:
    """Return a seven-segment digit; the segments have gaps between them, or join."""
    high = size * rng.uniform(0.3, 0.37)
    wide, lean = high * rng.uniform(0.8, 1.1), rng.choice([0, rng.uniform(0, 0.2)])
    gap = rng.choice([0, rng.uniform(0.08, 0.16)]) if pen < 0.3 * high else 0
    large = np.zeros((4 * size, 4 * size), np.uint8)
    for name in SEGMENTS[digit]:
        ends = np.reshape(_ENDS[name], (2, 2)).astype(float)
        ends += (ends[::-1] - ends) * gap
        x = size / 2 + (ends[:, 0] - 0.5) * wide - lean * (ends[:, 1] - 1) * high
        points = np.column_stack([x, size / 2 + (ends[:, 1] - 1) * high])
        cv2.polylines(
            large, [np.rint(points * 64).astype(np.int32)], False, 255, max(1, round(4 * pen)), shift=4
        )
    return picture(
        np.asarray(cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA) / 255, np.float32)
    )
