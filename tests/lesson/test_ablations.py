"""The lesson's experiments: how the two trainings differ, and their results."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from inklab.data import Dataset
from inklab.lesson.ablations import (
    pixel_order,
    shuffle_pixels,
    shuffled_convolutions,
    shuffled_single_layer,
    without_dropout,
)

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def data(mnist: Dataset) -> Dataset:
    return Dataset("few", mnist.train[:3000], mnist.valid[:400], mnist.test[:10])


def test_every_image_is_shuffled_in_the_same_order(mnist: Dataset) -> None:
    order, few = pixel_order(), mnist.train[:5]
    shuffled = shuffle_pixels(few, order)
    assert sorted(order) == list(range(784))
    assert_array_equal(shuffled.labels, few.labels)
    assert_array_equal(shuffle_pixels(shuffled, np.argsort(order)).images, few.images)
    assert (shuffled.images != few.images).any(axis=(1, 2)).all()


def test_a_single_layer_does_not_use_the_order_of_pixels(data: Dataset) -> None:
    *_, (plain, shuffled) = shuffled_single_layer(data)
    assert plain.valid_accuracy is not None
    assert plain.valid_accuracy > 0.8
    for before, after in zip(plain.points, shuffled.points, strict=True):
        assert_allclose(before.loss, after.loss, rtol=1e-3)
        assert before.valid_loss == pytest.approx(after.valid_loss, rel=1e-3)


def test_convolutions_use_the_order_of_pixels(data: Dataset) -> None:
    *_, (plain, shuffled) = shuffled_convolutions(data)
    assert plain.valid_accuracy is not None
    assert shuffled.valid_accuracy is not None
    assert plain.valid_accuracy > shuffled.valid_accuracy + 0.03
    assert shuffled.valid_accuracy > 0.5  # validated on shuffled images, too


def test_a_network_without_dropout_memorizes_images(data: Dataset) -> None:
    findings = list(without_dropout(data))
    first, second = findings[0]
    assert (first.valid_accuracy, len(first.points), second.points) == (None, 1, ())
    with_dropout, without = findings[-1]
    assert without.points[-1].loss < with_dropout.points[-1].loss
    assert without.points[-1].valid_loss is not None
    assert with_dropout.points[-1].valid_loss is not None
    assert without.points[-1].valid_loss > with_dropout.points[-1].valid_loss
