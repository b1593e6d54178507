"""The weights of a network averaged over its steps."""

from copy import deepcopy

import torch
from torch import nn


class AveragedWeights:
    """A double of a network whose weights and running statistics follow it slowly.

        average <- d * average + (1 - d) * weights,   d = min(decay, (1 + step) / (10 + step))

    A step moves weights at random about where they should be; the average moves less. The first steps count
    for little, so that the average does not remember how the network began.

    Args:
        learner: the network to follow; it learns elsewhere.
        decay: the share of the average that stays in a step, in [0, 1).

    Attributes:
        model: the double.

    Source: Polyak and Juditsky 1992; Tarvainen and Valpola 2017, Mean teachers, for the decay.
    """

    def __init__(self, learner: nn.Sequential, decay: float) -> None:
        self.model = deepcopy(learner).requires_grad_(requires_grad=False)
        self._decay = decay
        pairs = zip(self.model.state_dict().values(), learner.state_dict().values(), strict=True)
        moving = [(mine, its) for mine, its in pairs if mine.is_floating_point()]
        self._mine, self._its = [mine for mine, _ in moving], [its for _, its in moving]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Move towards the learner, which has just taken this step, counted from 0."""
        stays = min(self._decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self._mine, self._its, 1 - stays)
