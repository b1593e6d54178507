"""Strokes: known widths are measured."""

import numpy as np
import pytest
from numpy.typing import NDArray

from inklab.imaging.strokes import stroke_width


def ring(size: int, radius: int, width: int) -> NDArray[np.float32]:
    y, x = np.mgrid[:size, :size] - size / 2
    return np.asarray(np.clip((width + 1) / 2 - np.abs(np.hypot(x, y) - radius), 0, 1), np.float32)


@pytest.mark.parametrize("width", [3, 6, 11, 20])
def test_the_stroke_width_of_a_ring(width: int) -> None:
    assert stroke_width(ring(200, 70, width)) == pytest.approx(width, rel=0.03)


def test_the_stroke_width_worked_out_by_hand() -> None:
    # A square of 2 x 2: mass 4; each of its 2 rows and 2 columns changes by 1 twice, so the variation is 8.
    assert stroke_width(np.ones((2, 2), np.float32)) == pytest.approx(8 / np.pi * 4 / 8)
