"""Test-time augmentation: one network classifies several views of an image."""

import torch
from torch import Tensor, nn
from torch.nn.functional import grid_sample


class TestTimeAugmentation(nn.Module):
    """Multiply the probabilities that a network gives to several views of an image.

        logits = 1/m sum_v log softmax(logits of view v)

    The mean of the logarithms has its maximum at the same class as the product. Unlike the product, it does
    not overstate the confidence, since the m views are not independent. `grids`, (m, h, w, 2) float32, holds
    the source position of each pixel of a view, as `grid_sample` takes it.

    Source: Sato, Nishimura, Yokoi 2015, APAC: Augmented PAttern Classification with Neural Networks.
    """

    __test__ = False  # or pytest would collect the class because of its name
    grids: Tensor

    def __init__(self, network: nn.Module, grids: Tensor) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("grids", grids)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (n, k) of images (n, 1, 28, 28)."""
        total = torch.zeros((), device=images.device)
        n = images.shape[0]  # not len(): tracing for export would fix it as a constant
        for grid in self.grids:
            view = grid_sample(images, grid.expand(n, -1, -1, -1), align_corners=False)
            total = total + self.network(view).log_softmax(dim=1)
        return total / len(self.grids)
