"""Ruled lines: ruled and squared paper becomes plain paper; the bar of a digit is not a line."""

import numpy as np
import pytest
from drawn_digits import (
    DIGITS,
    FOUR,
    SEVEN,
    SIMILAR,
    add_rules,
    as_ink,
    draw,
    image_of,
    mean_difference,
    photograph,
)
from numpy.testing import assert_allclose

from inklab.imaging import find_ink
from inklab.imaging.ruled_lines import remove_lines


@pytest.mark.parametrize("digit", DIGITS)
def test_lines_of_ruled_and_squared_paper_are_removed(digit: str) -> None:
    page = draw(DIGITS[digit], size=300, pen=16)
    clean = image_of(page)
    assert mean_difference(image_of(add_rules(page, step=50, shade=150)), clean) < SIMILAR
    assert mean_difference(image_of(add_rules(page, step=50, shade=150, tilt=4)), clean) < SIMILAR
    assert (
        mean_difference(image_of(add_rules(page, step=60, shade=0)), clean) < 1.5 * SIMILAR
    )  # as dark as the digit
    squared = add_rules(add_rules(page, step=30, shade=190).T, step=30, shade=190).T
    assert mean_difference(image_of(np.ascontiguousarray(squared)), clean) < SIMILAR


def test_the_bar_of_a_tightly_cropped_seven_is_not_a_line() -> None:
    gray = as_ink(draw([[(0, 0.03), (1, 0.03), (0.4, 1)]], size=240, pen=6))
    assert remove_lines(gray) is gray


def test_the_bar_of_a_tightly_cropped_four_is_not_a_line() -> None:
    gray = as_ink(draw([[(0.5, 0), (0, 0.6), (1, 0.6)], [(0.7, 0.3), (0.7, 1)]], size=240, pen=6))
    assert remove_lines(gray) is gray


def test_a_one_from_top_to_bottom_is_not_a_line() -> None:
    gray = np.ones((100, 100), np.float32)
    gray[:, 48:51] = 0
    assert remove_lines(gray) is gray


@pytest.mark.parametrize("thickness", [1, 3])
def test_lines_become_paper(thickness: int) -> None:
    gray = np.full((100, 100), 0.8, np.float32)
    for row in (20, 50, 80):
        gray[row : row + thickness] = 0.3
    assert_allclose(remove_lines(gray), 0.8, atol=1e-6)


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("shade", [90, 150, 190])
def test_faint_and_rotated_squares_are_removed_from_a_photo(digit: str, shade: int) -> None:
    page = draw(DIGITS[digit], size=400, pen=16, ink=60, paper=225)
    squared = add_rules(add_rules(page, step=43, shade=shade, tilt=12).T, step=43, shade=shade, tilt=-12).T
    clean = image_of(photograph(page))
    assert mean_difference(image_of(photograph(np.ascontiguousarray(squared))), clean) < 1.5 * SIMILAR


def test_two_digits_on_ruled_paper_are_refused() -> None:
    page = np.hstack([draw(SEVEN, ink=60), draw(FOUR, ink=60)])
    for squared in (False, True):
        lined = add_rules(page, step=31, shade=140)
        lined = np.ascontiguousarray(add_rules(lined.T, step=31, shade=140).T) if squared else lined
        assert find_ink(as_ink(photograph(lined))) == "several digits"
