"""A small network that learns fast: normalised, pooled at once, few channels."""

from collections import OrderedDict
from itertools import pairwise

import torch
from torch import nn
from torch.nn.utils import skip_init

from inklab.models.initializers import filled, uniform
from inklab.models.options import whole


def fast_cnn(generator: torch.Generator, classes: int, *, width: float = 16) -> nn.Sequential:
    """Return a convolutional network of three stages and a fully connected layer.

        stage: 3x3 convolution, 2x2 max-pooling, batch normalisation, ReLU

    The stages have `width`, twice and four times as many channels; with 16 the network has 29,178
    parameters, with 32 it has 104,426. Pooling comes right after the convolution, so that normalising and
    rectifying have a quarter of the work.

    Args:
        generator: draws the weights, evenly between -b and b, b = 1 / sqrt(inputs of a unit).
        classes: how many logits come out.
        width: channels of the first stage, a whole number from 1 to 256.

    Raises:
        RecipeError: `width` is none of these.
    """
    first = whole("width", width, 1, 256, of="channels")
    channels = (1, first, 2 * first, 4 * first)
    layers = OrderedDict[str, nn.Module]()
    for stage, (before, after) in enumerate(pairwise(channels), start=1):
        layers[f"conv{stage}"] = skip_init(nn.Conv2d, before, after, 3, padding=1, bias=False)
        layers[f"pool{stage}"] = nn.MaxPool2d(2)  # 14 x 14, 7 x 7, 3 x 3
        layers[f"norm{stage}"] = nn.BatchNorm2d(after)
        layers[f"relu{stage}"] = nn.ReLU()
    layers["flatten"] = nn.Flatten()
    layers["fc"] = skip_init(nn.Linear, channels[-1] * 3 * 3, classes)
    return filled(layers, uniform, generator)
