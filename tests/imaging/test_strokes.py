"""Strokes: known widths are measured; thin and faint strokes become solid, others stay unchanged."""

import numpy as np
import pytest
from drawn_digits import SEVEN, as_ink, draw, mean_difference
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from inklab.data import Dataset
from inklab.imaging import normalize
from inklab.imaging.strokes import (
    MIN_SOLIDITY,
    TARGET_STROKE_WIDTH,
    enhance_strokes,
    solidity,
    stroke_width,
)


def ring(size: int, radius: int, width: int) -> NDArray[np.float32]:
    y, x = np.mgrid[:size, :size] - size / 2
    return np.asarray(np.clip((width + 1) / 2 - np.abs(np.hypot(x, y) - radius), 0, 1), np.float32)


@pytest.mark.parametrize("width", [3, 6, 11, 20])
def test_the_stroke_width_of_a_ring(width: int) -> None:
    assert stroke_width(ring(200, 70, width)) == pytest.approx(width, rel=0.03)


def test_the_stroke_width_worked_out_by_hand() -> None:
    # A square of 2 x 2: mass 4; each of its 2 rows and 2 columns changes by 1 twice, so the variation is 8.
    assert stroke_width(np.ones((2, 2), np.float32)) == pytest.approx(8 / np.pi * 4 / 8)


def test_solidity_does_not_depend_on_the_strength() -> None:
    ink = ring(60, 20, 3)
    assert solidity(ink * 0.2) == pytest.approx(solidity(ink), rel=1e-5)
    assert solidity(np.ones((3, 3), np.float32)) == 1


def test_normal_digits_are_unchanged(mnist: Dataset) -> None:
    changed = 0
    for image in mnist.valid.images[:500]:
        ink = as_ink(image)
        changed += not np.array_equal(normalize(enhance_strokes(ink)), normalize(ink))
    assert changed <= 3


@pytest.mark.parametrize("strength", [1.0, 0.15])
def test_a_hairline_becomes_a_stroke_of_the_target_width(strength: float) -> None:
    thin = ring(1000, 400, 1) * np.float32(strength)
    assert normalize(thin).mean() < normalize(enhance_strokes(thin)).mean()
    wide = enhance_strokes(thin)
    assert stroke_width(wide) / max(np.ptp(np.argwhere(wide), axis=0) + 1) * 20 == pytest.approx(
        TARGET_STROKE_WIDTH, rel=0.15
    )
    assert solidity(wide) > MIN_SOLIDITY


def test_a_fading_stroke_becomes_even() -> None:
    ink = as_ink(255 - draw(SEVEN, size=60, pen=2))
    fading = ink * np.linspace(1, 0.3, 60, dtype=np.float32)[:, None]
    assert mean_difference(normalize(enhance_strokes(fading)), normalize(enhance_strokes(ink))) < 6
    assert mean_difference(normalize(fading), normalize(enhance_strokes(ink))) > 10


def test_ink_is_not_changed_in_place() -> None:
    ink = ring(300, 100, 1)
    before = ink.copy()
    enhance_strokes(ink)
    assert_array_equal(ink, before)
