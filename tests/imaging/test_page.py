"""Pages: a sheet of paper on a desk is cropped and turned upright; a thick 0 is not a sheet."""

import cv2
import numpy as np
import pytest
from drawn_digits import FOUR, SIMILAR, as_ink, draw, image_of, mean_difference

from inklab.imaging.page import crop_page


@pytest.mark.parametrize("angle", [0, 5, -7])
@pytest.mark.parametrize(("paper", "ink", "desk"), [(225, 40, 60), (20, 240, 250)])
def test_a_sheet_on_a_desk_is_cropped(angle: float, paper: int, ink: int, desk: int) -> None:
    sheet = draw(FOUR, size=240, ink=ink, paper=paper)
    table = np.full((400, 480), desk, np.uint8)
    table[80:320, 100:340] = sheet
    turn = cv2.getRotationMatrix2D((240, 200), angle, 1)
    table = np.asarray(cv2.warpAffine(table, turn, (480, 400), borderValue=desk), np.uint8)
    assert mean_difference(image_of(table), image_of(draw(FOUR, size=240))) < SIMILAR


def test_a_thick_zero_is_not_a_sheet() -> None:
    page = np.full((200, 200), 255, np.uint8)
    cv2.ellipse(page, (100, 100), (45, 70), 0, 0, 360, 0, 45)
    gray = as_ink(page)
    assert crop_page(gray) is gray
