"""The copy of a network that computes the training steps: the same numbers with less work."""

from collections import OrderedDict
from copy import deepcopy

import torch
from torch import Tensor, nn

from inklab.training.fast_linear import FastLinear, is_faster_with_onednn


class ComputeCopy:
    """Compute the training steps of a network that keeps its own weights in float32.

    The copy shares all layers and parameters with the network, except:

    - In bfloat16, convolutions and linear layers use copies of their weights, made once per step.
    - Max-pooling comes before the ReLU that it follows in the network, which quarters the work of the ReLU:
      max(relu(a), relu(b)) = relu(max(a, b)).
    - In float32, linear layers use the faster of torch's two libraries, see `FastLinear`.

    A step is `sync_weights`, a forward pass, a backward pass, `copy_gradients`, and the optimizer's update.
    The network, a chain of layers, is on its device already; `dtype` is float32 or bfloat16.
    """

    def __init__(self, network: nn.Sequential, dtype: torch.dtype) -> None:
        self.dtype = dtype
        self._pairs: list[tuple[nn.Parameter, nn.Parameter]] = []  # (of the network, of the copy)
        self.layers = nn.Sequential(
            OrderedDict((name, self._copy_layer(layer)) for name, layer in _pool_before_relu(network))
        )
        self._parameters = list(self.layers.parameters())
        for weights, _ in self._pairs:
            weights.grad = torch.zeros_like(weights)  # overwritten in every step, without an allocation

    def __call__(self, images: Tensor) -> Tensor:
        """Return logits (n, k) float32 for images (n, 1, h, w) float32 in [0, 1]."""
        if self.dtype == torch.float32:  # the images have this form already; asking again costs microseconds
            return self.layers(images)  # type: ignore[no-any-return]
        logits: Tensor = self.layers(images.to(self.dtype, memory_format=torch.channels_last))
        return logits.float()

    def sync_weights(self) -> None:
        """Copy the network's weights, and clear the gradients of the previous step."""
        for weights in self._parameters:
            weights.grad = None
        with torch.no_grad():
            for weights, copy in self._pairs:
                copy.copy_(weights)

    def copy_gradients(self) -> None:
        """Copy the gradients to the network."""
        for weights, copy in self._pairs:
            weights.grad.copy_(copy.grad)  # type: ignore[union-attr,arg-type]  # there since backward

    def _copy_layer(self, layer: nn.Module) -> nn.Module:
        if self.dtype == torch.float32:
            return FastLinear(layer) if is_faster_with_onednn(layer) else layer  # type: ignore[arg-type]
        if not isinstance(layer, nn.Conv2d | nn.Linear):
            return layer
        copy = deepcopy(layer).to(self.dtype)
        self._pairs += zip(layer.parameters(), copy.parameters(), strict=True)
        return copy


def _pool_before_relu(network: nn.Sequential) -> list[tuple[str, nn.Module]]:
    """Return the layers by name, with each max-pooling moved before the ReLU that it follows."""
    layers = list(network.named_children())
    for i in range(1, len(layers)):
        if isinstance(layers[i - 1][1], nn.ReLU) and isinstance(layers[i][1], nn.MaxPool2d):
            layers[i - 1], layers[i] = layers[i], layers[i - 1]
    return layers
