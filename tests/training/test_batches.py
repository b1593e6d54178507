"""DeviceBatches: the batches of the sampler, and how many are gathered at once."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal

from inklab.data import ArrayDataset, BatchSampler, Dataset
from inklab.training.batches import DeviceBatches

CPU = torch.device("cpu")


def test_batches_are_those_of_the_sampler_in_any_order(mnist: Dataset) -> None:
    train = mnist.train[:50]
    batches = DeviceBatches(train, BatchSampler(50, 20, seed=3), CPU)
    for step in (0, 1, 205, 206, 4, 0):
        images, labels = batches[step]
        expected = train[BatchSampler(50, 20, seed=3)[step]]
        assert images.dtype == torch.float32
        assert images.shape == (20, 1, 28, 28)
        assert_array_equal(images.numpy().reshape(20, -1), expected.flat())
        assert_array_equal(labels.numpy(), expected.labels)


@pytest.mark.parametrize(("width", "steps"), [(5, 40), (784, 40), (1568, 20), (7840, 4), (100_000, 1)])
def test_fewer_batches_are_gathered_if_images_are_large(width: int, steps: int) -> None:
    # 4,096 images of MNIST's size are 40 batches of 100.
    examples = ArrayDataset(np.zeros((2, 1, width), np.float32), np.array([0, 1]), 2)
    assert DeviceBatches(examples, BatchSampler(2, 100, seed=0), CPU).n_gathered == steps
