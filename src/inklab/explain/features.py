"""What a network has made of images just before its last layer decides."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inklab.models import predict_logits


def penultimate_features(model: nn.Module, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return what the last layer weighs: the last hidden layer; where there is but one layer, the image.

    Args:
        model: any network that ends in a fully connected layer.
        images: (n, 28, 28) uint8, at least one.

    Returns:
        (n, d) float32.

    Raises:
        ValueError: the network has no fully connected layer.
    """
    layers = [module for module in model.modules() if isinstance(module, nn.Linear)]
    if not layers:
        raise ValueError("the network has no fully connected layer, whose inputs could be looked at")
    seen: list[Tensor] = []

    def keep(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        seen.append(inputs[0].detach().flatten(1).float().cpu())

    handle = layers[-1].register_forward_pre_hook(keep)
    try:
        predict_logits(model, images)
    finally:
        handle.remove()
    return torch.cat(seen).numpy()
