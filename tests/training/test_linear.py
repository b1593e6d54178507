"""FastLinear: torch's own layer, by another library; and when it is worth it."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from inklab.training import linear as products
from inklab.training.linear import FastLinear, has_faster_product
from inklab.utils.hardware import this_machine

GENERATOR = torch.Generator().manual_seed(0)


def drawn(*shape: int) -> Tensor:
    return torch.randn(shape, generator=GENERATOR)


@pytest.fixture
def layer() -> nn.Linear:
    layer = nn.Linear(400, 300)
    with torch.no_grad():
        for weights in layer.parameters():
            weights.copy_(drawn(*weights.shape))
    return layer


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch has no oneDNN here")
def test_outputs_and_gradients_are_those_of_the_layer_in_twice_the_digits(layer: nn.Linear) -> None:
    x, gradient = drawn(50, 400).requires_grad_(), drawn(50, 300)
    found = FastLinear(layer)(x)
    found.backward(gradient)
    exact = [tensor.detach().double() for tensor in (x, layer.weight, layer.bias, gradient)]
    inputs, weight, bias, g = exact
    expected = (inputs @ weight.T + bias, g @ weight, g.T @ inputs, g.sum(0))
    for mine, right in zip((found, x.grad, layer.weight.grad, layer.bias.grad), expected, strict=True):
        assert mine is not None
        torch.testing.assert_close(mine.double(), right, rtol=1e-5, atol=1e-4)


def test_it_shares_the_layers_weights(layer: nn.Linear) -> None:
    fast = FastLinear(layer)
    assert fast.weight is layer.weight
    assert fast.bias is layer.bias
    assert [name for name, _ in fast.named_parameters()] == ["weight", "bias"]


@pytest.mark.parametrize(
    ("processor", "features", "expected"),
    [
        ("AMD EPYC", ("avx2", "avx512f"), True),
        ("AMD EPYC", ("avx2",), False),
        ("Intel(R) Xeon(R)", ("avx2", "avx512f"), False),
    ],
)
def test_it_is_for_processors_on_which_mkl_is_slow(
    processor: str,
    features: tuple[str, ...],
    expected: bool,
    layer: nn.Linear,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = replace(this_machine(), processor=processor, features=features)
    monkeypatch.setattr(products, "this_machine", lambda: machine)
    monkeypatch.setattr(torch.backends.mkl, "is_available", lambda: True)
    assert has_faster_product(layer) is expected
    assert not has_faster_product(nn.Linear(10, 10))
    assert not has_faster_product(nn.Conv2d(100, 100, 5))
