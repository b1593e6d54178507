"""Frames: dark bands, cells, and lines along the sides are cropped; the strokes of a tight crop are not."""

import cv2
import numpy as np
import pytest
from drawn_digits import DIGITS, SEVEN, SIMILAR, as_ink, draw, image_of, mean_difference, photograph

from inklab.imaging import find_ink
from inklab.imaging.frame import crop_frame


@pytest.mark.parametrize("margin", [0, 4, 8, 12, 16])
def test_a_frame_with_two_sides_that_cross_the_picture_is_removed(margin: int) -> None:
    for digit in DIGITS.values():
        page = draw(digit)
        cell = np.pad(page, ((margin, margin), (margin + 60, margin + 60)), constant_values=255)
        framed = cell.copy()
        height, width = cell.shape
        cv2.rectangle(framed, (margin, margin), (width - 1 - margin, height - 1 - margin), 0, 3)
        for picture, clean in (
            (framed, cell),
            (np.ascontiguousarray(framed.T), np.ascontiguousarray(cell.T)),
        ):
            assert mean_difference(image_of(picture), image_of(clean)) < SIMILAR


def test_the_frame_of_a_small_cell_is_cropped() -> None:
    page = draw(SEVEN, size=24, pen=2)
    framed = np.pad(page, 1, constant_values=30)
    assert 21 <= min(crop_frame(as_ink(framed)).shape) <= 24
    assert mean_difference(image_of(framed), image_of(page)) < SIMILAR / 2


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("sides", [(1, 0, 0, 0), (0, 1, 0, 1), (1, 1, 1, 0)])
@pytest.mark.parametrize("shade", [0, 120])
def test_dark_bands_along_some_sides_are_removed(
    digit: str, sides: tuple[int, int, int, int], shade: int
) -> None:
    page = draw(DIGITS[digit], ink=150, paper=220)  # fainter than the bands, in most pictures
    top, bottom, left, right = (14 * side for side in sides)
    band = np.pad(page, ((top, bottom), (left, right)), constant_values=shade)
    assert mean_difference(image_of(photograph(band)), image_of(photograph(page))) < SIMILAR


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("paper_outside", [0, 8])
def test_slanting_lines_that_leave_the_picture_are_removed(digit: str, paper_outside: int) -> None:
    page = np.pad(draw(DIGITS[digit], size=170, ink=60, paper=220), 15, constant_values=220)
    lined = page.copy()
    cv2.line(lined, (0, 8 + paper_outside), (199, 1 + paper_outside), 40, 3)
    cv2.line(lined, (190 - paper_outside, 0), (203 - paper_outside, 199), 40, 3)
    assert mean_difference(image_of(photograph(lined)), image_of(photograph(page))) < SIMILAR


@pytest.mark.parametrize("digit", DIGITS)
def test_the_strokes_of_a_tight_crop_are_not_a_frame(digit: str) -> None:
    page = draw(DIGITS[digit], size=240, pen=20)
    ys, xs = np.nonzero(page < 128)
    tight = as_ink(page[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1])
    assert crop_frame(tight) is tight


def test_a_rectangular_zero_on_a_page_is_not_a_frame() -> None:
    page = np.full((66, 70), 255, np.uint8)
    cv2.rectangle(page, (22, 22), (43, 47), 0, 2)
    assert mean_difference(image_of(page), image_of(np.pad(page, 20, constant_values=255))) < 1


def test_an_empty_frame_is_blank() -> None:
    for size in (28, 200):
        page = np.full((size, size), 40, np.uint8)
        page[2:-2, 2:-2] = 230
        assert find_ink(as_ink(page)) == "blank"
