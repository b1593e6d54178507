"""The network of MCDNN: one column of the multi-column deep neural network."""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn.utils import skip_init

from inklab.models.initializers import he_normal, initialized
from inklab.models.layers import NormalizeWidth


def mcdnn_column(generator: torch.Generator, classes: int, *, digit_width: float = 0) -> nn.Sequential:
    """Build one column of the multi-column deep network, 20C4-MP2-40C5-MP3-150N-10, 76,100 parameters.

    Pooling comes before ReLU, which gives the same result. Unlike the paper, each convolution has batch norm,
    so that training takes fewer epochs. `NormalizeWidth` first stretches each digit to `digit_width` pixels
    unless that is 0.

    Source: Ciresan, Meier, Schmidhuber 2012, Multi-column Deep Neural Networks for Image Classification.
    """
    layers = OrderedDict[str, nn.Module]()
    if digit_width:
        layers["normalize"] = NormalizeWidth(digit_width)
    layers |= OrderedDict[str, nn.Module](
        pad=nn.ZeroPad2d((1, 0, 1, 0)),  # (n, 1, 29, 29)
        conv1=skip_init(nn.Conv2d, 1, 20, 4, bias=False),  # (n, 20, 26, 26)
        pool1=nn.MaxPool2d(2),  # (n, 20, 13, 13)
        norm1=nn.BatchNorm2d(20),
        relu1=nn.ReLU(),
        conv2=skip_init(nn.Conv2d, 20, 40, 5, bias=False),  # (n, 40, 9, 9)
        pool2=nn.MaxPool2d(3),  # (n, 40, 3, 3)
        norm2=nn.BatchNorm2d(40),
        relu2=nn.ReLU(),
        flatten=nn.Flatten(),
        fc1=skip_init(nn.Linear, 360, 150),
        relu3=nn.ReLU(),
        fc2=skip_init(nn.Linear, 150, classes),
    )
    return initialized(layers, he_normal, generator)
