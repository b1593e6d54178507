"""Networks that answer together: many columns of an image, one network over many views of it."""

from collections.abc import Iterable
from math import log

import torch
from torch import Tensor, nn
from torch.nn.functional import grid_sample


class Ensemble(nn.Module):
    """Columns that answer by their mean probability.

        logits = log (1/m sum_c softmax(logits_c))

    Args:
        columns: m networks, at least one.

    Source: Ciresan, Meier, Schmidhuber 2012, section 2.
    """

    def __init__(self, columns: Iterable[nn.Module]) -> None:
        super().__init__()
        self.columns = nn.ModuleList(columns)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (n, k) of images (n, 1, 28, 28)."""
        answers = torch.stack([column(images).log_softmax(dim=1) for column in self.columns])  # (m, n, k)
        return answers.logsumexp(dim=0) - log(len(self.columns))


class TestTimeAugmentation(nn.Module):
    """A network that decides by the product of its probabilities over several views of an image.

        logits = 1/m sum_v log softmax(logits of view v)

    The mean of the logarithms has its largest value where the product of the probabilities has, and says
    how sure one view is instead of m views that are not independent.

    Args:
        network: answers a view.
        grids: (m, h, w, 2) float32; where each pixel of a view is looked up, in grid_sample's measure.

    Source: Sato, Nishimura, Yokoi 2015, APAC: Augmented PAttern Classification with Neural Networks.
    """

    grids: Tensor

    def __init__(self, network: nn.Module, grids: Tensor) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("grids", grids)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (n, k) of images (n, 1, 28, 28)."""
        total = torch.zeros((), device=images.device)
        n = images.shape[0]  # not len(): traced for export it would be fixed at the number there was
        for grid in self.grids:
            view = grid_sample(images, grid.expand(n, -1, -1, -1), align_corners=False)
            total = total + self.network(view).log_softmax(dim=1)
        return total / len(self.grids)


def first_network(model: nn.Module) -> nn.Module:
    """Return the network to look into: the first column, what answers the views, or the model itself."""
    match model:
        case Ensemble():
            return first_network(model.columns[0])
        case TestTimeAugmentation():
            return first_network(model.network)
        case _:
            return model
