"""feature_maps and penultimate_features of PyTorch networks."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

from inklab.data import Dataset
from inklab.explain.features import feature_maps, penultimate_features
from inklab.models import NETWORKS, as_input, build_network, predict_logits

OPTIONS = {
    "mcdnn-column": {"digit_width": 14},
    "dropconnect-cnn": {"samples": 2},
    "dropconnect-mlp": {"samples": 2},
}


@pytest.mark.parametrize(("name", "place"), [("conv1", 1), ("conv2", 4)])
def test_feature_maps_are_outputs_before_relu(mnist: Dataset, name: str, place: int) -> None:
    model, (image, _) = build_network("lesson-cnn", seed=0).eval(), mnist.test[0]
    assert isinstance(model, nn.Sequential)
    maps = feature_maps(model, image, name)
    with torch.no_grad():
        expected = model[:place](as_input(torch.tensor(image[np.newaxis])))[0].numpy()
    assert_allclose(maps, expected, rtol=0, atol=1e-6 * np.abs(expected).max(), strict=True)
    assert (maps < 0).any()
    assert (maps > 0).any()


def test_feature_maps_leave_the_network_unchanged(mnist: Dataset) -> None:
    model = build_network("lesson-cnn", seed=0).train()
    maps = feature_maps(model, mnist.test.images[0], "conv1")
    assert model.training
    assert not any(module._forward_hooks for module in model.modules())
    maps += 1  # the caller may write into it


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_the_last_layer_maps_penultimate_features_to_logits(name: str, mnist: Dataset) -> None:
    model, images = build_network(name, OPTIONS.get(name, {}), seed=3), mnist.test.images[:7]
    features = penultimate_features(model, images)
    last = [module for module in model.modules() if isinstance(module, nn.Linear)][-1]
    with torch.no_grad():
        logits = last(torch.from_numpy(features)).numpy()
    assert_allclose(logits, predict_logits(model, images), rtol=1e-4, atol=1e-5)
    assert not any(module._forward_pre_hooks for module in model.modules())


def test_penultimate_features_of_a_single_layer_are_the_pixels(mnist: Dataset) -> None:
    images = mnist.test.images[:300]  # more than a batch
    features = penultimate_features(build_network("softmax-regression", seed=0), images)
    assert_array_equal(features, images.reshape(300, 784).astype(np.float32) / 255)


def test_a_network_without_a_fully_connected_layer_is_refused() -> None:
    with pytest.raises(ValueError, match="no fully connected layer"):
        penultimate_features(nn.Sequential(nn.Conv2d(1, 1, 1)), np.zeros((1, 28, 28), np.uint8))
