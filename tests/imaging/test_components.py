"""Marks beside a digit are removed: a full stop, a comma, and a blot; its own strokes stay."""

import cv2
import numpy as np
import pytest
from drawn_digits import FIVE, FOUR, SEVEN, as_ink, draw
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from inklab.imaging import find_ink
from inklab.imaging.components import select_digit

DIGITS = pytest.mark.parametrize("digit", [SEVEN, FOUR, FIVE], ids=["seven", "four", "five"])
Strokes = list[list[tuple[float, float]]]


def page_of(digit: Strokes) -> NDArray[np.uint8]:
    return np.pad(draw(digit), ((0, 60), (0, 120)), constant_values=255)


def ink_of(page: NDArray[np.uint8]) -> NDArray[np.float32]:
    ink = select_digit(1 - as_ink(page))
    assert not isinstance(ink, str), ink
    return ink


@DIGITS
@pytest.mark.parametrize("end", [(0, 0), (-10, 40)], ids=["stop", "comma"])
def test_a_stop_beside_the_foot_is_removed(digit: Strokes, end: tuple[int, int]) -> None:
    page = page_of(digit)
    clean = ink_of(page)
    left = int(np.flatnonzero((page[90:] < 255).any(axis=0))[-1]) + 30
    cv2.line(page, (left, 175), (left + end[0], 175 + end[1]), 0, 12)
    assert_array_equal(ink_of(page), clean)


@DIGITS
def test_a_blot_beside_the_digit_is_removed(digit: Strokes) -> None:
    page = page_of(digit)
    clean = ink_of(page)
    page[60:150, 215:295] = 0
    assert_array_equal(ink_of(page), clean)


def test_a_foot_that_came_loose_is_kept() -> None:
    page = page_of([[(0.2, 0.2), (0.7, 0.1), (0.4, 0.8)], [(0.5, 0.82), (0.9, 0.8)]])
    assert_array_equal(ink_of(page) > 0.5, page < 127)


def test_a_blot_alone_is_kept() -> None:
    page = np.full((100, 100), 255, np.uint8)
    page[30:60, 30:60] = 0
    page[10:14, 80:84] = 0
    assert not isinstance(find_ink(as_ink(page)), str)
