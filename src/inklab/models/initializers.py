"""Weight initialization, from a generator that the caller passes in."""

from collections import OrderedDict
from collections.abc import Callable
from math import sqrt

import torch
from torch import nn


def initialized(
    layers: OrderedDict[str, nn.Module],
    initialize: Callable[[nn.Conv2d | nn.Linear, torch.Generator], None],
    generator: torch.Generator,
) -> nn.Sequential:
    """Return the layers as one network, with every convolution and linear layer initialized in order."""
    for layer in layers.values():
        if isinstance(layer, nn.Conv2d | nn.Linear) and not layer.weight.is_meta:  # meta: shapes only
            initialize(layer, generator)
    return nn.Sequential(layers)


def truncated_normal(
    layer: nn.Conv2d | nn.Linear, generator: torch.Generator, *, std: float = 0.1, bias: float = 0.1
) -> None:
    """Initialize a layer in place: normal weights cut at two standard deviations `std`, constant biases.

    So no unit starts far from the others, and a small positive bias keeps ReLU units from starting dead.
    """
    nn.init.trunc_normal_(layer.weight, std=std, a=-2 * std, b=2 * std, generator=generator)
    if layer.bias is not None:
        nn.init.constant_(layer.bias, bias)


def uniform(layer: nn.Conv2d | nn.Linear, generator: torch.Generator) -> None:
    """Initialize weights and biases in place, uniform in ±1 / sqrt(fan-in), as torch's own layers do."""
    bound = 1 / sqrt(layer.weight[0].numel())
    for weights in layer.parameters():
        nn.init.uniform_(weights, -bound, bound, generator=generator)


def he_normal(layer: nn.Conv2d | nn.Linear, generator: torch.Generator) -> None:
    """Initialize a layer in place from a normal distribution, std = sqrt(2 / fan-in); biases are 0.

    Source: He et al. 2015, Delving Deep into Rectifiers.
    """
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
