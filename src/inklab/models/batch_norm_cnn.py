"""Convolutional networks with batch norm in three stages: a fast one, and a deeper, more accurate one."""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn.utils import skip_init

from inklab.models.initializers import initialized, uniform
from inklab.models.layers import NormalizeWidth
from inklab.models.options import whole_option


def fast_cnn(generator: torch.Generator, classes: int, *, width: float = 16) -> nn.Sequential:
    """Build a small network of three stages, each a 3x3 convolution, and a fully connected layer.

    The first stage has `width` channels, from 1 to 256, the others 2 and 4 times as many. With `width` 16 the
    network has 29,178 parameters, with 32 it has 104,426.
    """
    layers = _stages(classes, width, [("1", 1, 3), ("2", 2, 3), ("3", 4, 3)])
    return initialized(layers, uniform, generator)


def deep_cnn(
    generator: torch.Generator, classes: int, *, width: float = 24, digit_width: float = 0
) -> nn.Sequential:
    """Build a network of three stages: one 5x5 convolution, then twice two 3x3 convolutions.

    The first stage has `width` channels, from 1 to 256, the others 2 and 4 times as many. With `width` 24 the
    network has 165,394 parameters. `NormalizeWidth` first stretches each digit to `digit_width` pixels unless
    that is 0.
    """
    blocks = [("1", 1, 5), ("2a", 2, 3), ("2b", 2, 3), ("3a", 4, 3), ("3b", 4, 3)]
    return initialized(_stages(classes, width, blocks, digit_width), uniform, generator)


def _stages(
    classes: int, width: float, blocks: list[tuple[str, int, int]], digit_width: float = 0
) -> OrderedDict[str, nn.Module]:
    """Return the layers of blocks (name, channels / width, kernel size), and the fully connected layer.

    The last convolution of a stage pools directly afterwards, which quarters the work of batch norm and ReLU:
    on 28 x 28 maps these cost more than the convolutions.
    """
    first = whole_option("width", width, 1, 256, unit="channels")
    layers = OrderedDict[str, nn.Module]()
    if digit_width:
        layers["normalize"] = NormalizeWidth(digit_width)
    before = 1
    for name, factor, kernel in blocks:
        after = factor * first
        layers[f"conv{name}"] = skip_init(nn.Conv2d, before, after, kernel, padding=kernel // 2, bias=False)
        if not name.endswith("a"):
            layers[f"pool{name[0]}"] = nn.MaxPool2d(2)  # 14 x 14, 7 x 7, 3 x 3
        layers[f"norm{name}"] = nn.BatchNorm2d(after)
        layers[f"relu{name}"] = nn.ReLU()
        before = after
    layers |= OrderedDict(flatten=nn.Flatten(), fc=skip_init(nn.Linear, before * 3 * 3, classes))
    return layers
