"""last_hidden: what a network has made of images just before its last layer decides."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

from inklab.data import Dataset
from inklab.explain.features import penultimate_features
from inklab.models import NETWORKS, build_network, predict_logits

OPTIONS = {
    "mcdnn-column": {"digit_width": 14},
    "dropconnect-cnn": {"samples": 2},
    "dropconnect-mlp": {"samples": 2},
}


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_the_last_layer_makes_the_logits_of_it(name: str, mnist: Dataset) -> None:
    model, images = build_network(name, OPTIONS.get(name, {}), seed=3), mnist.test.images[:7]
    hidden = penultimate_features(model, images)
    last = [module for module in model.modules() if isinstance(module, nn.Linear)][-1]
    with torch.no_grad():
        logits = last(torch.from_numpy(hidden)).numpy()
    assert_allclose(logits, predict_logits(model, images), rtol=1e-4, atol=1e-5)
    assert not any(module._forward_pre_hooks for module in model.modules())


def test_of_a_single_layer_it_is_the_image(mnist: Dataset) -> None:
    images = mnist.test.images[:300]  # more than a batch
    hidden = penultimate_features(build_network("softmax-regression", seed=0), images)
    assert_array_equal(hidden, images.reshape(300, 784).astype(np.float32) / 255)


def test_a_network_without_such_a_layer_is_refused() -> None:
    with pytest.raises(ValueError, match="no fully connected layer"):
        penultimate_features(nn.Sequential(nn.Conv2d(1, 1, 1)), np.zeros((1, 28, 28), np.uint8))
