"""Weight initialization: distributions, and the initial weights of networks."""

from math import erf, exp, pi, sqrt

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from torch import nn

from inklab.models import build_network
from inklab.models.initializers import truncated_normal


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def lesson() -> nn.Module:
    return build_network("lesson-cnn", seed=0)


def test_truncated_normal_weights() -> None:
    layer = nn.Linear(1000, 400)
    truncated_normal(layer, seeded(0), std=0.1, bias=0.1)
    weights = layer.weight.detach().double().numpy()
    assert np.abs(weights).max() <= np.float32(0.2)
    assert np.abs(weights).max() > 0.199  # cut at two standard deviations, not before

    # A standard normal cut at +-2 has variance 1 - 4 p(2) / (P(2) - P(-2)): std 0.8796.
    density, within = exp(-2) / sqrt(2 * pi), erf(sqrt(2))
    std = 0.1 * sqrt(1 - 4 * density / within)
    assert weights.std() == pytest.approx(
        std, rel=0.005
    )  # the relative standard error of 400,000 draws is 0.001
    assert abs(weights.mean()) < 5 * std / sqrt(weights.size)
    assert_array_equal(layer.bias.detach().numpy(), np.full(400, 0.1, np.float32), strict=True)


def test_truncated_normal_of_a_layer_without_bias() -> None:
    layer = nn.Conv2d(1, 4, 3, bias=False)
    truncated_normal(layer, seeded(0), std=0.1, bias=0.1)
    assert np.abs(layer.weight.detach().numpy()).max() <= np.float32(0.2)


def test_initial_weights_of_the_lesson_cnn(lesson: nn.Module) -> None:
    for name, parameter in lesson.named_parameters():
        values = parameter.detach().numpy()
        if name.endswith("bias"):
            assert_array_equal(values, np.full(values.shape, 0.1, np.float32), strict=True)
        else:
            assert 0.15 < np.abs(values).max() <= np.float32(0.2)
            assert values.std() == pytest.approx(0.088, abs=0.01)


def test_softmax_regression_starts_at_zero() -> None:
    for parameter in build_network("softmax-regression", seed=5).parameters():
        assert not parameter.detach().numpy().any()
