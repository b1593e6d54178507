"""Predictions of a network: from images to logits, in batches."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inklab.constants import N_CLASSES

BATCH_SIZE = 250  # the lesson's CNN then stays well under 300 MB


def as_input(images: Tensor) -> Tensor:
    """Return images (n, h, w) as network inputs (n, 1, h, w); uint8 becomes float32 in [0, 1]."""
    inputs = images.unsqueeze(1)
    return inputs.float().div_(255) if images.dtype == torch.uint8 else inputs


def predict_logits(model: nn.Module, images: NDArray[np.uint8 | np.float32]) -> NDArray[np.float32]:
    """Return the logits (n, k) of images, computed in evaluation mode; the training mode is restored.

    Args:
        model: any network of `NETWORKS`, on any device; it computes in the dtype of its weights.
        images: (n, 28, 28) uint8, ink bright; or float32 network inputs, of any size that the network takes.
    """
    images = np.ascontiguousarray(images)  # torch refuses negative strides, such as images[::-1]
    weights = next(model.parameters())
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            batches = [
                model(as_input(torch.tensor(batch, device=weights.device)).to(weights.dtype)).float().cpu()
                for batch in np.split(images, range(BATCH_SIZE, len(images), BATCH_SIZE))
            ]
    finally:
        model.train(was_training)
    return torch.cat(batches).numpy()


def digit_logits(model: nn.Module, images: NDArray[np.uint8 | np.float32]) -> NDArray[np.float32]:
    """Return `predict_logits` of the digits alone (n, 10); some networks have another for "no digit"."""
    return predict_logits(model, images)[:, :N_CLASSES]
