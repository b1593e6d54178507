"""The exponential moving average of a network's weights."""

from copy import deepcopy

import torch
from torch import nn


class ExponentialMovingAverage:
    """A copy of a network whose weights and running statistics are moving averages of the network's.

        average <- d * average + (1 - d) * weights,   d = min(decay, (1 + step) / (10 + step))

    `decay` is in [0, 1); d is smaller in the first steps, so that the initial weights are soon forgotten.

    Attributes:
        model: the network with averaged weights.

    Source: Polyak and Juditsky 1992; Tarvainen and Valpola 2017, Mean teachers, for the decay.
    """

    def __init__(self, network: nn.Sequential, decay: float) -> None:
        self.model = deepcopy(network).requires_grad_(requires_grad=False)
        self._decay = decay
        self._averages, self._weights = (
            [value for value in model.state_dict().values() if value.is_floating_point()]
            for model in (self.model, network)
        )

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Update the average after a training step, counted from 0."""
        decay = min(self._decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self._averages, self._weights, 1 - decay)
