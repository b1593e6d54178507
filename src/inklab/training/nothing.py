"""Nothing: images in which there is no digit, so that a network can learn what to refuse.

Letters are set in two families of type, DejaVu and STIX, which matplotlib brings. Letters that resemble a
digit are left out, and so are those of `KEPT_APART`, by which a network is judged that has learned from the
others.
"""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inklab.data import Split
from inklab.data.examples import Examples
from inklab.errors import DataError
from inklab.imaging import normalise
from inklab.imaging.strokes import strengthened

LETTERS = "ACEFKMPRVXadefkmnrvx&%@#+=*<^"
"""What is learned from."""
KEPT_APART = "HNUWYhptuw"
"""What is not."""
LEARNED_FONTS = ("DejaVuSans*.ttf", "DejaVuSerif*.ttf", "STIXGeneral*.ttf")
"""Patterns of the files in matplotlib's folder of fonts that letters are set in."""

_SIDE = 80  # of the canvas that a shape is drawn on, in pixels
_TURNED = (3, 4)  # digits that lie on their side as no digit does

Ink = NDArray[np.float32]
Draw = Callable[[np.random.Generator, Split], Ink]


def with_nothing(train: Split, n: int, *, seed: int) -> Examples:
    """Return a split with n images without a digit after its own, of an eleventh class.

    They are of the kinds in `KINDS` in turn, each as often as it stands there, and placed as any picture is.

    Args:
        train: digits, some of which are turned, cut up or set side by side into what is none.
        n: how many.
        seed: the same gives the same images.
    """
    images = np.concatenate([train.images, nothing(train, n, seed=seed)])
    labels = np.concatenate([train.labels, np.full(n, train.classes)])
    return Examples(images, labels, train.classes + 1)


def nothing(digits: Split, n: int, *, seed: int, kinds: Sequence[Draw] = ()) -> NDArray[np.uint8]:
    """Return (n, 28, 28) uint8 images without a digit, of the kinds in turn; by default of all `KINDS`.

    Raises:
        DataError: the digits are blank, or none of them can be turned into what is no digit.
    """
    if not (digits.images.any() and np.isin(digits.labels, _TURNED).any()):
        raise DataError(
            f"{digits.name} has no ink, or no {_TURNED[0]} or {_TURNED[1]} to be turned; expected both"
        )
    rng = np.random.default_rng(seed)
    images = np.empty((n, 28, 28), np.uint8)
    chosen = kinds or KINDS
    for number in range(n):
        ink = np.zeros(0, np.float32)
        while not ink.any():
            ink = chosen[number % len(chosen)](rng, digits)
        images[number] = normalise(strengthened(ink))
    return images


def letter(rng: np.random.Generator, digits: Split) -> Ink:
    """Return a letter or sign that resembles no digit."""
    del digits
    font = Path(rng.choice(_fonts()))
    return set_letter(LETTERS[rng.integers(len(LETTERS))], font)


def set_letter(text: str, font: Path) -> Ink:
    """Return a text as ink."""
    page = Image.new("L", (2 * _SIDE, 2 * _SIDE))
    middle = (_SIDE, _SIDE)
    ImageDraw.Draw(page).text(middle, text, fill=255, font=ImageFont.truetype(str(font), 60), anchor="mm")
    return _ink(np.asarray(page))


def letters(rng: np.random.Generator, digits: Split) -> Ink:
    """Return two or three of `LETTERS`, as the beginning of a word."""
    del digits
    count = rng.integers(2, 4)
    return set_letter("".join(rng.choice(list(LETTERS), count)), Path(rng.choice(_fonts())))


def scribble(rng: np.random.Generator, digits: Split) -> Ink:
    """Return a line that goes smoothly through many random places."""
    del digits
    corners = rng.uniform(10, _SIDE - 10, (rng.integers(8, 17), 2))
    return _stroke(rng, _smooth(corners))


def strokes(rng: np.random.Generator, digits: Split) -> Ink:
    """Return three to six straight strokes that have nothing to do with each other."""
    del digits
    ink = np.zeros((_SIDE, _SIDE), np.float32)
    for _ in range(rng.integers(3, 7)):
        ink = np.maximum(ink, _stroke(rng, rng.uniform(5, _SIDE - 5, (2, 2))))
    return ink


