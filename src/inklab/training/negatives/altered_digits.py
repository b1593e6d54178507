"""Negatives made from digits."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inklab.data import Split
from inklab.training.negatives.shapes import CANVAS_SIZE, Ink, as_ink, draw_stroke

ROTATABLE = (3, 4)
"""Digits that look like no other digit after a quarter turn."""


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
    page = np.zeros((28, 80), np.uint8)
    left = 2
    for _ in range(rng.integers(2, 4)):
        page[:, left : left + 28] = np.maximum(page[:, left : left + 28], _random_image(rng, digits))
        left += int(rng.integers(14, 23))
    return as_ink(page)


def shuffled_quarters(rng: np.random.Generator, digits: Split) -> Ink:
    """Return the quarters of two digits, rearranged."""
    a, b = _random_image(rng, digits), _random_image(rng, digits)
    top = np.concatenate([a[14:, 14:], b[:14, :14]], axis=1)
    bottom = np.concatenate([b[14:, :14], a[:14, :14]], axis=1)
    return as_ink(np.concatenate([top, bottom]))


def overwritten_digit(rng: np.random.Generator, digits: Split) -> Ink:
    """Return a digit that is crossed out, or has a rotated digit written over it."""
    ink = _enlarge(_random_image(rng, digits))
    if rng.integers(2):
        return np.maximum(ink, np.rot90(_enlarge(_random_image(rng, digits))))
    corners = rng.uniform(8, CANVAS_SIZE - 8, (rng.integers(6, 12), 2))
    return np.maximum(ink, draw_stroke(rng, corners))


def _random_image(rng: np.random.Generator, digits: Split) -> NDArray[np.uint8]:
    image, _ = digits[int(rng.integers(len(digits)))]
    return image


def _enlarge(image: NDArray[np.uint8]) -> Ink:
    size = (CANVAS_SIZE, CANVAS_SIZE)
    return as_ink(np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8))
