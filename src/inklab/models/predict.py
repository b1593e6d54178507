"""From images to logits, a batch at a time."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

BATCH = 250  # 10,000 images through the lesson's CNN stay well under 300 MB


def as_input(images: Tensor) -> Tensor:
    """Return uint8 images (n, 28, 28) as the float32 (n, 1, 28, 28) in [0, 1] that every network takes."""
    return images.unsqueeze(1).float().div_(255)


def predict_logits(model: nn.Module, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the logits of images, with dropout and its like switched off.

    Args:
        model: any network of `NETWORKS`, on any device; its training mode is as before afterwards.
        images: (n, 28, 28) uint8, ink bright.

    Returns:
        (n, 10) float32.
    """
    images = np.ascontiguousarray(images)  # torch takes no array that is read backwards, such as split[::-1]
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            batches = [
                model(as_input(torch.tensor(images[start : start + BATCH], device=device))).float().cpu()
                for start in range(0, len(images), BATCH)
            ]
    finally:
        model.train(was_training)
    return torch.cat(batches).numpy() if batches else np.empty((0, 10), np.float32)
