"""What each deformation of a digit costs: microseconds an image, in batches of 128 on one thread.

python benchmarks/augmentation.py
"""

from collections.abc import Callable
from statistics import median
from time import perf_counter

import torch
from bench import QUICK, keep, show, spread
from torch import Tensor

from inklab.data import load_mnist
from inklab.models import as_input
from inklab.models.layers import NormalizeWidth
from inklab.training import RECIPES
from inklab.training.augmentation.geometric import Augmentation

BATCH, BATCHES, TURNS = 128, 20, 3 if QUICK else 15


def deformations() -> dict[str, Callable[[Tensor], Tensor]]:
    """Return name -> what deforms a batch: each strength of `mcdnn` alone, all together, and a width."""
    whole = RECIPES["mcdnn"].augmentation
    strengths = {name: getattr(whole, name) for name in ("rotation", "scale", "shear", "shift", "elastic")}
    augmentations = {name: Augmentation(**{name: strength}) for name, strength in strengths.items()}
    augmentations |= {"crop": Augmentation(crop=2), "all of mcdnn's": whole}
    generator = torch.Generator().manual_seed(0)
    deforming: dict[str, Callable[[Tensor], Tensor]] = {
        name: lambda batch, augmentation=augmentation: augmentation(batch, generator)  # type: ignore[misc]
        for name, augmentation in augmentations.items()
    }
    return {**deforming, "width 14": NormalizeWidth(14)}


def main() -> None:
    """Measure in turns, print, and keep."""
    torch.set_num_threads(1)
    batch = as_input(torch.tensor(load_mnist().train.images[:BATCH]))
    seconds: dict[str, list[float]] = {name: [] for name in deformations()}
    for _ in range(TURNS):
        for name, deform in deformations().items():
            deform(batch)
            begun = perf_counter()
            for _ in range(BATCHES):
                deform(batch)
            seconds[name].append(perf_counter() - begun)
    costs = {name: [1e6 * one / (BATCH * BATCHES) for one in turns] for name, turns in seconds.items()}
    rows: list[tuple[object, ...]] = [("deformation", "us an image, median (lowest to highest)")]
    show("one thread", rows + [(name, spread(turns)) for name, turns in costs.items()])
    keep("augmentation", {name: round(median(turns), 2) for name, turns in costs.items()})


if __name__ == "__main__":
    main()
