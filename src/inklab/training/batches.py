"""Training batches of a data set that lives on the device."""

from math import prod

import numpy as np
import torch
from torch import Tensor

from inklab.constants import N_PIXELS
from inklab.data import ArrayDataset, BatchSampler, Split
from inklab.models import as_input

MAX_GATHERED_PIXELS = 4096 * N_PIXELS
"""Pixels that are selected and converted to float32 at once: 4,096 MNIST images, 13 MB."""


class DeviceBatches:
    """The training batches by step, as tensors on the device.

    The images move to the device once and keep their dtype, MNIST as uint8. The batches of many steps are
    gathered at once, which costs hardly more than one batch.
    """

    def __init__(self, examples: Split | ArrayDataset, sampler: BatchSampler, device: torch.device) -> None:
        self.sampler = sampler
        self._images = torch.tensor(examples.images, device=device)  # (n, h, w)
        self._labels = torch.tensor(examples.labels, device=device)  # (n,) int64
        pixels = sampler.size * max(prod(examples.images.shape[1:]), N_PIXELS)
        self.n_gathered = max(1, MAX_GATHERED_PIXELS // pixels)
        self._gathered: list[tuple[Tensor, Tensor]] = []
        self._first = 0  # the step of the first gathered batch

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor]:
        """Return the images (b, 1, h, w) float32 in [0, 1] and the labels (b,) int64 of a step."""
        offset = step - self._first
        if not 0 <= offset < len(self._gathered):
            indices = np.concatenate([self.sampler[i] for i in range(step, step + self.n_gathered)])
            selected = torch.from_numpy(indices).to(self._images.device, non_blocking=True)
            images = as_input(self._images[selected]).split(self.sampler.size)
            labels = self._labels[selected].split(self.sampler.size)
            self._gathered, self._first, offset = list(zip(images, labels, strict=True)), step, 0
        return self._gathered[offset]
