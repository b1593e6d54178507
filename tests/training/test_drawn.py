"""Drawn images: pools of redrawn digits and negatives after the digits."""

import numpy as np
from numpy.testing import assert_array_equal

from inklab.data import Dataset
from inklab.training.drawn import add_drawn
from inklab.training.negatives.sample import negative_generators, sample_negatives
from inklab.training.styles.sample import sample_styles


def test_each_pool_has_redrawn_digits_and_then_negatives_as_an_eleventh_class(mnist: Dataset) -> None:
    train = mnist.train[:50]
    examples = add_drawn(train, redrawn=3, negatives=2, pools=2, seed=1)
    assert (len(examples.images), examples.classes) == (60, 11)
    assert examples.labels.dtype == np.int64
    assert_array_equal(examples.images[:50], train.images)
    assert_array_equal(examples.labels[:50], train.labels)
    rng = np.random.default_rng((1, 1))  # of the second pool
    redrawn, labels = sample_styles(train, 3, rng)
    assert_array_equal(examples.images[55:58], redrawn)
    assert_array_equal(examples.labels[55:], [*labels, 10, 10])
    assert_array_equal(examples.images[58:], sample_negatives(negative_generators(train), 2, rng))


def test_redrawn_digits_alone_add_no_class(mnist: Dataset) -> None:
    assert add_drawn(mnist.train[:50], redrawn=3, negatives=0, pools=1, seed=0).classes == 10
