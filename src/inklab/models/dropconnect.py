"""Networks with DropConnect: fully connected, and convolutional."""

from collections import OrderedDict
from itertools import pairwise

import torch
from torch import nn
from torch.nn.utils import skip_init

from inklab.models.initializers import he_normal, initialized
from inklab.models.layers import CenterCrop, DropConnect
from inklab.models.mlp import hidden_sizes


def dropconnect_mlp(
    generator: torch.Generator,
    inputs: int,
    classes: int,
    *,
    units: float = 800,
    hidden: float = 2,
    dropout: float = 0.5,
    samples: float = 32,
) -> nn.Sequential:
    """Build a multilayer perceptron whose hidden layers use DropConnect.

    The arguments are those of `mlp`, but `dropout` is the fraction of the hidden layers' weights that is set
    to 0. `samples` is the number of quantiles at inference, see `DropConnect`.

    Source: Wan et al. 2013, Regularization of Neural Networks using DropConnect, section 6.1.
    """
    sizes = hidden_sizes(inputs, units, hidden)
    layers = OrderedDict[str, nn.Module](flatten=nn.Flatten())
    for number, (before, after) in enumerate(pairwise(sizes), start=1):
        layers[f"fc{number}"] = DropConnect(before, after, p=dropout, samples=samples)
    layers["out"] = skip_init(nn.Linear, sizes[-1], classes)
    return initialized(layers, he_normal, generator)


def dropconnect_cnn(
    generator: torch.Generator, classes: int, *, dropout: float = 0.5, samples: float = 32
) -> nn.Sequential:
    """Build a convolutional network with DropConnect in its fully connected layer of 150 units.

    The network sees the central 24 x 24 pixels. `dropout` and `samples` are as in `DropConnect`.

    Source: Wan et al. 2013, Regularization of Neural Networks using DropConnect, section 6.1.
    """
    layers = OrderedDict[str, nn.Module](
        crop=CenterCrop(24),  # (n, 1, 24, 24)
        conv1=skip_init(nn.Conv2d, 1, 32, 5, padding=2, bias=False),
        pool1=nn.MaxPool2d(2),  # (n, 32, 12, 12)
        norm1=nn.BatchNorm2d(32),
        relu1=nn.ReLU(),
        conv2=skip_init(nn.Conv2d, 32, 64, 5, padding=2, bias=False),
        pool2=nn.MaxPool2d(2),  # (n, 64, 6, 6)
        norm2=nn.BatchNorm2d(64),
        relu2=nn.ReLU(),
        flatten=nn.Flatten(),
        fc1=DropConnect(6 * 6 * 64, 150, p=dropout, samples=samples),
        fc2=skip_init(nn.Linear, 150, classes),
    )
    return initialized(layers, he_normal, generator)
