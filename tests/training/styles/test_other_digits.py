"""Digits unlike any in MNIST: how much ink each has, and that a tiny one keeps its shape."""

import numpy as np
import pytest

from inklab.data import Dataset
from inklab.training.styles.other_digits import hooked_seven, printed, seven_segment, tiny, written
from inklab.training.styles.pen import Pen

N_SEGMENTS = {0: 6, 1: 2, 2: 5, 3: 5, 4: 4, 5: 5, 7: 3, 8: 7}


def test_a_seven_segment_digit_has_the_ink_of_its_segments() -> None:
    """A 6 and a 9 are left out, which may lack a segment."""
    for seed in range(10):
        full = float(seven_segment(np.random.default_rng(seed), 8).sum())
        for digit, n_segments in N_SEGMENTS.items():
            ink = float(seven_segment(np.random.default_rng(seed), digit).sum())
            assert ink / full == pytest.approx(n_segments / 7, abs=0.12)


@pytest.mark.parametrize("draw", [printed, written, seven_segment, hooked_seven])
def test_drawings_are_complete(draw: object) -> None:
    """No ink touches the border of the page."""
    for seed in range(20):
        ink = draw(np.random.default_rng(seed), 7)  # type: ignore[operator]
        assert ink.dtype == np.float32
        assert 0 <= ink.min() <= ink.max() <= 1
        assert ink.sum() > 100
        assert not any(side.any() for side in (ink[0], ink[-1], ink[:, 0], ink[:, -1]))


def test_a_tiny_digit_has_few_different_rows(mnist: Dataset) -> None:
    pen = Pen.on(mnist.valid.images[0])
    ink = tiny(np.random.default_rng(0), pen)
    assert ink is not None
    assert 7 * 6 <= max(ink.shape) <= 12 * 6
