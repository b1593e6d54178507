"""Matrix products in float32, by the faster of the two libraries that torch brings."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import FunctionCtx, once_differentiable

from inklab.utils.hardware import this_machine

LEAST_WEIGHTS = 100_000
"""Below it a product is over before the difference can be seen."""


def has_faster_product(layer: nn.Module) -> bool:
    """Whether `FastLinear` multiplies faster than this layer does by itself.

    torch multiplies float32 by Intel's MKL, which uses AVX-512 on Intel's processors only; oneDNN, which
    torch has for convolutions, uses it on AMD's too, at two to three times the rate.
    """
    if type(layer) is not nn.Linear or layer.weight.numel() < LEAST_WEIGHTS:
        return False
    machine = this_machine()
    is_slow = (
        "AMD" in machine.processor and "avx512f" in machine.features and torch.backends.mkl.is_available()
    )
    return is_slow and layer.weight.device.type == "cpu" and hasattr(torch.ops.mkldnn, "_linear_pointwise")


class FastLinear(nn.Module):
    """A fully connected layer in float32 that shares another's weights and multiplies by oneDNN.

    The sums are the same but for the order in which they are added up.
    """

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.weight, self.bias = layer.weight, layer.bias

    def forward(self, x: Tensor) -> Tensor:
        """Return x W' + b, (n, outputs), for x (n, inputs) and W (outputs, inputs)."""
        return _Linear.apply(x, self.weight, self.bias)  # type: ignore[no-any-return,no-untyped-call]


class _Linear(Function):
    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return _product(x, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        of_x = _product(gradient, weight.t()) if ctx.needs_input_grad[0] else None  # of the images: none
        return of_x, _product(gradient.t(), x.t()), gradient.sum(dim=0)


def _product(a: Tensor, b: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return a b' + bias by oneDNN, through the operator that torch's own compiler calls."""
    return torch.ops.mkldnn._linear_pointwise(a, b, bias, "none", [], "")  # type: ignore[no-any-return]
