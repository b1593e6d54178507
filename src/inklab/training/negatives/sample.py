"""Sample images without a digit, from drawings, letters, and altered digits."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from inklab.data import ArrayDataset, Split
from inklab.errors import DataError
from inklab.imaging import normalize
from inklab.imaging.strokes import enhance_strokes
from inklab.training.negatives import altered_digits, shapes
from inklab.training.negatives.altered_digits import ROTATABLE
from inklab.training.negatives.letters import random_letter, random_word
from inklab.training.negatives.shapes import Ink

NegativeGenerator = Callable[[np.random.Generator], Ink]


def add_negatives(train: Split, n: int, *, seed: int) -> ArrayDataset:
    """Return a training set with n negatives after its digits, as an eleventh class.

    Args:
        train: digits; some negatives are made from them.
        n: number of negatives.
        seed: the same seed gives the same images.

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
        ink = np.zeros(0, np.float32)
        while not ink.any():
            ink = generators[number % len(generators)](rng)
        images[number] = normalize(enhance_strokes(ink))
    return images


def negative_generators(digits: Split) -> tuple[NegativeGenerator, ...]:
    """Return the generators of negatives; a generator that occurs several times is drawn more often.

    Args:
        digits: some generators alter these.

    Raises:
        DataError: the digits are blank or lack a 3 and a 4.
    """
    if not digits.images[np.isin(digits.labels, ROTATABLE)].any():
        raise DataError(f"{digits.name} has no 3 or 4 with ink; expected some, to rotate them")
    alterations = (
        altered_digits.inverted_digit,
        altered_digits.rotated_digit,
        altered_digits.adjacent_digits,
        altered_digits.shuffled_quarters,
        altered_digits.overwritten_digit,
    )
    return (
        *(4 * (random_letter,)),
        random_word,
        *(2 * (shapes.scribble,)),
        *(3 * (shapes.spiral,)),
        shapes.loops,
        shapes.zigzag,
        shapes.separate_strokes,
        shapes.crossing_strokes,
        *(2 * (shapes.arch,)),
        shapes.flat_lines,
        *(3 * (shapes.outline_with_marks,)),
        shapes.dots,
        shapes.polygon,
        *(2 * (shapes.symmetric_boxes,)),
        *(2 * (shapes.texture,)),
        *(partial(alter, digits=digits) for alter in alterations),
    )