def flat_line(rng: np.random.Generator, digits: Split) -> Ink:
    """Return a line that is nearer to level than to upright, or two of them."""
    del digits
    ink = np.zeros((_SIDE, _SIDE), np.float32)
    slope = rng.uniform(-0.6, 0.6)
    for middle in rng.uniform(25, 55, rng.integers(1, 3)):
        half = rng.uniform(15, 35)
        ends = np.array([[40 - half, middle - half * slope], [40 + half, middle + half * slope]])
        ink = np.maximum(ink, _stroke(rng, _bent(rng, ends)))
    return ink


def dot(rng: np.random.Generator, digits: Split) -> Ink:
    """Return one to four dots or specks, filled."""
    del digits
    ink = np.zeros((_SIDE, _SIDE), np.uint8)
    for _ in range(rng.integers(1, 5)):
        middle = [int(v) for v in rng.integers(20, _SIDE - 20, 2)]
        axes = [int(v) for v in rng.integers(3, 16, 2)]
        cv2.ellipse(ink, middle, axes, float(rng.uniform(0, 180)), 0, 360, 255, -1)
    return _ink(ink)


def figure(rng: np.random.Generator, digits: Split) -> Ink:
    """Return a filled polygon, as the shadow of a house, a star or a piece of clothing may be."""
    del digits
    n = rng.integers(3, 11)
    angles = np.sort(rng.uniform(0, 2 * np.pi, n))
    radii = rng.uniform(10, 36, n)
    corners = 40 + radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1) * rng.uniform(
        0.5, 1, 2
    )
    ink = np.zeros((_SIDE, _SIDE), np.uint8)
    cv2.fillPoly(ink, [np.rint(corners).astype(np.int32)], 255)
    shade = _field(rng, rng.uniform(2, 15)) * rng.uniform(0, 0.8)
    return np.asarray(ink / np.float32(255) * (1 - shade), np.float32)


