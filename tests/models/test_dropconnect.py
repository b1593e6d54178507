"""DropConnect: by hand, against the average over many masks, and its gradients."""

from math import pi, sqrt

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import Tensor
from torch.autograd import gradcheck
from torch.func import functional_call

from inklab.errors import RecipeError
from inklab.models import set_generator
from inklab.models.layers import DropConnect


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def dropconnect(weight: Tensor, bias: Tensor, *, p: float, samples: float = 0) -> DropConnect:
    """Return a layer with these weights (outputs, inputs) and biases (outputs,), in their dtype."""
    layer = DropConnect(weight.shape[1], len(weight), p=p, samples=samples).to(weight.dtype)
    with torch.no_grad():
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)
    return layer


def test_mean_network_by_hand() -> None:
    weight = torch.tensor([[2.0, 4, -6], [8, -2, 0], [-2, -2, -2]])
    layer = dropconnect(weight, torch.tensor([1.0, -3, 5]), p=0.5).eval()
    # Half of the weights, and the whole bias:   [1, 2, -3] + 1    [4, -1, 0] - 3    [-1, -1, -1] + 5
    #   x = (1, 2, 3): 1 + 4 - 9 + 1 = -3 -> 0     4 - 2 - 3 = -1 -> 0     -1 - 2 - 3 + 5 = -1 -> 0
    #   x = (2, 1, 0): 2 + 2 + 1 = 5               8 - 1 - 3 = 4           -2 - 1 + 5 = 2
    x = torch.tensor([[1.0, 2, 3], [2, 1, 0]])
    assert layer(x).tolist() == [[0, 0, 0], [5, 4, 2]]


def test_two_quantiles_by_hand() -> None:
    # One input of 2, weight 3, p 0.5: u has mean 3 - 3 = 0 and standard deviation sqrt(1/4 * 9 * 4) = 3.
    # The quantiles at 1/4 and 3/4 are -0.67449 and 0.67449 standard deviations. ReLU removes the first, so
    # the mean is half of the second: 0.67449 * 3 / 2 = 1.011735. The mean network gives 0.
    weight, bias, x = torch.tensor([[3.0]]), torch.tensor([-3.0]), torch.tensor([[2.0]])
    assert dropconnect(weight, bias, p=0.5, samples=2).eval()(x).item() == pytest.approx(1.011735)
    assert dropconnect(weight, bias, p=0.5, samples=0).eval()(x).item() == 0


def test_training_masks_weights_and_not_biases() -> None:
    weight = torch.tensor([[1.0, 2, 4, 8, 16, 32]]).repeat(500, 1)
    layer = dropconnect(weight, torch.full((500,), 0.5), p=0.25)
    set_generator(layer, seeded(0))
    sums = layer(torch.ones(1, 6))[0] - 0.5  # whole numbers; their six bits are the mask
    assert_array_equal((sums % 1).detach().numpy(), np.zeros(500, np.float32))
    bits = sums.detach().numpy().astype(int)[:, np.newaxis] >> np.arange(6) & 1  # (500, 6)
    error = sqrt(0.75 * 0.25 / bits.size)
    assert abs(bits.mean() - 0.75) < 5 * error
    assert bits.any(axis=0).all()
    assert not bits.all(axis=0).any()


def test_training_draws_one_mask_per_batch() -> None:
    weight = torch.randn(30, 40, generator=seeded(0))
    layer, x = dropconnect(weight, torch.ones(30), p=0.5), torch.ones(5, 40)
    outputs = []
    for seed in (1, 1, 2):
        set_generator(layer, seeded(seed))
        outputs.append(layer(x).detach().numpy())
    outputs.append(layer(x).detach().numpy())  # the generator continues
    for output in outputs:
        assert_allclose(output, output[:1].repeat(5, axis=0), rtol=0, atol=1e-5)  # equal rows, equal outputs
    assert_array_equal(outputs[0], outputs[1])
    assert (np.abs(outputs[0] - outputs[2]) > 1e-3).any()
    assert (np.abs(outputs[2] - outputs[3]) > 1e-3).any()


