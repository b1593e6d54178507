"""The images that an artifact is calibrated on: the validation images, and degraded copies of them."""

import numpy as np
import torch
from numpy.typing import NDArray

from inklab.data import Split
from inklab.models import as_input
from inklab.training.augmentation.degradation import Degradation
from inklab.training.augmentation.geometric import Augmentation

DEFORMATION = Augmentation(rotation=15, scale=0.25, shear=0.2, translate=1, elastic_alpha=20)
DEGRADATION = Degradation(probability=1, stroke=0.8, blur=1.2, fade=0.7, stroke_gap=2)
"""Changes of the copies, somewhat stronger than those in training, as in pictures from other hands."""


def calibration_images(valid: Split) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the images (2 n, 28, 28) uint8 and labels (2 n,) int64 of a validation set and of its copies.

    A temperature that is fitted to clean digits alone is too confident, and its prediction sets miss too
    often, on pictures that are less tidy than the training images.
    """
    generator = torch.Generator().manual_seed(0)
    n_parts = -(-len(valid) // 1000)  # bounds the memory
    copies = [
        DEGRADATION(DEFORMATION(as_input(torch.tensor(part)), generator), generator)[:, 0]
        for part in np.array_split(valid.images, n_parts)
    ]
    degraded = np.rint(255 * torch.cat(copies).numpy()).astype(np.uint8)
    return np.concatenate([valid.images, degraded]), np.tile(valid.labels, 2)
