"""The classic convolutional columns: Ciresan's, for digits of one width, and Wan's, with DropConnect."""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn.utils import skip_init

from inklab.models.initializers import filled, he_normal
from inklab.models.layers import Crop, DropConnect, NormalizeWidth


def mcdnn_column(generator: torch.Generator, classes: int, *, digit_width: float = 0) -> nn.Sequential:
    """Return one column of the multi-column deep network, 20C4-MP2-40C5-MP3-150N-10, 76,100 parameters.

    Pooling comes before the ReLU, which changes nothing, and each convolution is normalised over the
    batch, which the paper did not know, so that it learns in fewer epochs.

    Args:
        generator: draws the weights, see `he_normal`.
        classes: how many logits come out.
        digit_width: what each digit is stretched to before anything else, see `NormalizeWidth`; 0 leaves it.

    Raises:
        RecipeError: `digit_width` is none of these.

    Source: Ciresan, Meier, Schmidhuber 2012, Multi-column Deep Neural Networks for Image Classification.
    """
    layers = OrderedDict[str, nn.Module]()
    if digit_width:
        layers["normalise"] = NormalizeWidth(digit_width)
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
    return filled(layers, he_normal, generator)


def dropconnect_cnn(
    generator: torch.Generator, classes: int, *, keep: float = 0.5, samples: float = 32
) -> nn.Sequential:
    """Return a convolutional network whose fully connected layer has DropConnect, 24 x 24 pixels wide.

    The middle of the image passes two 5x5 convolutions of 32 and 64 channels, each pooled and normalised
    over the batch; 150 units with DropConnect look at what is left.

    Args:
        generator: draws the weights, see `he_normal`.
        classes: how many logits come out.
        keep: the probability with which a weight of the fully connected layer is kept.
        samples: quantiles at inference, see `DropConnect`; 0 takes the mean network.

    Raises:
        RecipeError: an option is none of these.

    Source: Wan et al. 2013, Regularization of Neural Networks using DropConnect, section 6.1.
    """
    layers = OrderedDict[str, nn.Module](
        crop=Crop(24),  # (n, 1, 24, 24)
        conv1=skip_init(nn.Conv2d, 1, 32, 5, padding=2, bias=False),
        pool1=nn.MaxPool2d(2),  # (n, 32, 12, 12)
        norm1=nn.BatchNorm2d(32),
        relu1=nn.ReLU(),
        conv2=skip_init(nn.Conv2d, 32, 64, 5, padding=2, bias=False),
        pool2=nn.MaxPool2d(2),  # (n, 64, 6, 6)
        norm2=nn.BatchNorm2d(64),
        relu2=nn.ReLU(),
        flatten=nn.Flatten(),
        fc1=DropConnect(6 * 6 * 64, 150, keep=keep, samples=samples),
        fc2=skip_init(nn.Linear, 150, classes),
    )
    return filled(layers, he_normal, generator)
