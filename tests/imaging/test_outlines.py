"""Outlines: hollow strokes are filled, the holes of digits stay open, other ink stays unchanged."""

import cv2
import numpy as np
import pytest
from drawn_digits import FIVE, SEVEN, as_ink, draw, mean_difference
from numpy.typing import NDArray

from inklab.data import Dataset
from inklab.imaging import normalize, prepare_image
from inklab.imaging.outlines import fill_outlines

ZERO = [[(0.5 + 0.25 * np.cos(t), 0.5 + 0.35 * np.sin(t)) for t in np.linspace(0, 2 * np.pi, 60)]]


def outline(page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return 255 - np.asarray(cv2.morphologyEx(page, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)), np.uint8)


@pytest.mark.parametrize("digit", [SEVEN, FIVE, ZERO], ids=["seven", "five", "zero"])
def test_an_outlined_digit_is_filled(digit: list[list[tuple[float, float]]]) -> None:
    page = draw(digit, pen=20)
    hollow, solid = prepare_image(outline(page)).image, prepare_image(page).image
    assert mean_difference(hollow, solid) < 10
    assert mean_difference(normalize(1 - as_ink(outline(page))), solid) > 20


def test_the_hole_of_a_thin_zero_stays_open() -> None:
    ink = 1 - as_ink(draw(ZERO, pen=2))
    assert fill_outlines(ink) is ink


def test_mnist_digits_are_not_outlines(mnist: Dataset) -> None:
    inks = [as_ink(image) for image in mnist.valid.images[:500]]
    assert all(fill_outlines(ink) is ink for ink in inks)
