"""Fully connected networks: plain, with dropout, and with DropConnect."""

from collections import OrderedDict
from itertools import pairwise

import torch
from torch import nn
from torch.nn.utils import skip_init

from inklab.models.initializers import filled, he_normal
from inklab.models.layers import DropConnect, Dropout
from inklab.models.options import whole


def mlp(
    generator: torch.Generator,
    inputs: int,
    classes: int,
    *,
    units: float = 800,
    hidden: float = 1,
    keep: float = 1.0,
    input_dropout: float = 1.0,
) -> nn.Sequential:
    """Return a network of fully connected layers with ReLU; with 800 units it has 636,010 parameters.

    Args:
        generator: draws the weights, see `he_normal`.
        inputs: how many numbers an image has, 784 in MNIST.
        classes: how many logits come out.
        units: in each hidden layer, a whole number from 1 to 10,000.
        hidden: how many hidden layers, a whole number from 1 to 10.
        keep: the probability with which dropout keeps a hidden unit.
        keep_input: the same for an input.

    Raises:
        RecipeError: an option is none of these.

    Source: Srivastava et al. 2014, Dropout, section 6.1.1.
    """
    sizes = _sizes(inputs, units, hidden)
    layers = OrderedDict[str, nn.Module](flatten=nn.Flatten())
    if input_dropout != 1:
        layers["dropout0"] = Dropout(input_dropout)
    for number, (before, after) in enumerate(pairwise(sizes), start=1):
        layers[f"fc{number}"] = skip_init(nn.Linear, before, after)
        layers[f"relu{number}"] = nn.ReLU()
        layers[f"dropout{number}"] = Dropout(keep)
    layers["out"] = skip_init(nn.Linear, sizes[-1], classes)
    return filled(layers, he_normal, generator)


def dropconnect_mlp(
    generator: torch.Generator,
    inputs: int,
    classes: int,
    *,
    units: float = 800,
    hidden: float = 2,
    keep: float = 0.5,
    samples: float = 32,
) -> nn.Sequential:
    """Return a network of DropConnect layers with ReLU, and a fully connected one on top.

    Args:
        generator: draws the weights, see `he_normal`.
        inputs: how many numbers an image has, 784 in MNIST.
        classes: how many logits come out.
        units: in each hidden layer, a whole number from 1 to 10,000.
        hidden: how many hidden layers, a whole number from 1 to 10.
        keep: the probability with which a weight is kept.
        samples: quantiles at inference, see `DropConnect`; 0 takes the mean network.

    Raises:
        RecipeError: an option is none of these.

    Source: Wan et al. 2013, Regularization of Neural Networks using DropConnect, section 6.1.
    """
    sizes = _sizes(inputs, units, hidden)
    layers = OrderedDict[str, nn.Module](flatten=nn.Flatten())
    for number, (before, after) in enumerate(pairwise(sizes), start=1):
        layers[f"fc{number}"] = DropConnect(before, after, keep=keep, samples=samples)
    layers["out"] = skip_init(nn.Linear, sizes[-1], classes)
    return filled(layers, he_normal, generator)


def _sizes(inputs: int, units: float, hidden: float) -> list[int]:
    return [inputs, *[whole("units", units, 1, 10_000)] * whole("hidden", hidden, 1, 10, of="layers")]
