"""A float32 linear layer that multiplies with oneDNN instead of MKL."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import FunctionCtx, once_differentiable

from inklab.utils.hardware import this_machine

MIN_WEIGHTS = 100_000
"""Below this number of weights the product is too short for the library to matter."""


def is_faster_with_onednn(layer: nn.Module) -> bool:
    """Whether `FastLinear` is faster than this layer.

    torch multiplies float32 matrices with Intel's MKL, which uses AVX-512 on Intel processors only. oneDNN,
    which torch uses for convolutions, also uses it on AMD processors, at two to three times the rate.
    """
    return (
        type(layer) is nn.Linear
        and layer.weight.numel() >= MIN_WEIGHTS
        and layer.weight.device.type == "cpu"
        and "AMD" in this_machine().processor
        and "avx512f" in this_machine().features
        and torch.backends.mkl.is_available()
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    )


class FastLinear(nn.Module):
    """A float32 linear layer that shares another layer's weights; oneDNN adds in another order."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.weight, self.bias = layer.weight, layer.bias

    def forward(self, x: Tensor) -> Tensor:
        """Return x W' + b, (n, outputs), for x (n, inputs) and W (outputs, inputs)."""
        return _LinearFunction.apply(x, self.weight, self.bias)  # type: ignore[no-any-return,no-untyped-call]


class _LinearFunction(Function):
    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return _multiply(x, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        x_gradient = _multiply(gradient, weight.t()) if ctx.needs_input_grad[0] else None  # None for images
        return x_gradient, _multiply(gradient.t(), x.t()), gradient.sum(dim=0)


def _multiply(a: Tensor, b: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return a b' + bias with oneDNN, through the operator that torch's own compiler calls."""
    return torch.ops.mkldnn._linear_pointwise(a, b, bias, "none", [], "")  # type: ignore[no-any-return]
