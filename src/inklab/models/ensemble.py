"""Ensembles: several networks classify an image."""

from collections.abc import Iterable
from math import log

import torch
from torch import Tensor, nn

from inklab.models.tta import TestTimeAugmentation


class Ensemble(nn.Module):
    """Average the probabilities of m networks, at least one.

        logits = log (1/m sum_c softmax(logits_c))

    Source: Ciresan, Meier, Schmidhuber 2012, Multi-column Deep Neural Networks for Image Classification,
    section 2, where the members are called columns.
    """

    def __init__(self, members: Iterable[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (n, k) of images (n, 1, 28, 28)."""
        logs = torch.stack([member(images).log_softmax(dim=1) for member in self.members])  # (m, n, k)
        return logs.logsumexp(dim=0) - log(len(self.members))


def first_network(model: nn.Module) -> nn.Module:
    """Return the first member of an ensemble, the network behind test-time augmentation, or the model."""
    while isinstance(model, Ensemble | TestTimeAugmentation):
        model = model.members[0] if isinstance(model, Ensemble) else model.network
    return model
