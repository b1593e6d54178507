"""Nothing: images in which there is no digit, so that a network can learn what to refuse."""

from collections.abc import Callable, Sequence
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from inklab.data import ArrayDataset, Split
from inklab.errors import DataError
from inklab.imaging import normalize
from inklab.imaging.strokes import enhance_strokes
from inklab.training.negatives import shapes
from inklab.training.negatives.letters import letter, letters
from inklab.training.negatives.shapes import PAGE_SIZE, Ink, as_ink, stroke

Draw = Callable[[np.random.Generator], Ink]

_TURNED = (3, 4)  # digits that lie on their side as no digit does


def add_negatives(train: Split, n: int, *, seed: int) -> ArrayDataset:
    """Return a split with n images without a digit after its own, of an eleventh class.

    Args:
        train: digits, some of which are turned, cut up or set side by side into what is none.
        n: how many.
        seed: the same gives the same images.

    Raises:
        DataError: the digits are blank, or none of them can be turned into what is no digit.
    """
    images = np.concatenate([train.images, sample_negatives(negative_generators(train), n, seed=seed)])
    return ArrayDataset(images, np.concatenate([train.labels, np.full(n, train.classes)]), train.classes + 1)


def sample_negatives(negative_generators: Sequence[Draw], n: int, *, seed: int) -> NDArray[np.uint8]:
    """Return (n, 28, 28) uint8 images of the kinds in turn, placed as any picture is."""
    rng = np.random.default_rng(seed)
    images = np.empty((n, 28, 28), np.uint8)
    for number in range(n):
        ink = np.zeros(0, np.float32)
        while not ink.any():
            ink = negative_generators[number % len(negative_generators)](rng)
        images[number] = normalize(enhance_strokes(ink))
    return images


def negative_generators(digits: Split) -> tuple[Draw, ...]:
    """Return every kind of image without a digit, each as often as it is to be drawn.

    Args:
        digits: some are turned, cut up or set side by side into what is none.

    Raises:
        DataError: they are blank, or none of them can be turned into what is no digit.
    """
    if not digits.images[np.isin(digits.labels, _TURNED)].any():
        raise DataError(
            f"{digits.name} has no ink, or no {_TURNED[0]} or {_TURNED[1]} to be turned; expected both"
        )
    of_digits = (negative, turned, side_by_side, shuffled, overlaid)
    return (
        *(4 * (letter,)),
        letters,
        *(2 * (shapes.scribble,)),
        *(3 * (shapes.coil,)),
        shapes.loops,
        shapes.zigzag,
        shapes.strokes,
        shapes.crossed,
        *(2 * (shapes.bow,)),
        shapes.flat_line,
        *(3 * (shapes.enclosed,)),
        shapes.dot,
        shapes.figure,
        *(2 * (shapes.garment,)),
        *(2 * (shapes.texture,)),
        *(partial(kind, digits=digits) for kind in of_digits),
    )


def negative(rng: np.random.Generator, digits: Split) -> Ink:
    """Return the paper around a digit as if it were the ink."""
    margin = int(rng.integers(0, 4))
    return 1 - as_ink(_digit(rng, digits)[margin : 28 - margin, margin : 28 - margin])


def turned(rng: np.random.Generator, digits: Split) -> Ink:
    """Return a digit on its side that is none when it lies."""
    found = rng.choice(np.flatnonzero(np.isin(digits.labels, _TURNED)))
    return as_ink(np.rot90(digits.images[found], rng.choice((1, 3))))


def side_by_side(rng: np.random.Generator, digits: Split) -> Ink:
    """Return two or three digits, touching or not."""
    page = np.zeros((28, 80), np.uint8)
    left = 2
    for _ in range(rng.integers(2, 4)):
        page[:, left : left + 28] = np.maximum(page[:, left : left + 28], _digit(rng, digits))
        left += int(rng.integers(14, 23))
    return as_ink(page)


def shuffled(rng: np.random.Generator, digits: Split) -> Ink:
    """Return the quarters of two digits in a wrong order."""
    one, other = _digit(rng, digits), _digit(rng, digits)
    top = np.concatenate([one[14:, 14:], other[:14, :14]], axis=1)
    bottom = np.concatenate([other[14:, :14], one[:14, :14]], axis=1)
    return as_ink(np.concatenate([top, bottom]))


def overlaid(rng: np.random.Generator, digits: Split) -> Ink:
    """Return a digit crossed out, or with another written over it on its side."""
    ink = _enlarged(_digit(rng, digits))
    if rng.integers(2):
        return np.maximum(ink, np.rot90(_enlarged(_digit(rng, digits))))
    corners = rng.uniform(8, PAGE_SIZE - 8, (rng.integers(6, 12), 2))
    return np.maximum(ink, stroke(rng, corners))


def _digit(rng: np.random.Generator, digits: Split) -> NDArray[np.uint8]:
    image, _ = digits[int(rng.integers(len(digits)))]
    return image


def _enlarged(image: NDArray[np.uint8]) -> Ink:
    return as_ink(
        np.asarray(cv2.resize(image, (PAGE_SIZE, PAGE_SIZE), interpolation=cv2.INTER_LINEAR), np.uint8)
    )
