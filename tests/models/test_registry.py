"""Every network, from one table: parameters, outputs, determinism, and options."""

import random
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from torch import nn

from inklab.data import Dataset
from inklab.errors import RecipeError
from inklab.models import (
    NETWORKS,
    as_input,
    build_network,
    is_fully_connected,
    parameter_count,
    predict_logits,
    set_generator,
)


@dataclass(frozen=True)
class Expected:
    """The parameters that a network must have."""

    parameters: int
    tree: Mapping[str, tuple[int, ...]]
    is_random: bool
    """Whether the initial weights are random."""


def batch_norm(name: str, channels: int) -> dict[str, tuple[int, ...]]:
    """Return the parameters of a batch norm layer."""
    of_channels = dict.fromkeys(("weight", "bias", "running_mean", "running_var"), (channels,))
    return {f"{name}.{key}": shape for key, shape in {**of_channels, "num_batches_tracked": ()}.items()}


EXPECTED = {
    "softmax-regression": Expected(
        7_850, {"linear.weight": (10, 784), "linear.bias": (10,)}, is_random=False
    ),
    "lesson-cnn": Expected(
        3_274_634,
        {
            "conv1.weight": (32, 1, 5, 5),
            "conv1.bias": (32,),
            "conv2.weight": (64, 32, 5, 5),
            "conv2.bias": (64,),
            "fc1.weight": (1024, 3136),
            "fc1.bias": (1024,),
            "fc2.weight": (10, 1024),
            "fc2.bias": (10,),
        },
        is_random=True,
    ),
    "fast-cnn": Expected(
        29_178,
        {
            "conv1.weight": (16, 1, 3, 3),
            **batch_norm("norm1", 16),
            "conv2.weight": (32, 16, 3, 3),
            **batch_norm("norm2", 32),
            "conv3.weight": (64, 32, 3, 3),
            **batch_norm("norm3", 64),
            "fc.weight": (10, 576),
            "fc.bias": (10,),
        },
        is_random=True,
    ),
    "deep-cnn": Expected(
        165_394,
        {
            "conv1.weight": (24, 1, 5, 5),
            **batch_norm("norm1", 24),
            "conv2a.weight": (48, 24, 3, 3),
            **batch_norm("norm2a", 48),
            "conv2b.weight": (48, 48, 3, 3),
            **batch_norm("norm2b", 48),
            "conv3a.weight": (96, 48, 3, 3),
            **batch_norm("norm3a", 96),
            "conv3b.weight": (96, 96, 3, 3),
            **batch_norm("norm3b", 96),
            "fc.weight": (10, 864),
            "fc.bias": (10,),
        },
        is_random=True,
    ),
    "mlp": Expected(
        636_010,
        {"fc1.weight": (800, 784), "fc1.bias": (800,), "out.weight": (10, 800), "out.bias": (10,)},
        is_random=True,
    ),
    "dropconnect-mlp": Expected(
        1_276_810,
        {
            "fc1.weight": (800, 784),
            "fc1.bias": (800,),
            "fc2.weight": (800, 800),
            "fc2.bias": (800,),
            "out.weight": (10, 800),
            "out.bias": (10,),
        },
        is_random=True,
    ),
    "dropconnect-cnn": Expected(
        399_452,
        {
            "conv1.weight": (32, 1, 5, 5),
            **batch_norm("norm1", 32),
            "conv2.weight": (64, 32, 5, 5),
            **batch_norm("norm2", 64),
            "fc1.weight": (150, 2304),
            "fc1.bias": (150,),
            "fc2.weight": (10, 150),
            "fc2.bias": (10,),
        },
        is_random=True,
    ),
    "mcdnn-column": Expected(
        76_100,
        {
            "conv1.weight": (20, 1, 4, 4),
            **batch_norm("norm1", 20),
            "conv2.weight": (40, 20, 5, 5),
            **batch_norm("norm2", 40),
            "fc1.weight": (150, 360),
            "fc1.bias": (150,),
            "fc2.weight": (10, 150),
            "fc2.bias": (10,),
        },
        is_random=True,
    ),
}

every_network = pytest.mark.parametrize("name", sorted(NETWORKS))


@cache
def perturbed(name: str) -> nn.Module:
    """Return a network without weights of 0, so that its logits are not trivial; change only a copy."""
    model = build_network(name, seed=0)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.02)
    return model


def test_table_contains_every_network() -> None:
    assert set(EXPECTED) == set(NETWORKS)


@every_network
def test_parameter_tree(name: str) -> None:
    model = build_network(name, seed=0)
    assert {key: tuple(value.shape) for key, value in model.state_dict().items()} == EXPECTED[name].tree
    assert all(parameter.dtype == torch.float32 for parameter in model.parameters())
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert parameter_count(model) == EXPECTED[name].parameters


@every_network
@pytest.mark.parametrize("n", [1, 3])
def test_shape(name: str, n: int) -> None:
    logits = build_network(name, seed=0)(torch.rand(n, 1, 28, 28))
    assert logits.shape == (n, 10)
    assert logits.dtype == torch.float32


