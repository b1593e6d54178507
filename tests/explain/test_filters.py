"""convolutions, filters and weight_images: the weights of a network as images."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from torch import nn

from inklab.data import Dataset
from inklab.explain.activations import feature_maps
from inklab.explain.filters import ablate_filters, convolutions, filters, weight_images
from inklab.models import build_network, predict_logits


@pytest.fixture(scope="module")
def lesson() -> nn.Module:
    return build_network("lesson-cnn", seed=0)


@pytest.fixture
def linear() -> nn.Module:
    model = build_network("softmax-regression", seed=0)
    with torch.no_grad():
        model.get_parameter("linear.weight").copy_(torch.arange(7840.0).reshape(10, 784))
    return model


def test_convolutions(lesson: nn.Module, linear: nn.Module) -> None:
    assert convolutions(lesson) == ["conv1", "conv2"]
    assert convolutions(linear) == []


def test_filters_are_the_weights(lesson: nn.Module) -> None:
    learned = filters(lesson)
    assert learned.shape == (32, 5, 5)
    assert_array_equal(learned, lesson.state_dict()["conv1.weight"][:, 0].numpy(), strict=True)


def test_a_linear_network_has_no_filters(linear: nn.Module) -> None:
    with pytest.raises(ValueError, match=r"^the network has no convolution; look at its weight_images$"):
        filters(linear)


def test_weight_images_are_the_weights(linear: nn.Module) -> None:
    images = weight_images(linear)
    assert images is not None
    expected = np.arange(7840, dtype=np.float32).reshape(10, 28, 28)  # row by row, as nn.Flatten reads them
    assert_array_equal(images, expected, strict=True)


def test_only_a_linear_network_has_weight_images(lesson: nn.Module) -> None:
    assert weight_images(lesson) is None
    assert weight_images(nn.Sequential(nn.Linear(784, 784), nn.ReLU(), nn.Linear(784, 10))) is None
    assert weight_images(nn.Sequential(nn.Linear(100, 10))) is None
    assert weight_images(nn.Sequential(nn.Flatten())) is None


def test_what_is_returned_stays_as_it_was() -> None:
    """A list of them, one for each report of a training, is a film of how they were learned."""
    linear, lesson = build_network("softmax-regression", seed=0), build_network("lesson-cnn", seed=0)
    images, learned = weight_images(linear), filters(lesson)
    assert images is not None
    before = learned.copy()
    with torch.no_grad():
        for parameter in (*linear.parameters(), *lesson.parameters()):
            parameter.add_(1)
    assert not images.any()
    assert_array_equal(learned, before)


def test_a_filter_that_is_silenced_finds_nothing_and_the_network_stays_as_it_was(lesson: nn.Module) -> None:
    image = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
    before = feature_maps(lesson, image, "conv1")
    silenced = feature_maps(ablate_filters(lesson, [31, 4, 4]), image, "conv1")
    assert_array_equal(silenced[[4, 31]], 0)
    others = [one for one in range(32) if one not in {4, 31}]
    assert_array_equal(silenced[others], before[others])
    assert_array_equal(feature_maps(lesson, image, "conv1"), before)


def test_filters_without_a_bias_are_silenced_and_none_may_be(mnist: Dataset) -> None:
    fast, images = build_network("fast-cnn", {"width": 2}, seed=0), mnist.test.images[:3]
    assert_array_equal(predict_logits(ablate_filters(fast, []), images), predict_logits(fast, images))
    assert not feature_maps(ablate_filters(fast, [0, 1]), images[0], "conv1").any()


@pytest.mark.parametrize("silenced", [[-1], [32], [0, 40]])
def test_only_filters_that_are_there_are_silenced(lesson: nn.Module, silenced: list[int]) -> None:
    with pytest.raises(ValueError, match="expected numbers from 0 to 31"):
        ablate_filters(lesson, silenced)


def test_a_network_without_convolutions_has_no_filters_to_silence(linear: nn.Module) -> None:
    with pytest.raises(ValueError, match="has no convolution"):
        ablate_filters(linear, [])
