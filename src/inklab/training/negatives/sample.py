"""Sample images without a digit, from drawings, letters, and altered digits."""

from collections.abc import Callable, Sequence
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from inklab.data import Split
from inklab.errors import DataError
from inklab.imaging import normalize
from inklab.training.negatives import shapes
from inklab.training.negatives.letters import pen_letter, random_letter, random_word
from inklab.training.negatives.shapes import CANVAS_SIZE, Ink, as_ink, draw_stroke

NegativeGenerator = Callable[[np.random.Generator], Ink]
ROTATABLE = (3, 4)
"""Digits that look like no other digit after a quarter turn."""
_TOUCHING = (1, 0, -1)  # digits that often touch, and any digit


def sample_negatives(
    generators: Sequence[NegativeGenerator], n: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Return images (n, 28, 28) uint8 from the generators in turn, normalized as every picture is."""
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
    letters = 4 * [random_letter] + 6 * [pen_letter] + [random_word]
    lines = 2 * [shapes.scribble] + 3 * [shapes.spiral] + [shapes.loops, shapes.zigzag]
    strokes = [shapes.separate_strokes, shapes.crossing_strokes, *2 * [shapes.arch], shapes.flat_lines]
    figures = (
        2 * [shapes.narrow_ten]
        + 3 * [shapes.outline_with_marks]
        + [shapes.dots, shapes.polygon]
        + 2 * [shapes.symmetric_boxes]
    )
    textures = 2 * [shapes.texture]
    altered = (
        *(inverted_digit, rotated_digit, adjacent_digits, shuffled_quarters, overwritten_digit),
        *2 * (touching_digits,),
    )
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


def touching_digits(rng: np.random.Generator, digits: Split) -> Ink:
    """Return two digits that touch or overlap a little, as in a 10; often with a 1 or a 0."""
    left, right = (_narrow(_random_image(rng, digits, label)) for label in rng.choice(_TOUCHING, 2))
    height, narrow = max(len(left), len(right)), min(left.shape[1], right.shape[1])
    overlap = min(int(rng.integers(-1, 6)), narrow // 3)  # more would hide one of them
    page = np.zeros((height, left.shape[1] + right.shape[1] - overlap), np.uint8)
    page[height - len(left) :, : left.shape[1]] = left
    top = (height - len(right)) // int(rng.integers(1, 3))
    part = page[top : top + len(right), page.shape[1] - right.shape[1] :]
    np.maximum(part, right, out=part)
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


def _random_image(rng: np.random.Generator, digits: Split, label: int = -1) -> NDArray[np.uint8]:
    """Return the image of any digit, or of one with this label if there is one."""
    of_label = np.flatnonzero(digits.labels == label)
    image, _ = digits[int(rng.choice(of_label) if of_label.size else rng.integers(len(digits)))]
    return image


def _narrow(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the digit without its margins."""
    return image[np.ix_(image.any(axis=1), image.any(axis=0))]


def _enlarge(image: NDArray[np.uint8]) -> Ink:
    return as_ink(np.asarray(cv2.resize(image, (CANVAS_SIZE, CANVAS_SIZE)), np.uint8))
