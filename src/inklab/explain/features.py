"""The feature maps and the penultimate features of a PyTorch network."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inklab.models import predict_logits
from inklab.models.activations import activations


def feature_maps(model: nn.Module, image: NDArray[np.uint8], name: str) -> NDArray[np.float32]:
    """Return the output of one layer for an image (28, 28) uint8; of a convolution (c, h, w) float32.

    Layers have the names that `summary` lists.
    """
    with activations(model, [name]) as outputs:
        predict_logits(model, image[np.newaxis])
    return outputs[name][0].float().cpu().numpy()


def penultimate_features(model: nn.Module, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the inputs of the last fully connected layer, (n, d) float32; for a single layer the pixels.

    The images are (n, 28, 28) uint8, at least one.

    Raises:
        ValueError: the network has no fully connected layer.
    """
    layers = [module for module in model.modules() if isinstance(module, nn.Linear)]
    if not layers:
        raise ValueError("the network has no fully connected layer; penultimate features are its inputs")
    batches: list[Tensor] = []

    def record(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        batches.append(inputs[0].detach().flatten(1).float().cpu())

    with layers[-1].register_forward_pre_hook(record):
        predict_logits(model, images)
    return torch.cat(batches).numpy()
