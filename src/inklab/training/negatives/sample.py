"""Sample images without a digit, from drawings, letters, and altered digits."""

from collections.abc import Callable, Sequence
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from inklab.data import ArrayDataset, Split
from inklab.errors import DataError
from inklab.imaging import normalize
from inklab.training.negatives import shapes
from inklab.training.negatives.letters import random_letter, random_word
from inklab.training.negatives.shapes import CANVAS_SIZE, Ink, as_ink, draw_stroke

NegativeGenerator = Callable[[np.random.Generator], Ink]
ROTATABLE = (3, 4)
"""Digits that look like no other digit after a quarter turn."""


def add_negatives(train: Split, n: int, *, seed: int) -> ArrayDataset:
    """Return a training set with n negatives after its digits, as an eleventh class.

    Raises:
        DataError: the digits are blank or lack a 3 and a 4.
    """
    images = np.concatenate([train.images, sample_negatives(negative_generators(train), n, seed=seed)])
    return ArrayDataset(images, np.concatenate([train.labels, np.full(n, train.classes)]), train.classes + 1)


def sample_negatives(generators: Sequence[NegativeGenerator], n: int, *, seed: int) -> NDArray[np.uint8]:
    """Return images (n, 28, 28) uint8 from the generators in turn, normalized as every picture is."""
    rng = np.random.default_rng(seed)
    images = np.empty((n, 28, 28), np.uint8)
    for number in range(n):
        while not (ink := generators[number % len(generators)](rng)).any():
            pass
        images[number] = normalize(ink)
    return images


def negative_generators(digits: Split) -> tuple[NegativeGenerator, ...]:
    """Return the generators of negatives, of which some alter digits; repeated ones are drawn more often.

    Raises:
        DataError: the digits are blank or lack a 3 and a 4.
    """
    if not digits.images[np.isin(digits.labels, ROTATABLE)].any():
        raise DataError(f"{digits.name} has no 3 or 4 with ink; expected some, to rotate them")
    letters = 4 * [random_letter] + [random_word]
    lines = 2 * [shapes.scribble] + 3 * [shapes.spiral] + [shapes.loops, shapes.zigzag]
    strokes = [shapes.separate_strokes, shapes.crossing_strokes, *2 * [shapes.arch], shapes.flat_lines]
    figures = 3 * [shapes.outline_with_marks] + [shapes.dots, shapes.polygon] + 2 * [shapes.symmetric_boxes]
    textures = 2 * [shapes.texture]
    altered = (inverted_digit, rotated_digit, adjacent_digits, shuffled_quarters, overwritten_digit)
    alterations = (partial(alter, digits=digits) for alter in altered)
    return (*letters, *lines, *strokes, *figures, *textures, *alterations)


def inverted_digit(rng: np.random.Generator, digits: Split) -> Ink:
    """Return the paper around a digit as ink."""
    margin = int(rng.integers(0, 4))
    return 1 - as_ink(_random_image(rng, digits)[margin : 28 - margin, margin : 28 - margin])


def rotated_digit(rng: np.random.Generator, digits: Split) -> Ink:
    """Return a 3 or a 4 after a quarter turn."""
    index = rng.choice(np.flatnonzero(np.isin(digits.labels, ROTATABLE)))
    return as_ink(np.rot90(digits.images[index], rng.choice((1, 3))))


def adjacent_digits(rng: np.random.Generator, digits: Split) -> Ink:
    """Return two or three digits side by side, which may touch."""
    page, left = np.zeros((28, 80), np.uint8), 2
    for _ in range(rng.integers(2, 4)):
        page[:, left : left + 28] = np.maximum(page[:, left : left + 28], _random_image(rng, digits))
        left += int(rng.integers(14, 23))
    return as_ink(page)


def shuffled_quarters(rng: np.random.Generator, digits: Split) -> Ink:
    """Return the quarters of two digits, rearranged."""
    a, b = _random_image(rng, digits), _random_image(rng, digits)
    return as_ink(np.block([[a[14:, 14:], b[:14, :14]], [b[14:, :14], a[:14, :14]]]))


def overwritten_digit(rng: np.random.Generator, digits: Split) -> Ink:
    """Return a digit that is crossed out, or has a rotated digit written over it."""
    ink = _enlarge(_random_image(rng, digits))
    if rng.integers(2):
        return np.maximum(ink, np.rot90(_enlarge(_random_image(rng, digits))))
    return np.maximum(ink, draw_stroke(rng, rng.uniform(8, CANVAS_SIZE - 8, (rng.integers(6, 12), 2))))


def _random_image(rng: np.random.Generator, digits: Split) -> NDArray[np.uint8]:
    image, _ = digits[int(rng.integers(len(digits)))]
    return image


def _enlarge(image: NDArray[np.uint8]) -> Ink:
    return as_ink(np.asarray(cv2.resize(image, (CANVAS_SIZE, CANVAS_SIZE)), np.uint8))