@every_network
def test_number_of_classes(name: str) -> None:
    assert build_network(name, seed=0, classes=3)(torch.rand(2, 1, 28, 28)).shape == (2, 3)


@every_network
def test_fully_connected_networks_take_any_size(name: str) -> None:
    if is_fully_connected(name):
        model = build_network(name, seed=0, inputs=6, classes=2)
        assert model(torch.rand(4, 1, 2, 3)).shape == model(torch.rand(4, 1, 1, 6)).shape == (4, 2)
    else:
        expected = f"^{name} takes images of 28 x 28 pixels; these have 6 pixels each$"
        with pytest.raises(RecipeError, match=expected):
            build_network(name, seed=0, inputs=6)


def test_is_fully_connected() -> None:
    assert set(filter(is_fully_connected, NETWORKS)) == {"softmax-regression", "mlp", "dropconnect-mlp"}


def test_number_of_classes_is_not_an_option() -> None:
    with pytest.raises(RecipeError, match=r"^softmax-regression has no option classes; it has none$"):
        build_network("softmax-regression", {"classes": 5}, seed=0)


@every_network
def test_outputs_are_logits(name: str, mnist: Dataset) -> None:
    logits = predict_logits(perturbed(name), mnist.test.images[:20])
    assert (logits < 0).any()
    assert np.abs(logits.sum(axis=1) - 1).mean() > 0.1  # not probabilities


@every_network
def test_logits_do_not_depend_on_the_batch(name: str, mnist: Dataset) -> None:
    model, images = perturbed(name), mnist.test.images[:8]
    together = predict_logits(model, images)
    alone = np.concatenate([predict_logits(model, image[np.newaxis]) for image in images])
    backward = predict_logits(model, images[::-1])[::-1]
    # torch may sum the 784 to 3,136 products of a unit in an order that depends on the batch size, so sums
    # differ by some float32 roundings, 6e-8 each, of their largest terms.
    tolerance = 1e-5 * float(np.abs(together).max())
    assert_allclose(alone, together, rtol=0, atol=tolerance)
    assert_allclose(backward, together, rtol=0, atol=tolerance)


@every_network
def test_seed_determines_the_weights(name: str) -> None:
    first, same_seed, other_seed = (
        torch.cat([p.detach().flatten() for p in build_network(name, seed=seed).parameters()]).numpy()
        for seed in (3, 3, 4)
    )
    assert_array_equal(first, same_seed)
    assert (first != other_seed).any() == EXPECTED[name].is_random


@every_network
def test_global_random_state_is_unchanged(name: str, mnist: Dataset) -> None:
    def states() -> list[object]:
        return [random.getstate(), repr(np.random.get_state()), torch.get_rng_state().tolist()]  # noqa: NPY002

    before = states()
    model = build_network(name, seed=0)
    set_generator(model, torch.Generator().manual_seed(0))
    model.train()(as_input(torch.tensor(mnist.test.images[:2])))
    predict_logits(model, mnist.test.images[:2])
    assert states() == before


@every_network
def test_evaluation_is_deterministic(name: str, mnist: Dataset) -> None:
    model, x = perturbed(name).eval(), as_input(torch.tensor(mnist.test.images[:5]))
    with torch.no_grad():
        assert_array_equal(model(x).numpy(), model(x).numpy())


@every_network
def test_every_parameter_has_a_gradient(name: str, mnist: Dataset) -> None:
    model = deepcopy(perturbed(name))
    x, labels = as_input(torch.tensor(mnist.train.images[:20])), torch.tensor(mnist.train.labels[:20])
    nn.functional.cross_entropy(model(x), labels).backward()
    for key, parameter in model.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.isfinite().all(), key
        assert parameter.grad.any(), key


def test_unknown_networks_and_options_are_refused() -> None:
    choices = f"^there is no network 'lesson'; expected one of {', '.join(sorted(NETWORKS))}$"
    with pytest.raises(RecipeError, match=choices):
        build_network("lesson", seed=0)
    with pytest.raises(RecipeError, match=r"^softmax-regression has no option dropout; it has none$"):
        build_network("softmax-regression", {"dropout": 0.5}, seed=0)
    with pytest.raises(RecipeError, match=r"^lesson-cnn has no option depth, kept; it has dropout$"):
        build_network("lesson-cnn", {"kept": 1, "dropout": 0.0, "depth": 3}, seed=0)
    with pytest.raises(RecipeError, match=r"^dropout is 2; expected a fraction in \[0, 1\)"):
        build_network("lesson-cnn", {"dropout": 2}, seed=0)


def test_options_reach_the_network() -> None:
    assert "p=0.25" in repr(build_network("lesson-cnn", {"dropout": 0.25}, seed=0))


def test_networks_are_read_only() -> None:
    with pytest.raises(TypeError):
        NETWORKS["mine"] = NETWORKS["lesson-cnn"]  # type: ignore[index]


