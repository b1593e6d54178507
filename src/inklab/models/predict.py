"""From images to logits, a batch at a time."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inklab.constants import N_CLASSES

BATCH = 250  # 10,000 images through the lesson's CNN stay well under 300 MB


def as_input(images: Tensor) -> Tensor:
    """Return images (n, h, w) as the (n, 1, h, w) that every network takes: uint8 as float32 in [0, 1]."""
    inputs = images.unsqueeze(1)
    return inputs.float().div_(255) if images.dtype == torch.uint8 else inputs


def predict_logits(model: nn.Module, images: NDArray[np.uint8 | np.float32]) -> NDArray[np.float32]:
    """Return the logits of images, with dropout and its like switched off.

    Args:
        model: any network of `NETWORKS`, on any device, computing in the type of its weights; its training
            mode is as before afterwards.
        images: (n, 28, 28) uint8, ink bright; or float32, as the network takes them, of any size it takes.

    Returns:
        (n, k) float32.
    """
    images = np.ascontiguousarray(images)  # torch takes no array that is read backwards, such as split[::-1]
    weights = next(model.parameters())
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            batches = [
                model(as_input(torch.tensor(batch, device=weights.device)).to(weights.dtype)).float().cpu()
                for batch in np.split(images, range(BATCH, len(images), BATCH))
            ]
    finally:
        model.train(was_training)
    return torch.cat(batches).numpy()


def digit_logits(model: nn.Module, images: NDArray[np.uint8 | np.float32]) -> NDArray[np.float32]:
    """Return the logits (n, 10) of the digits alone, of a network that may have one for "no digit" as well.

    Args:
        model: as `predict_logits` takes it.
        images: likewise.
    """
    return predict_logits(model, images)[:, :N_CLASSES]
