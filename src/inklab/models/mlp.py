"""The fully connected network, with dropout."""

from collections import OrderedDict
from itertools import pairwise

import torch
from torch import nn
from torch.nn.utils import skip_init

from inklab.models.initializers import he_normal, initialized
from inklab.models.layers import Dropout
from inklab.models.options import dropout_option, whole_option


def mlp(
    generator: torch.Generator,
    inputs: int,
    classes: int,
    *,
    units: float = 800,
    hidden: float = 1,
    dropout: float = 0.0,
    input_dropout: float = 0.0,
) -> nn.Sequential:
    """Build a multilayer perceptron with ReLU; with 800 units it has 636,010 parameters.

    It has `hidden` layers, from 1 to 10, of `units` units, from 1 to 10,000. In training, dropout sets the
    fraction `dropout` of the hidden units and `input_dropout` of the pixels to 0, each in [0, 1).

    Source: Srivastava et al. 2014, Dropout, section 6.1.1.
    """
    sizes = hidden_sizes(inputs, units, hidden)
    layers = OrderedDict[str, nn.Module](flatten=nn.Flatten())
    if dropout_option("input_dropout", input_dropout):
        layers["dropout0"] = Dropout(input_dropout)
    for number, (before, after) in enumerate(pairwise(sizes), start=1):
        layers[f"fc{number}"] = skip_init(nn.Linear, before, after)
        layers[f"relu{number}"] = nn.ReLU()
        layers[f"dropout{number}"] = Dropout(dropout)
    layers["out"] = skip_init(nn.Linear, sizes[-1], classes)
    return initialized(layers, he_normal, generator)


def hidden_sizes(inputs: int, units: float, hidden: float) -> list[int]:
    """Return the number of inputs, and then the number of units of each hidden layer."""
    depth = whole_option("hidden", hidden, 1, 10, unit="layers")
    return [inputs, *[whole_option("units", units, 1, 10_000)] * depth]
