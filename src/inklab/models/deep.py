"""A network for records: five normalised convolutions, of which only the first sees the whole image."""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn.utils import skip_init

from inklab.models.initializers import filled, uniform
from inklab.models.layers import NormalizeWidth
from inklab.models.options import whole


def deep_cnn(
    generator: torch.Generator, classes: int, *, width: float = 24, digit_width: float = 0
) -> nn.Sequential:
    """Return a convolutional network of three stages with one, two and two convolutions.

        unit:   convolution, batch normalisation, ReLU; the last unit of a stage pools before it normalises
        stages: one 5x5 convolution of `width` channels, two 3x3 of twice, two 3x3 of four times as many

    To normalise and rectify maps of 28 x 28 costs more than the convolutions between them, so the first stage
    pools at once. With a width of 24 the network has 165,394 parameters.

    Args:
        generator: draws the weights, evenly between -b and b, b = 1 / sqrt(inputs of a unit).
        classes: how many logits come out.
        width: channels of the first stage, a whole number from 1 to 256.
        digit_width: what each digit is stretched to before anything else, see `NormalizeWidth`; 0 leaves it.

    Raises:
        RecipeError: an option is none of these.
    """
    first = whole("width", width, 1, 256, of="channels")
    layers = OrderedDict[str, nn.Module]()
    if digit_width:
        layers["normalise"] = NormalizeWidth(digit_width)
    channels = 1
    units = [("1", first, 5, True)]
    units += [("2a", 2 * first, 3, False), ("2b", 2 * first, 3, True)]
    units += [("3a", 4 * first, 3, False), ("3b", 4 * first, 3, True)]
    for name, wanted, window, pools in units:
        layers[f"conv{name}"] = skip_init(
            nn.Conv2d, channels, wanted, window, padding=window // 2, bias=False
        )
        if pools:
            layers[f"pool{name[0]}"] = nn.MaxPool2d(2)  # 14 x 14, 7 x 7, 3 x 3
        layers[f"norm{name}"] = nn.BatchNorm2d(wanted)
        layers[f"relu{name}"] = nn.ReLU()
        channels = wanted
    layers["flatten"] = nn.Flatten()
    layers["fc"] = skip_init(nn.Linear, channels * 3 * 3, classes)
    return filled(layers, uniform, generator)