def garment(rng: np.random.Generator, digits: Split) -> Ink:
    """Return a shaded shape that is the same on both sides, of a few boxes, with or without holes."""
    del digits
    ink = np.zeros((_SIDE, _SIDE), np.float32)
    for _ in range(rng.integers(2, 6)):
        width, height = int(rng.integers(4, 36)), int(rng.integers(6, 60))
        middle, top = int(rng.integers(0, 30)), int(rng.integers(5, 70 - height + 5))
        tone = rng.uniform(0.0, 1)
        for way in (-1, 1) if _happens(rng, 0.8) else (1,):
            left = max(0, 40 + way * middle - width // 2)
            ink[top : top + height, left : left + width] = tone
    return np.asarray(ink * (1 - rng.uniform(0, 0.6) * _field(rng, rng.uniform(1, 8))), np.float32)


def texture(rng: np.random.Generator, digits: Split) -> Ink:
    """Return a random field: clouds, grain, spots, or stripes."""
    del digits
    field = _field(rng, float(np.exp(rng.uniform(0, 2.5))))
    if _happens(rng, 0.3):
        across = np.add.outer(np.arange(_SIDE) * rng.normal(), np.arange(_SIDE) * rng.normal())
        field = np.asarray(np.sin(across * rng.uniform(0.2, 1)) / 2 + 0.5, np.float32)
    if _happens(rng, 0.6):
        field = (field > rng.uniform(0.4, 0.7)).astype(np.float32)
    return field


def negative(rng: np.random.Generator, digits: Split) -> Ink:
    """Return the paper around a digit as if it were the ink."""
    margin = int(rng.integers(0, 4))
    return 1 - _ink(_digit(rng, digits)[margin : 28 - margin, margin : 28 - margin])


def turned(rng: np.random.Generator, digits: Split) -> Ink:
    """Return a digit on its side that is none when it lies."""
    found = rng.choice(np.flatnonzero(np.isin(digits.labels, _TURNED)))
    return _ink(np.rot90(digits.images[found], rng.choice((1, 3))))


def side_by_side(rng: np.random.Generator, digits: Split) -> Ink:
    """Return two or three digits, touching or not."""
    page = np.zeros((28, 80), np.uint8)
    left = 2
    for _ in range(rng.integers(2, 4)):
        page[:, left : left + 28] = np.maximum(page[:, left : left + 28], _digit(rng, digits))
        left += int(rng.integers(14, 23))
    return _ink(page)


def shuffled(rng: np.random.Generator, digits: Split) -> Ink:
    """Return the quarters of two digits in a wrong order."""
    one, other = _digit(rng, digits), _digit(rng, digits)
    top = np.concatenate([one[14:, 14:], other[:14, :14]], axis=1)
    bottom = np.concatenate([other[14:, :14], one[:14, :14]], axis=1)
    return _ink(np.concatenate([top, bottom]))


def overlaid(rng: np.random.Generator, digits: Split) -> Ink:
    """Return a digit crossed out, or with another written over it on its side."""
    ink = _enlarged(_digit(rng, digits))
    if _happens(rng, 0.5):
        return np.maximum(ink, np.rot90(_enlarged(_digit(rng, digits))))
    corners = rng.uniform(8, _SIDE - 8, (rng.integers(6, 12), 2))
    return np.maximum(ink, _stroke(rng, corners))


KINDS: tuple[Draw, ...] = (
    letter,
    letter,
    letter,
    letters,
    scribble,
    scribble,
    strokes,
    flat_line,
    dot,
    figure,
    garment,
    garment,
    texture,
    texture,
    negative,
    turned,
    side_by_side,
    shuffled,
    overlaid,
)
"""Each kind as often as it stands here."""


def _stroke(rng: np.random.Generator, path: NDArray[np.float64]) -> Ink:
    """Return a line through the points of a path (m, 2), of a random width."""
    ink = np.zeros((_SIDE, _SIDE), np.uint8)
    points = np.rint(path * 16).astype(np.int32)
    width = int(rng.integers(3, 12))
    cv2.polylines(ink, [points], isClosed=False, color=255, thickness=width, lineType=cv2.LINE_AA, shift=4)
    return _ink(ink)


def _smooth(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points on a curve that Chaikin's cutting of corners makes of a path."""
    for _ in range(3):
        before, after = corners[:-1], corners[1:]
        cut = np.stack([0.75 * before + 0.25 * after, 0.25 * before + 0.75 * after], axis=1)
        corners = cut.reshape(-1, 2)
    return corners


def _bent(rng: np.random.Generator, ends: NDArray[np.float64]) -> NDArray[np.float64]:
    middle = ends.mean(axis=0) + rng.normal(0, 2, 2)
    return _smooth(np.stack([ends[0], middle, ends[1]]))


def _field(rng: np.random.Generator, smoothness: float) -> Ink:
    """Return random numbers from 0 to 1, smooth over so many pixels."""
    field = cv2.GaussianBlur(rng.normal(size=(_SIDE, _SIDE)).astype(np.float32), (0, 0), smoothness)
    return np.asarray((field - field.min()) / np.ptp(field), np.float32)


def _happens(rng: np.random.Generator, probability: float) -> bool:
    return bool(rng.random() < probability)


def _digit(rng: np.random.Generator, digits: Split) -> NDArray[np.uint8]:
    image, _ = digits[int(rng.integers(len(digits)))]
    return image


def _enlarged(image: NDArray[np.uint8]) -> Ink:
    return _ink(np.asarray(cv2.resize(image, (_SIDE, _SIDE), interpolation=cv2.INTER_LINEAR), np.uint8))


def _ink(page: NDArray[np.uint8]) -> Ink:
    return np.asarray(page, np.float32) / np.float32(255)


@cache
def _fonts() -> tuple[str, ...]:
    from matplotlib import get_data_path  # noqa: PLC0415  (only who makes such images needs it)

    folder = Path(get_data_path()) / "fonts/ttf"
    skipped = ("Display", "Siz", "NonUni")
    found = sorted(str(path) for pattern in LEARNED_FONTS for path in folder.glob(pattern))
    return tuple(name for name in found if not any(part in name for part in skipped))
