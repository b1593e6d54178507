"""Padding around a gray picture is removed; clean pages, and digits that are blocks or boxes, stay whole."""

import cv2
import numpy as np
import pytest
from drawn_digits import FIVE, SEVEN, as_ink, draw, mean_difference, photograph

from inklab.data import Dataset
from inklab.imaging import prepare_image
from inklab.imaging.padding import crop_padding


@pytest.mark.parametrize("level", [255, 0, 128])
@pytest.mark.parametrize("paper", [150, 200, 225, 235])
@pytest.mark.parametrize(
    "margins", [((0, 0), (50, 50)), ((30, 40), (70, 80))], ids=["two sides", "four sides"]
)
def test_a_gray_picture_is_found_in_its_padding(
    level: int, paper: int, margins: tuple[tuple[int, int], tuple[int, int]]
) -> None:
    photo = photograph(draw(FIVE, paper=paper, ink=40), noise=1, dim=0)
    padded = np.pad(photo, margins, constant_values=level)
    height, width = crop_padding(as_ink(padded)).shape
    assert 194 <= height <= 200
    assert 194 <= width <= 200
    assert mean_difference(prepare_image(padded).image, prepare_image(draw(FIVE)).image) < 12


def test_pages_without_padding_stay_whole(mnist: Dataset) -> None:
    block, box = (np.full((100, 100), 255, np.uint8) for _ in range(2))
    block[20:80, 40:55] = 0
    cv2.rectangle(box, (30, 20), (70, 80), 0, 9)
    for page in (draw(SEVEN), block, box, np.full((5, 5), 7, np.uint8), *mnist.valid.images[:200]):
        gray = as_ink(page)
        assert crop_padding(gray) is gray
