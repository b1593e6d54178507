"""Redrawn digits: normalized, the same for the same seed, and other than the digits they are drawn on."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from inklab.data import Dataset, Split
from inklab.errors import DataError
from inklab.imaging.normalize import is_normalized
from inklab.training.styles.sample import sample_styles


def test_redrawn_digits_are_normalized_and_determined_by_the_seed(mnist: Dataset) -> None:
    (images, labels), (again, _), (other, _) = (
        sample_styles(mnist.valid, 100, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert images.shape == (100, 28, 28)
    assert labels.dtype == np.int64
    assert_array_equal(images, again)
    assert not (images == other).all(axis=(1, 2)).any()
    assert all(is_normalized(image) for image in images)


def test_most_are_ones_sevens_and_zeros_and_every_digit_occurs(mnist: Dataset) -> None:
    _, labels = sample_styles(mnist.valid, 1000, np.random.default_rng(0))
    counts = np.bincount(labels, minlength=10)
    assert counts.min() > 0
    assert counts[[0, 1, 7]].min() > 1.5 * counts[[2, 3, 4, 5, 8, 9]].max()


def test_a_redrawn_one_is_wider_than_a_plain_stroke(mnist: Dataset) -> None:
    images, labels = sample_styles(mnist.valid, 400, np.random.default_rng(0))
    plain = mnist.valid.images[mnist.valid.labels == 1]
    widths, plain_widths = (ones.any(axis=1).sum(axis=1) for ones in (images[labels == 1], plain))
    assert np.median(widths) > 1.2 * np.median(plain_widths)


def test_digits_that_lack_one_to_draw_on_are_refused(mnist: Dataset) -> None:
    without = mnist.valid[mnist.valid.labels != 7]
    with pytest.raises(
        DataError, match=r"^valid lacks a 0, 1, 6 or 7; expected some of each, to redraw them$"
    ):
        sample_styles(without, 1, np.random.default_rng(0))


def test_a_small_set_whose_digits_do_not_suit_a_style_is_no_endless_loop(mnist: Dataset) -> None:
    """None of its ones is a plain stroke: they are zeros."""
    few = mnist.valid[np.isin(mnist.valid.labels, (0, 6, 7))][:60]
    labels = np.where((few.labels == 0) & (np.arange(len(few.labels)) % 2 == 0), 1, few.labels)
    images, _ = sample_styles(Split(few.images, labels, "few"), 30, np.random.default_rng(0))
    assert images.any(axis=(1, 2)).all()


def test_faint_digits_are_not_drawn_on(mnist: Dataset) -> None:
    few = mnist.valid[:60]
    faint = Split(few.images // 4, few.labels, "faint")
    images, _ = sample_styles(faint, 20, np.random.default_rng(0))
    assert images.max() == 255