@pytest.mark.parametrize("p", [0.5, 0.2])
def test_inference_is_the_mean_over_masks(p: float) -> None:
    masks, inputs, keep = 20_000, 50, 1 - p
    x = torch.rand(1, inputs, generator=seeded(0), dtype=torch.float64)
    weight = torch.randn(4, inputs, generator=seeded(1), dtype=torch.float64)
    std = (keep * (1 - keep) * weight.square() @ x[0].square()).sqrt()  # (4,), of u over the masks
    # Biases put the mean of u at -1 to 0.5 std, where ReLU of the mean is far from the mean of ReLU.
    bias = std * torch.tensor([-1, -0.5, 0, 0.5], dtype=torch.float64) - keep * weight @ x[0]
    # The reference is training itself: a layer with 20,000 copies of the four units, each with its own mask.
    many = dropconnect(weight.repeat(masks, 1), bias.repeat(masks), p=p)
    set_generator(many, seeded(2))
    with torch.no_grad():
        average = many(x).view(masks, 4).mean(dim=0)
        inference = dropconnect(weight, bias, p=p, samples=200).eval()(x)[0]
        mean_network = dropconnect(weight, bias, p=p, samples=0).eval()(x)[0]
    # The standard error of the average is 1 / sqrt(20,000) = 0.007 std; four of them are 0.028.
    gap, gap_of_mean_network = (((y - average) / std).abs().numpy() for y in (inference, mean_network))
    assert gap.max() < 0.03
    assert (gap_of_mean_network > 2 * gap).all()
    assert gap_of_mean_network.max() > 0.3  # at 0 the mean of ReLU is 0.399 std


def test_more_quantiles_approach_the_exact_mean() -> None:
    # With mean 0 and standard deviation s, E relu(u) = s / sqrt(2 pi); here s = sqrt(1/4 * 9 * 4) = 3.
    weight, bias, x = torch.tensor([[3.0]]), torch.tensor([-3.0]), torch.tensor([[2.0]])
    gaps = [
        abs(dropconnect(weight, bias, p=0.5, samples=n).eval()(x).item() - 3 / sqrt(2 * pi))
        for n in (2, 8, 32, 128)
    ]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[2] < 0.02
    assert gaps[3] < 0.005


@pytest.mark.parametrize("p", [0, 1e-6])
@pytest.mark.parametrize("is_training", [True, False])
def test_without_dropping_it_is_a_linear_layer_with_relu(p: float, is_training: bool) -> None:
    weight, bias = torch.randn(6, 9, generator=seeded(0)), torch.randn(6, generator=seeded(1))
    x = torch.randn(4, 9, generator=seeded(2))
    layer = dropconnect(weight, bias, p=p, samples=10).train(is_training)
    set_generator(layer, seeded(3))
    expected = (x.double() @ weight.double().T + bias.double()).clamp(min=0)
    # float32; at inference, p = 1e-6 adds a standard deviation of 1e-3 of the terms
    tolerance = 1e-5 if is_training or p == 0 else 1e-2
    assert_allclose(layer(x).detach().numpy(), expected.numpy(), rtol=0, atol=tolerance)


@pytest.mark.parametrize(("is_training", "samples"), [(True, 0), (False, 0), (False, 5)])
def test_gradient(is_training: bool, samples: int) -> None:
    layer = DropConnect(5, 4, p=0.4, samples=samples).double().train(is_training)

    def output(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        set_generator(layer, seeded(3))  # the same mask in every call
        y: Tensor = functional_call(layer, {"weight": weight, "bias": bias}, (x,))
        return y

    x, weight, bias = (
        torch.randn(shape, generator=seeded(seed), dtype=torch.float64, requires_grad=True)
        for seed, shape in enumerate([(3, 5), (4, 5), (4,)])
    )
    y = output(x, weight, bias)
    assert (y > 0).any()
    assert gradcheck(output, (x, weight, bias))


@pytest.mark.parametrize("p", [1.0, -0.5, 1.5, float("nan")])
def test_p_outside_0_to_1_is_refused(p: float) -> None:
    message = rf"^dropout is {p:g}; expected a fraction in \[0, 1\); 0 drops nothing$"
    with pytest.raises(RecipeError, match=message):
        DropConnect(2, 2, p=p, samples=0)


@pytest.mark.parametrize("samples", [-1, 0.5, 10_001, float("nan"), float("inf")])
def test_invalid_number_of_samples_is_refused(samples: float) -> None:
    message = rf"^samples is {samples:g}; expected a whole number from 0 to 10000$"
    with pytest.raises(RecipeError, match=message):
        DropConnect(2, 2, p=0.5, samples=samples)


def test_repr_shows_sizes_p_and_samples() -> None:
    shown = "DropConnect(in_features=3, out_features=2, bias=True, p=0.5, samples=8)"
    assert repr(DropConnect(3, 2, p=0.5, samples=8.0)) == shown
