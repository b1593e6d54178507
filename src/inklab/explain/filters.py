"""What the layers of a network have learned."""

from collections.abc import Iterable
from copy import deepcopy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inklab.constants import IMAGE_SIZE, N_CLASSES


def convolutions(model: nn.Module) -> list[str]:
    """Return the names of the convolutions, the one nearest to the image first."""
    return [name for name, module in model.named_modules() if isinstance(module, nn.Conv2d)]


def filters(model: nn.Module) -> NDArray[np.float32]:
    """Return a copy of the first convolution's filters, (c, h, w) float32: what each map looks for.

    Raises:
        ValueError: the network has no convolution.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            return module.weight.detach()[:, 0].cpu().numpy().copy()  # an image has one channel
    raise ValueError("the network has no convolution; look at its weight_images")


def ablate_filters(model: nn.Module, silenced: Iterable[int]) -> nn.Module:
    """Return a copy of a network in which these filters of the first convolution find nothing anywhere.

    Their weights and biases are 0, and so are their maps, before any layer that follows.

    Raises:
        ValueError: the network has no convolution, or no such filter.
    """
    silenced = sorted(set(silenced))
    copied = deepcopy(model)
    for module in copied.modules():
        if isinstance(module, nn.Conv2d):
            if silenced and not 0 <= silenced[0] <= silenced[-1] < module.out_channels:
                raise ValueError(
                    f"filters are {silenced}; expected numbers from 0 to {module.out_channels - 1}"
                )
            with torch.no_grad():
                for learned in module.parameters():  # weights, and biases if there are any
                    learned[silenced] = 0
            return copied
    raise ValueError("the network has no convolution; it has no filters")


def weight_images(model: nn.Module) -> NDArray[np.float32] | None:
    """Return the weights of a linear network as one image a digit, (10, 28, 28) float32.

    A weight above zero is a pixel whose ink speaks for the digit; below zero, against it.

    Returns:
        None if the network has more than one layer with weights, so that no such image exists.
    """
    weights = [p for p in model.parameters() if p.ndim > 1]
    if len(weights) != 1 or weights[0].shape != (N_CLASSES, IMAGE_SIZE * IMAGE_SIZE):
        return None
    return weights[0].detach().cpu().numpy().reshape(N_CLASSES, IMAGE_SIZE, IMAGE_SIZE).copy()
