"""Convolutional networks with batch norm in three stages: a fast one, and a deeper, more accurate one."""

from collections import OrderedDict
from collections.abc import Iterable

import torch
from torch import nn
from torch.nn.utils import skip_init

from inklab.models.initializers import initialized, uniform
from inklab.models.layers import NormalizeWidth
from inklab.models.options import whole_option


def fast_cnn(generator: torch.Generator, classes: int, *, width: float = 16) -> nn.Sequential:
    """Build a small network of three stages, each a 3x3 convolution, and a fully connected layer.

    With `width` 16 the network has 29,178 parameters, with 32 it has 104,426.

    Args:
        generator: draws the weights, see `uniform`.
        classes: number of logits.
        width: channels of the first stage, from 1 to 256; the other stages have 2 and 4 times as many.

    Raises:
        RecipeError: `width` is out of range.
    """
    first = whole_option("width", width, 1, 256, unit="channels")
    convolutions = (("1", first, 3), ("2", 2 * first, 3), ("3", 4 * first, 3))
    return _stages(generator, classes, convolutions, OrderedDict())


def deep_cnn(
    generator: torch.Generator, classes: int, *, width: float = 24, digit_width: float = 0
) -> nn.Sequential:
    """Build a network of three stages: one 5x5 convolution, then twice two 3x3 convolutions.

    With `width` 24 the network has 165,394 parameters.

    Args:
        generator: draws the weights, see `uniform`.
        classes: number of logits.
        width: channels of the first stage, from 1 to 256; the other stages have 2 and 4 times as many.
        digit_width: pixels to which `NormalizeWidth` first stretches each digit; 0 leaves digits unchanged.

    Raises:
        RecipeError: an option is out of range.
    """
    first = whole_option("width", width, 1, 256, unit="channels")
    layers = OrderedDict[str, nn.Module]()
    if digit_width:
        layers["normalize"] = NormalizeWidth(digit_width)
    convolutions = [("1", first, 5)]
    convolutions += [(name, 2 * first, 3) for name in ("2a", "2b")]
    convolutions += [(name, 4 * first, 3) for name in ("3a", "3b")]
    return _stages(generator, classes, convolutions, layers)


def _stages(
    generator: torch.Generator,
    classes: int,
    convolutions: Iterable[tuple[str, int, int]],
    layers: OrderedDict[str, nn.Module],
) -> nn.Sequential:
    """Add the convolutions (name, channels, kernel size), each with batch norm and ReLU, and the last layer.

    The last convolution of a stage pools directly afterwards, which quarters the work of batch norm and ReLU:
    on 28 x 28 maps these cost more than the convolutions.
    """
    in_channels = 1
    for name, channels, kernel in convolutions:
        layers[f"conv{name}"] = skip_init(
            nn.Conv2d, in_channels, channels, kernel, padding=kernel // 2, bias=False
        )
        if not name.endswith("a"):
            layers[f"pool{name[0]}"] = nn.MaxPool2d(2)  # 14 x 14, 7 x 7, 3 x 3
        layers[f"norm{name}"] = nn.BatchNorm2d(channels)
        layers[f"relu{name}"] = nn.ReLU()
        in_channels = channels
    layers["flatten"] = nn.Flatten()
    layers["fc"] = skip_init(nn.Linear, in_channels * 3 * 3, classes)
    return initialized(layers, uniform, generator)
