"""Layers by hand: what a convolution, a pool, a dropout and the first weights do to small numbers."""

from copy import deepcopy
from math import erf, exp, pi, sqrt

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from torch import nn

from inklab.errors import RecipeError
from inklab.models import Dropout, build_network, set_generator
from inklab.models.layers import truncated_normal


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def lesson() -> nn.Module:
    return build_network("lesson-cnn", seed=0)


def test_a_convolution_by_hand(lesson: nn.Module) -> None:
    conv = deepcopy(lesson.get_submodule("conv1"))
    assert isinstance(conv, nn.Conv2d)
    assert conv.bias is not None
    with torch.no_grad():
        conv.weight.zero_()
        conv.bias.zero_()
        conv.weight[3, 0] = torch.tensor(
            [
                [5.0, 0, 0, 0, 0],
                [0.0, 1, 2, 0, 0],
                [0.0, 0, -1, 3, 0],  # -1 is the centre
                [0.0, 0, 0, 1, 0],
                [0.0, 0, 0, 0, 0],
            ]
        )
        conv.bias[3] = 100
        image = torch.zeros(1, 1, 28, 28)
        image[0, 0, :2, :2] = torch.tensor([[1.0, 2], [3, 4]])
        answer = conv(image)[0]

    # Each output is the sum of weight times pixel with the centre laid on it; beyond the edge lies 0.
    #   (0, 0): -1*1 + 3*2 + 0*3 + 1*4 = 9        (0, 1): 0*1 - 1*2 + 0*3 + 0*4 = -2
    #   (1, 0): 2*1 + 0*2 - 1*3 + 3*4 = 11        (1, 1): 1*1 + 2*2 + 0*3 - 1*4 = 1     (1, 2): 1*2 + 0*4 = 2
    #   (2, 0): 2*3 + 0*4 = 6                     (2, 1): 1*3 + 2*4 = 11                (2, 2): 5*1 + 1*4 = 9
    #   (2, 3): 5*2 = 10       (3, 2): 5*3 = 15       (3, 3): 5*4 = 20
    expected = torch.zeros(28, 28)
    expected[:4, :4] = torch.tensor([[9.0, -2, 0, 0], [11, 1, 2, 0], [6, 11, 9, 10], [0, 0, 15, 20]])
    assert_array_equal(answer[3].numpy(), expected.numpy() + 100, strict=True)
    assert not answer[[0, 1, 2, *range(4, 32)]].any()  # the other filters are zero


@pytest.mark.parametrize("name", ["pool1", "pool2"])
def test_a_pool_by_hand(lesson: nn.Module, name: str) -> None:
    image = torch.tensor([[[[1.0, 5, 0, 2], [3, 4, -1, -2], [-9, -8, 7, 7], [-7, -6, 0, 6]]]])
    assert lesson.get_submodule(name)(image).tolist() == [[[[5, 2], [-6, 7]]]]


@pytest.mark.parametrize("keep", [0.5, 0.8])
def test_dropout_zeroes_some_scales_the_rest_and_keeps_the_mean(keep: float) -> None:
    n = 200_000
    dropout = Dropout(keep)
    set_generator(dropout, seeded(1))
    thinned = dropout(torch.ones(n)).double().numpy()
    assert set(np.unique(thinned)) == {0.0, np.float32(1 / keep)}
    error = sqrt((1 - keep) / keep / n)  # of the mean of n values that are 1/keep with probability keep
    assert abs(thinned.mean() - 1) < 5 * error


def test_dropout_draws_a_mask_for_every_unit_of_every_example() -> None:
    dropout = Dropout(0.5)
    set_generator(dropout, seeded(2))
    first, second = dropout(torch.ones(2, 1000))
    agreement = float((first == second).float().mean())
    assert 0.4 < agreement < 0.6  # two fair coins agree half of the time, give or take 0.016


def test_dropout_scales_the_gradient_by_the_same_mask() -> None:
    dropout = Dropout(0.25)
    set_generator(dropout, seeded(3))
    x = torch.full((50,), 3.0, requires_grad=True)
    y = dropout(x)
    y.sum().backward()
    assert x.grad is not None
    assert_array_equal(x.grad.numpy() * 3, y.detach().numpy())


def test_dropout_masks_only_in_training() -> None:
    x = torch.randn(100, generator=seeded(0))
    dropout = Dropout(0.5).eval()
    assert_array_equal(dropout(x).numpy(), x.numpy())
    assert_array_equal(Dropout(1).train()(x).numpy(), x.numpy())  # nothing is dropped, nothing is scaled
    assert (dropout.train()(x) == 0).any()


def test_dropout_draws_from_its_own_generator() -> None:
    x, dropout = torch.ones(1000), Dropout(0.5)
    state = torch.get_rng_state()
    masks = []
    for seed in (7, 7, 8):
        assert set_generator(dropout, seeded(seed))
        masks.append(dropout(x).numpy())
    masks.append(dropout(x).numpy())  # the generator goes on
    assert_array_equal(masks[0], masks[1])
    assert (masks[0] != masks[2]).any()
    assert (masks[2] != masks[3]).any()
    assert_array_equal(torch.get_rng_state().numpy(), state.numpy())


def test_set_generator_finds_every_random_layer() -> None:
    inner, outer, generator = Dropout(0.5), Dropout(0.5), seeded(0)
    assert set_generator(nn.Sequential(nn.Sequential(inner), nn.ReLU(), outer), generator)
    assert inner.generator is generator
    assert outer.generator is generator
    assert not set_generator(nn.Sequential(nn.Linear(2, 2)), generator)


@pytest.mark.parametrize("keep", [0.0, -0.5, 1.5, float("nan"), float("inf")])
def test_a_keep_that_is_no_probability_is_refused(keep: float) -> None:
    message = rf"^keep is {keep:g}; expected a probability in \(0, 1\]: 1 switches dropout off$"
    with pytest.raises(RecipeError, match=message):
        Dropout(keep)


def test_dropout_shows_what_it_keeps() -> None:
    assert repr(Dropout(0.5)) == "Dropout(keep=0.5)"


def test_truncated_normal_weights() -> None:
    layer = nn.Linear(1000, 400)
    truncated_normal(layer, seeded(0), deviation=0.1, bias=0.1)
    weights = layer.weight.detach().double().numpy()
    assert np.abs(weights).max() <= np.float32(0.2)
    assert np.abs(weights).max() > 0.199  # cut at two deviations, not before

    # A standard normal cut at +-2 has variance 1 - 4 p(2) / (P(2) - P(-2)): a deviation of 0.8796.
    density, within = exp(-2) / sqrt(2 * pi), erf(sqrt(2))
    deviation = 0.1 * sqrt(1 - 4 * density / within)
    assert weights.std() == pytest.approx(deviation, rel=0.005)  # the error of 400,000 draws is 0.001
    assert abs(weights.mean()) < 5 * deviation / sqrt(weights.size)
    assert_array_equal(layer.bias.detach().numpy(), np.full(400, 0.1, np.float32), strict=True)


def test_truncated_normal_of_a_layer_without_bias() -> None:
    layer = nn.Conv2d(1, 4, 3, bias=False)
    truncated_normal(layer, seeded(0), deviation=0.1, bias=0.1)
    assert np.abs(layer.weight.detach().numpy()).max() <= np.float32(0.2)


def test_the_first_weights_of_the_lesson(lesson: nn.Module) -> None:
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
