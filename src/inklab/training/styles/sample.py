"""Redraw training digits as people write them outside MNIST: with flags, feet, bars, hooks, or slashes.

MNIST's writers learned to write in the United States. Their 1 is a plain stroke and their 7 has no bar. Much
of the world writes a 1 with a flag or a foot, a 7 with a bar or a hook, and a 0 with a slash.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from inklab.data import Split
from inklab.errors import DataError
from inklab.imaging.normalize import normalize
from inklab.training.negatives.shapes import Ink
from inklab.training.styles.added_strokes import curled_six, one, seven, slashed_zero, zero_with_tail
from inklab.training.styles.other_digits import hooked_seven, printed, seven_segment, tiny, written
from inklab.training.styles.pen import Pen

_FLAG_ANGLES = (32, 70)  # degrees below the horizontal of a flag without a foot: steep, as no bar of a 7 is
_UNCLEAR_ANGLES = (14, 26)  # of a flag that could be the bar of a 7
_FOOT_FLAG_ANGLES = (15, 65)  # of a flag over a foot, which no 7 has

_MIN_PEAK = 200  # of 255; a fainter digit has no strokes to add to
_MAX_TRIES = 50  # digits to try for a style

Redraw = Callable[[np.random.Generator, Pen], Ink | None]


@dataclass(frozen=True, kw_only=True)
class Style:
    """A way of writing some digits."""

    share: float  # of the redrawn digits
    digits: Sequence[int]
    labels: Sequence[int] = ()  # one is drawn by chance; empty for the digit itself
    redraw: Redraw = lambda _, pen: pen.ink
    from_scratch: Callable[[np.random.Generator, int], Ink] | None = None


_STYLES = (
    Style(share=0.12, digits=(1,), redraw=partial(one, angles=_FLAG_ANGLES)),
    Style(share=0.03, digits=(1,), redraw=partial(one, angles=_UNCLEAR_ANGLES), labels=(1, 7)),
    Style(share=0.06, digits=(1,), redraw=partial(one, angles=_FOOT_FLAG_ANGLES, foot="short")),
    Style(share=0.06, digits=(1,), redraw=partial(one, angles=_FOOT_FLAG_ANGLES, foot="wide")),
    Style(share=0.05, digits=(1,), redraw=partial(one, angles=_FOOT_FLAG_ANGLES, foot="detached")),
    Style(share=0.03, digits=(1,), redraw=partial(one, angles=None, foot="short")),
    Style(share=0.08, digits=(7,), redraw=partial(seven, hook=True, bar=True)),
    Style(share=0.05, digits=(7,), redraw=partial(seven, hook=False, bar=True)),
    Style(share=0.05, digits=(7,), redraw=partial(seven, hook=True, bar=False)),
    Style(share=0.09, digits=(0,), redraw=slashed_zero),
    Style(share=0.06, digits=(0,), redraw=zero_with_tail),
    Style(share=0.05, digits=(6,), redraw=curled_six),
    Style(share=0.14, digits=range(10), redraw=tiny),
    Style(share=0.08, digits=range(10), from_scratch=printed),
    Style(share=0.05, digits=range(10), from_scratch=seven_segment),
    Style(share=0.06, digits=range(10), from_scratch=written),
    Style(share=0.08, digits=(7,), from_scratch=hooked_seven),
)
_SHARES = np.array([style.share for style in _STYLES]) / sum(style.share for style in _STYLES)


def sample_styles(
    digits: Split, n: int, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return images (n, 28, 28) uint8 of redrawn digits with their labels (n,) int64.

    A 1 whose flag could be the bar of a 7 is labeled 1 or 7 by chance: the network learns to be unsure.

    Raises:
        DataError: the digits lack a 0, 1, 6 or 7.
    """
    by_label = [np.flatnonzero(digits.labels == label) for label in range(10)]
    if n and any(by_label[label].size == 0 for label in (0, 1, 6, 7)):
        raise DataError(f"{digits.name} lacks a 0, 1, 6 or 7; expected some of each, to redraw them")
    images, labels = np.empty((n, 28, 28), np.uint8), np.empty(n, np.int64)
    for number in range(n):
        style = _STYLES[int(rng.choice(len(_STYLES), p=_SHARES))]
        for _ in range(_MAX_TRIES):
            ink, labels[number] = _redraw(rng, digits, by_label, style)
            if ink is not None and ink.any():
                break
        else:  # no digit of a small training set may suit the style
            ink = written(rng, int(labels[number]))
        images[number] = normalize(ink)
    return images, labels


def _redraw(
    rng: np.random.Generator, digits: Split, by_label: list[NDArray[np.int64]], style: "Style"
) -> tuple[Ink | None, int]:
    label = int(rng.choice(style.digits))
    if style.from_scratch is not None:
        return style.from_scratch(rng, label), label
    image, _ = digits[int(rng.choice(by_label[label]))] if by_label[label].size else (None, 0)
    ink = None if image is None or image.max() < _MIN_PEAK else style.redraw(rng, Pen.on(image))
    return ink, int(rng.choice(style.labels or (label,)))