def test_softmax_regression_against_numpy(mnist: Dataset) -> None:
    model = perturbed("softmax-regression")
    weight, bias = (p.detach().double().numpy() for p in model.parameters())  # (10, 784), (10,)
    images = mnist.test.images[:50]
    expected = images.reshape(50, 784) / 255 @ weight.T + bias
    assert_allclose(predict_logits(model, images), expected, rtol=0, atol=1e-5)  # float32 against float64


def test_lesson_cnn_against_a_naive_loop(mnist: Dataset) -> None:
    model, image = perturbed("lesson-cnn"), mnist.test.images[0]
    p = {name: values.double().numpy() for name, values in model.state_dict().items()}
    x = image[np.newaxis] / 255  # (1, 28, 28)
    for layer in ("conv1", "conv2"):
        x = _pool(np.maximum(_convolve(x, p[f"{layer}.weight"], p[f"{layer}.bias"]), 0))
    assert x.shape == (64, 7, 7)
    x = np.maximum(p["fc1.weight"] @ x.ravel() + p["fc1.bias"], 0)
    expected = p["fc2.weight"] @ x + p["fc2.bias"]
    logits = predict_logits(model, image[np.newaxis])[0]
    assert_allclose(logits, expected, rtol=0, atol=1e-5 * np.abs(expected).max())  # float32 against float64


def _convolve(
    x: NDArray[np.float64], weight: NDArray[np.float64], bias: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the sum of weight times pixel around each pixel; outside the image lies 0."""
    _, h, w = x.shape
    out = np.empty((len(weight), h, w))
    padded = np.pad(x, ((0, 0), (2, 2), (2, 2)))
    for top, left in np.ndindex(h, w):
        patch = padded[:, top : top + 5, left : left + 5]  # (c, 5, 5)
        out[:, top, left] = (weight * patch).sum(axis=(1, 2, 3)) + bias
    return out


def _pool(x: NDArray[np.float64]) -> NDArray[np.float64]:
    c, h, w = x.shape
    out = np.empty((c, h // 2, w // 2))
    for top, left in np.ndindex(h // 2, w // 2):
        out[:, top, left] = x[:, 2 * top : 2 * top + 2, 2 * left : 2 * left + 2].max(axis=(1, 2))
    return out


def test_memory_order_does_not_matter(mnist: Dataset) -> None:
    # Training stores weights channels-last.
    model, images = deepcopy(perturbed("lesson-cnn")), mnist.test.images[:10]
    expected = predict_logits(model, images)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    assert_allclose(
        predict_logits(model, images), expected, rtol=0, atol=1e-5 * float(np.abs(expected).max())
    )


@pytest.mark.parametrize("width", [1, 16.0, 32])
def test_width_of_the_fast_cnn(width: float) -> None:
    model = build_network("fast-cnn", {"width": width}, seed=0)
    channels = [module.out_channels for module in model if isinstance(module, nn.Conv2d)]
    assert channels == [width, 2 * width, 4 * width]
    assert model(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


@pytest.mark.parametrize("width", [0, -1, 1.5, 257, float("nan")])
def test_invalid_width_is_refused(width: float) -> None:
    with pytest.raises(
        RecipeError, match=r"^width is .*; expected a whole number of channels from 1 to 256$"
    ):
        build_network("fast-cnn", {"width": width}, seed=0)


@pytest.mark.parametrize(
    ("name", "option", "value", "expected"),
    [
        ("mlp", "units", 0, "a whole number from 1 to 10000"),
        ("mlp", "units", 1.5, "a whole number from 1 to 10000"),
        ("mlp", "hidden", 11, "a whole number of layers from 1 to 10"),
        ("mlp", "dropout", 1, r"a fraction in \[0, 1\); 0 drops nothing"),
        ("mlp", "dropout", -1, r"a fraction in \[0, 1\); 0 drops nothing"),
        ("mlp", "input_dropout", 1, r"a fraction in \[0, 1\); 0 drops nothing"),
        ("dropconnect-mlp", "hidden", 0, "a whole number of layers from 1 to 10"),
        ("dropconnect-mlp", "dropout", 1.5, r"a fraction in \[0, 1\); 0 drops nothing"),
        ("dropconnect-cnn", "samples", -1, "a whole number from 0 to 10000"),
        ("mcdnn-column", "digit_width", 29, "a whole number of pixels from 2 to 28"),
    ],
)
def test_invalid_options_are_refused(name: str, option: str, value: float, expected: str) -> None:
    with pytest.raises(RecipeError, match=rf"^{option} is .*; expected {expected}$"):
        build_network(name, {option: value}, seed=0)


def test_options_change_the_layers() -> None:
    deep = build_network("mlp", {"units": 30, "hidden": 3, "input_dropout": 0.2}, seed=0)
    assert [type(layer).__name__ for layer in deep][:3] == ["Flatten", "Dropout", "Linear"]
    assert parameter_count(deep) == 785 * 30 + 2 * 31 * 30 + 31 * 10
    for name, second in (("mcdnn-column", "pad"), ("deep-cnn", "conv1")):
        network = build_network(name, {"digit_width": 12}, seed=0)
        assert [name for name, _ in network.named_children()][:2] == ["normalize", second]
