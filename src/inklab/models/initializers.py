"""First weights: what a layer is filled with before it learns, from a generator that is handed in."""

from collections import OrderedDict
from collections.abc import Callable
from math import sqrt

import torch
from torch import nn


def filled(
    layers: OrderedDict[str, nn.Module],
    fill: Callable[[nn.Conv2d | nn.Linear, torch.Generator], None],
    generator: torch.Generator,
) -> nn.Sequential:
    """Return the layers, one after the other, each convolution and product filled in its turn."""
    for layer in layers.values():
        if isinstance(layer, nn.Conv2d | nn.Linear) and not layer.weight.is_meta:  # which has only a shape
            fill(layer, generator)
    return nn.Sequential(layers)


def truncated_normal(
    layer: nn.Conv2d | nn.Linear, generator: torch.Generator, *, deviation: float, bias: float
) -> None:
    """Fill a layer with small random weights and constant biases, in place.

    Weights are drawn from a normal distribution of this deviation, cut off at two deviations, so that no
    unit starts far from the others; a small positive bias keeps ReLU units from starting dead.
    """
    nn.init.trunc_normal_(layer.weight, std=deviation, a=-2 * deviation, b=2 * deviation, generator=generator)
    if layer.bias is not None:
        nn.init.constant_(layer.bias, bias)


def uniform(layer: nn.Conv2d | nn.Linear, generator: torch.Generator) -> None:
    """Fill a layer in place, evenly from -b to b, where b is 1 / sqrt(inputs of a unit).

    It is what torch's own layers begin with, from a generator that is handed in.
    """
    bound = 1 / sqrt(layer.weight[0].numel())
    for weights in layer.parameters():
        nn.init.uniform_(weights, -bound, bound, generator=generator)


def he_normal(layer: nn.Conv2d | nn.Linear, generator: torch.Generator) -> None:
    """Fill a layer in place from a normal distribution of deviation sqrt(2 / inputs of a unit); biases are 0.

    So the size of what passes through ReLU layers neither grows nor shrinks with depth.

    Source: He et al. 2015, Delving Deep into Rectifiers.
    """
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
