"""The weights of a network as images: its first convolution's filters, and how training changed them."""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from math import floor, log10

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inklab.constants import IMAGE_SIZE, N_CLASSES, N_PIXELS

_LOOKS_UNCHANGED, _LOOKS_REPLACED = 0.99, 0.7  # correlations with the start, for the description


@dataclass(frozen=True, eq=False)
class FilterChange:
    """The filters of a first convolution before and after training."""

    start: NDArray[np.float32]
    """(c, h, w): the random weights that training started from."""
    end: NDArray[np.float32]
    """(c, h, w): the trained weights."""

    @property
    def change(self) -> NDArray[np.float32]:
        """End minus start, (c, h, w)."""
        return self.end - self.start

    @property
    def correlation(self) -> float:
        """Pearson correlation of all weights at the end with those at the start; 0 where all are equal."""
        if not (np.ptp(self.start) and np.ptp(self.end)):
            return 0.0
        return float(np.corrcoef(self.start.ravel(), self.end.ravel())[0, 1])

    @property
    def start_sd(self) -> float:
        """Standard deviation of the weights at the start."""
        return float(self.start.std())

    @property
    def change_sd(self) -> float:
        """Standard deviation of the change."""
        return float(self.change.std())

    @property
    def relative_change(self) -> float:
        """Norm of the change divided by the norm of the start; 0 where the start is 0."""
        norm = float(np.linalg.norm(self.start))
        return float(np.linalg.norm(self.change)) / norm if norm else 0.0

    @property
    def amplification(self) -> int:
        """The factor, of 1, 2, 5, 10, 20, ..., that makes the change about as large as the start."""
        if not self.relative_change:
            return 1
        ratio = max(1.0, 1 / self.relative_change)
        power = 10 ** floor(log10(ratio))
        return int(max(step for step in (1, 2, 5) if step * power <= ratio) * power)

    @property
    def description(self) -> str:
        """The measured change in words."""
        measured = (
            f"The correlation of the trained filters with their random start is {self.correlation:.4f}. The "
            f"weights had a standard deviation of {self.start_sd:.3f} at the start; their change has "
            f"{self.change_sd:.3f}."
        )
        if self.correlation > _LOOKS_UNCHANGED:
            return f"{measured} Their patterns are those of the random start, not learned edges."
        if self.correlation > _LOOKS_REPLACED:
            return f"{measured} Training has changed them visibly, but the random start still shows."
        return f"{measured} Training has replaced most of the random start."


def filter_change(start: nn.Module, end: nn.Module) -> FilterChange:
    """Return the first convolution's filters before and after training.

    The start of a run is `build_network(recipe.network, recipe.network_options, seed=recipe.seed)`.

    Raises:
        ValueError: a network has no convolution, or their filters differ in shape.
    """
    before, after = filters(start), filters(end)
    if before.shape != after.shape:
        raise ValueError(f"the filters are {before.shape} and {after.shape}; expected two of one shape")
    return FilterChange(before, after)


def convolutions(model: nn.Module) -> list[str]:
    """Return the names of the convolutions, the one nearest to the image first."""
    return [name for name, module in model.named_modules() if isinstance(module, nn.Conv2d)]


def filters(model: nn.Module) -> NDArray[np.float32]:
    """Return a copy of the first convolution's filters, (c, h, w) float32.

    Raises:
        ValueError: the network has no convolution.
    """
    return _first_convolution(model).weight.numpy(force=True)[:, 0].copy()  # an image has one channel


def ablate_filters(model: nn.Module, ablated: Iterable[int]) -> nn.Module:
    """Return a copy of a network in which weights and biases of some first-convolution filters are 0.

    Raises:
        ValueError: the network has no convolution, or no such filter.
    """
    chosen = sorted(set(ablated))
    network = deepcopy(model)
    convolution = _first_convolution(network)
    if chosen and not 0 <= chosen[0] <= chosen[-1] < convolution.out_channels:
        raise ValueError(f"filters are {chosen}; expected numbers from 0 to {convolution.out_channels - 1}")
    with torch.no_grad():
        for parameter in convolution.parameters():  # the weights, and the biases if it has any
            parameter[chosen] = 0
    return network


def weight_images(model: nn.Module) -> NDArray[np.float32] | None:
    """Return a single layer's weights as one image per digit, (10, 28, 28) float32; None for other networks.

    Where a weight is positive, ink raises the digit's logit; where it is negative, ink lowers it.
    """
    weights = [p for p in model.parameters() if p.ndim > 1]
    if [p.shape for p in weights] != [(N_CLASSES, N_PIXELS)]:
        return None
    return weights[0].numpy(force=True).reshape(N_CLASSES, IMAGE_SIZE, IMAGE_SIZE).copy()


def _first_convolution(model: nn.Module) -> nn.Conv2d:
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            return module
    raise ValueError("the network has no convolution; for a single layer use weight_images")
