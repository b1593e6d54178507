"""FastLinear: the same results as torch's own layer, and the processors on which it is used."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from inklab.training import fast_linear
from inklab.training.fast_linear import FastLinear, is_faster_with_onednn
from inklab.utils.hardware import this_machine

GENERATOR = torch.Generator().manual_seed(0)


def random_tensor(*shape: int) -> Tensor:
    return torch.randn(shape, generator=GENERATOR)


@pytest.fixture
def layer() -> nn.Linear:
    layer = nn.Linear(400, 300)
    with torch.no_grad():
        for weights in layer.parameters():
            weights.copy_(random_tensor(*weights.shape))
    return layer


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch has no oneDNN here")
def test_outputs_and_gradients_agree_with_float64(layer: nn.Linear) -> None:
    x, gradient = random_tensor(50, 400).requires_grad_(), random_tensor(50, 300)
    outputs = FastLinear(layer)(x)
    outputs.backward(gradient)
    doubles = [tensor.detach().double() for tensor in (x, layer.weight, layer.bias, gradient)]
    inputs, weight, bias, g = doubles
    expected = (inputs @ weight.T + bias, g @ weight, g.T @ inputs, g.sum(0))
    for actual, exact in zip((outputs, x.grad, layer.weight.grad, layer.bias.grad), expected, strict=True):
        assert actual is not None
        torch.testing.assert_close(actual.double(), exact, rtol=1e-5, atol=1e-4)


def test_weights_are_shared_with_the_layer(layer: nn.Linear) -> None:
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
def test_only_for_large_linear_layers_where_mkl_is_slow(
    processor: str,
    features: tuple[str, ...],
    expected: bool,
    layer: nn.Linear,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = replace(this_machine(), processor=processor, features=features)
    monkeypatch.setattr(fast_linear, "this_machine", lambda: machine)
    monkeypatch.setattr(torch.backends.mkl, "is_available", lambda: True)
    assert is_faster_with_onednn(layer) is expected
    assert not is_faster_with_onednn(nn.Linear(10, 10))
    assert not is_faster_with_onednn(nn.Conv2d(100, 100, 5))
