"""The lesson's convolutional network: two convolutions, a fully connected layer, dropout."""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn.utils import skip_init

from inklab.models.initializers import initialized, truncated_normal
from inklab.models.layers import Dropout


def lesson_cnn(generator: torch.Generator, classes: int, *, dropout: float = 0.5) -> nn.Sequential:
    """Build the lesson's convolutional network, 3,274,634 parameters.

    Weights are drawn by `truncated_normal` with standard deviation 0.1; biases are 0.1. Dropout sets the
    fraction `dropout`, in [0, 1), of the fully connected layer's units to 0.
    """
    layers = OrderedDict[str, nn.Module](
        conv1=skip_init(nn.Conv2d, 1, 32, 5, padding=2),  # (n, 32, 28, 28)
        relu1=nn.ReLU(),
        pool1=nn.MaxPool2d(2),  # (n, 32, 14, 14)
        conv2=skip_init(nn.Conv2d, 32, 64, 5, padding=2),  # (n, 64, 14, 14)
        relu2=nn.ReLU(),
        pool2=nn.MaxPool2d(2),  # (n, 64, 7, 7)
        flatten=nn.Flatten(),  # (n, 3136)
        fc1=skip_init(nn.Linear, 7 * 7 * 64, 1024),  # (n, 1024)
        relu3=nn.ReLU(),
        dropout=Dropout(dropout),
        fc2=skip_init(nn.Linear, 1024, classes),  # (n, k)
    )
    return initialized(layers, truncated_normal, generator)
