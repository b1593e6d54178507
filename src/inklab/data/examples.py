"""Examples: labelled images of any size and any number of classes, to train on alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class ArrayDataset:
    """What `Training` needs to know of images that are no `Split`, as they are of another kind than MNIST.

    Args:
        images: (n, h, w), uint8 with ink 255 on 0, or float32 as the network shall see them. Numbers that lie
            in no plane are images of one row, (n, 1, m).
        labels: (n,) int64 in [0, classes).
        classes: how many there are.
    """

    images: NDArray[np.uint8 | np.float32]
    labels: NDArray[np.int64]
    classes: int

    def __len__(self) -> int:
        return len(self.labels)
