"""The network as the steps of a training compute it: the same numbers from less work."""

from collections import OrderedDict
from copy import deepcopy

import torch
from torch import Tensor, nn

from inklab.training.linear import FastLinear, has_faster_product


class ComputeCopy:
    """A double of a network for the steps of its training; the network keeps the float32 weights.

    It differs from the network in three ways. Convolutions and fully connected layers compute with copies of
    their weights in `dtype`, made once a step. And where a ReLU comes before max-pooling the two change
    places, for the largest of the rectified numbers is the largest number, rectified:

        max(relu(a), relu(b)) = relu(max(a, b))

    so that the ReLU has a quarter of the work. And in float32 fully connected layers are multiplied by the
    faster of torch's two libraries (see `FastLinear`). Everything else is the network's own.

    A step is: `sync_weights`, compute, go backward, `copy_gradients`; then the network's optimiser can step.

    Args:
        network: a chain of layers, on its device; its weights are float32.
        dtype: float32 or bfloat16.
    """

    def __init__(self, network: nn.Sequential, dtype: torch.dtype) -> None:
        self.dtype = dtype
        self._pairs: list[tuple[nn.Parameter, nn.Parameter]] = []  # (the network's, the copy's)
        self.layers = nn.Sequential(
            OrderedDict((name, self._working(layer)) for name, layer in _reordered(network))
        )
        self._parameters = list(self.layers.parameters())
        for weights, _ in self._pairs:
            weights.grad = torch.zeros_like(weights)  # written over in every step: no allocation, no pages

    def __call__(self, inputs: Tensor) -> Tensor:
        """Return the logits (n, 10) float32 of images (n, 1, 28, 28) in [0, 1]."""
        if self.dtype == torch.float32:  # as the images come: to ask for it again costs microseconds a step
            return self.layers(inputs)  # type: ignore[no-any-return]
        logits: Tensor = self.layers(inputs.to(self.dtype, memory_format=torch.channels_last))
        return logits.float()

    def sync_weights(self) -> None:
        """Take over the network's weights, and forget the gradients of the step before."""
        for weights in self._parameters:
            weights.grad = None
        with torch.no_grad():
            for weights, copy in self._pairs:
                copy.copy_(weights)

    def copy_gradients(self) -> None:
        """Give the network the gradients of its weights."""
        for weights, copy in self._pairs:
            weights.grad.copy_(copy.grad)  # type: ignore[union-attr,arg-type]  # there since backward

    def _working(self, layer: nn.Module) -> nn.Module:
        if self.dtype == torch.float32:
            return FastLinear(layer) if has_faster_product(layer) else layer  # type: ignore[arg-type]
        if not isinstance(layer, nn.Conv2d | nn.Linear):
            return layer
        copy = deepcopy(layer).to(self.dtype)
        self._pairs += zip(layer.parameters(), copy.parameters(), strict=True)
        return copy


def _reordered(network: nn.Sequential) -> list[tuple[str, nn.Module]]:
    """Return the layers by name, with each max-pooling before the ReLU that it follows in the network."""
    layers = list(network.named_children())
    for i in range(1, len(layers)):
        if isinstance(layers[i - 1][1], nn.ReLU) and isinstance(layers[i][1], nn.MaxPool2d):
            layers[i - 1], layers[i] = layers[i], layers[i - 1]
    return layers
