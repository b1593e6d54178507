"""Softmax regression: the lesson's first network, a single layer."""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn.utils import skip_init


def softmax_regression(
    generator: torch.Generator,  # noqa: ARG001  (every builder takes one)
    inputs: int,
    classes: int,
) -> nn.Sequential:
    """Return the linear network whose logits are the evidence for each digit.

        logits = x W + b,   W: inputs x classes, b: classes, both zero at the start

    Zero is a fine start for a convex problem: there is one optimum, and nothing to break the symmetry of.
    For MNIST's 784 inputs and 10 classes the network has 7,850 parameters.
    """
    linear = skip_init(nn.Linear, inputs, classes)
    nn.init.zeros_(linear.weight)
    nn.init.zeros_(linear.bias)
    return nn.Sequential(OrderedDict(flatten=nn.Flatten(), linear=linear))
