"""Filters and weight images, how training changed them, and ablated filters."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

from inklab.data import Dataset
from inklab.explain.features import feature_maps
from inklab.explain.filters import (
    FilterChange,
    ablate_filters,
    convolutions,
    filter_change,
    filters,
    weight_images,
)
from inklab.models import build_network, predict_logits
from inklab.training import Training, find_recipe


@pytest.fixture(scope="module")
def lesson() -> nn.Module:
    return build_network("lesson-cnn", seed=0)


@pytest.fixture
def linear() -> nn.Module:
    model = build_network("softmax-regression", seed=0)
    with torch.no_grad():
        model.get_parameter("linear.weight").copy_(torch.arange(7840.0).reshape(10, 784))
    return model


def test_convolutions_are_listed_in_order(lesson: nn.Module, linear: nn.Module) -> None:
    assert convolutions(lesson) == ["conv1", "conv2"]
    assert convolutions(linear) == []


def test_filters_are_the_weights(lesson: nn.Module) -> None:
    learned = filters(lesson)
    assert learned.shape == (32, 5, 5)
    assert_array_equal(learned, lesson.state_dict()["conv1.weight"][:, 0].numpy(), strict=True)


def test_a_single_layer_has_no_filters(linear: nn.Module) -> None:
    with pytest.raises(
        ValueError, match=r"^the network has no convolution; for a single layer use weight_images$"
    ):
        filters(linear)


def test_weight_images_are_the_weights(linear: nn.Module) -> None:
    images = weight_images(linear)
    assert images is not None
    expected = np.arange(7840, dtype=np.float32).reshape(10, 28, 28)  # row by row, as nn.Flatten reads them
    assert_array_equal(images, expected, strict=True)


def test_only_a_single_layer_has_weight_images(lesson: nn.Module) -> None:
    assert weight_images(lesson) is None
    assert weight_images(nn.Sequential(nn.Linear(784, 784), nn.ReLU(), nn.Linear(784, 10))) is None
    assert weight_images(nn.Sequential(nn.Linear(100, 10))) is None
    assert weight_images(nn.Sequential(nn.Flatten())) is None


def test_returned_arrays_do_not_follow_the_training() -> None:
    """Training changes weights in place; a list of arrays, one per report, is an animation."""
    linear, lesson = build_network("softmax-regression", seed=0), build_network("lesson-cnn", seed=0)
    images, learned = weight_images(linear), filters(lesson)
    assert images is not None
    before = learned.copy()
    with torch.no_grad():
        for parameter in (*linear.parameters(), *lesson.parameters()):
            parameter.add_(1)
    assert not images.any()
    assert_array_equal(learned, before)


def test_maps_of_ablated_filters_are_zero_and_the_network_is_unchanged(lesson: nn.Module) -> None:
    image = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
    before = feature_maps(lesson, image, "conv1")
    ablated = feature_maps(ablate_filters(lesson, [31, 4, 4]), image, "conv1")
    assert_array_equal(ablated[[4, 31]], 0)
    others = [index for index in range(32) if index not in {4, 31}]
    assert_array_equal(ablated[others], before[others])
    assert_array_equal(feature_maps(lesson, image, "conv1"), before)


def test_ablation_of_no_filter_and_of_filters_without_bias(mnist: Dataset) -> None:
    fast, images = build_network("fast-cnn", {"width": 2}, seed=0), mnist.test.images[:3]
    assert_array_equal(predict_logits(ablate_filters(fast, []), images), predict_logits(fast, images))
    assert not feature_maps(ablate_filters(fast, [0, 1]), images[0], "conv1").any()


@pytest.mark.parametrize("ablated", [[-1], [32], [0, 40]])
def test_unknown_filters_cannot_be_ablated(lesson: nn.Module, ablated: list[int]) -> None:
    with pytest.raises(ValueError, match="expected numbers from 0 to 31"):
        ablate_filters(lesson, ablated)


def test_a_network_without_convolutions_cannot_be_ablated(linear: nn.Module) -> None:
    with pytest.raises(ValueError, match="has no convolution"):
        ablate_filters(linear, [])


def test_filter_change_by_hand() -> None:
    start = np.array([[[1.0, -1.0]], [[2.0, -2.0]]], np.float32)
    change = FilterChange(start, start + np.array([[[0.1, 0.1]], [[-0.1, -0.1]]], np.float32))
    assert_allclose(change.change.ravel(), [0.1, 0.1, -0.1, -0.1], rtol=1e-6)
    assert change.start_sd == pytest.approx(np.sqrt(2.5))
    assert change.change_sd == pytest.approx(0.1)
    assert change.relative_change == pytest.approx(0.2 / np.sqrt(10))
    # start and change are uncorrelated, so r = 1 / sqrt(1 + 0.01 / 2.5)
    assert change.correlation == pytest.approx(1 / np.sqrt(1.004))
    assert change.amplification == 10  # of 1, 2, 5, 10, 20, ... the largest that is at most 15.8


def test_an_unchanged_filter_and_one_without_contrast() -> None:
    start = np.array([[[1.0, -1.0]]], np.float32)
    same = FilterChange(start, start)
    assert same.correlation == pytest.approx(1)
    assert (same.relative_change, same.amplification) == (0, 1)
    blank = FilterChange(np.zeros_like(start), start)
    assert (blank.correlation, blank.relative_change, blank.amplification) == (0.0, 0.0, 1)


def test_filter_change_takes_both_networks(lesson: nn.Module, linear: nn.Module) -> None:
    trained = ablate_filters(lesson, range(32))
    change = filter_change(lesson, trained)
    assert_array_equal(change.start, filters(lesson))
    assert not change.end.any()
    with pytest.raises(ValueError, match="expected two of one shape"):
        filter_change(lesson, build_network("fast-cnn", {"width": 2}, seed=0))
    with pytest.raises(ValueError, match="no convolution"):
        filter_change(linear, linear)


def test_the_start_follows_from_the_seed(mnist: Dataset) -> None:
    recipe = find_recipe("lesson-cnn", seed=3, steps=2, batch_size=10)
    training = Training(recipe, mnist.train[:50])
    list(training)
    change = filter_change(
        build_network(recipe.network, recipe.network_options, seed=recipe.seed), training.model
    )
    assert 0 < np.abs(change.change).max() < 1e-3  # two steps of at most 1e-4
    assert change.correlation > 0.999
