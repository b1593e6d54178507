"""Strokes that are added to a digit: where they go, and when there is nothing to add to."""

import numpy as np
import pytest

from inklab.data import Dataset
from inklab.training.styles.added_strokes import curled_six, one, seven, slashed_zero, zero_with_tail
from inklab.training.styles.pen import Pen


def plain_one() -> Pen:
    """Return an upright stroke 2 pixels wide and 20 high, enlarged three times."""
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 13:15] = 255
    return Pen.on(image)


def test_a_flag_goes_down_to_the_left_and_a_foot_to_both_sides() -> None:
    pen = plain_one()
    left, top, right, bottom = (int(side) for side in pen.box)
    middle = (top + bottom) // 2
    for seed in range(20):
        flagged = one(np.random.default_rng(seed), pen, angles=(30, 40))
        assert flagged is not None
        assert flagged[:middle, : left - 4].any(), "there is a flag"
        assert not flagged[:, right + 4 :].any(), "it goes to the left only"
        footed = one(np.random.default_rng(seed), pen, angles=None, foot="wide")
        assert footed is not None
        for side in (footed[middle:, : left - 4], footed[middle:, right + 4 :]):
            assert side.any()
        assert not footed[:middle, : left - 4].any()


def test_a_one_that_is_no_plain_stroke_or_too_slanted_is_left_alone() -> None:
    ring = np.zeros((28, 28), np.uint8)
    ring[4:24, 6:22] = 255
    ring[7:21, 9:19] = 0
    slanted = np.zeros((28, 28), np.uint8)
    for row in range(4, 24):
        slanted[row, 24 - row : 27 - row] = 255
    rng = np.random.default_rng(0)
    assert one(rng, Pen.on(ring), angles=(30, 40)) is None
    assert one(rng, Pen.on(slanted), angles=(30, 40)) is None


@pytest.mark.parametrize(
    ("digit", "add"), [(0, slashed_zero), (0, zero_with_tail), (6, curled_six), (7, seven)]
)
def test_added_strokes_add_ink(mnist: Dataset, digit: int, add: object) -> None:
    rng, options = np.random.default_rng(0), {"hook": True, "bar": True} if digit == 7 else {}
    n_added = 0
    for image in mnist.valid.images[mnist.valid.labels == digit][:20]:
        pen = Pen.on(image)
        drawn = add(rng, pen, **options)  # type: ignore[operator]
        if drawn is None:
            continue
        n_added += 1
        assert drawn.dtype == np.float32
        assert drawn.shape == pen.ink.shape
        assert 0 <= drawn.min() <= drawn.max() <= 1
    assert n_added >= 10


def test_a_pen_measures_its_digit() -> None:
    pen = plain_one()
    assert pen.width == pytest.approx(6, abs=1)
    assert pen.height == pytest.approx(60, abs=2)
    assert pen.thinned(0.5).ink.sum() == pytest.approx(pen.ink.sum() / 2, rel=0.2)
