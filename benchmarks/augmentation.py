"""Cost of each augmentation: microseconds per image, in batches of 128 on one thread.

python benchmarks/augmentation.py
"""

from collections.abc import Callable
from statistics import median
from time import perf_counter

import torch
from bench import QUICK, format_range, print_table, save_results
from torch import Tensor

from inklab.data import load_mnist
from inklab.models import as_input
from inklab.models.layers import NormalizeWidth
from inklab.training import RECIPES
from inklab.training.augmentation.geometric import Augmentation

BATCH, BATCHES, TURNS = 128, 20, 3 if QUICK else 15


def batch_functions() -> dict[str, Callable[[Tensor], Tensor]]:
    """Return name -> function of a batch: each augmentation of `mcdnn`, all of them, and others."""
    combined = RECIPES["mcdnn"].augmentation
    names = ("rotation", "scale", "shear", "translate", "elastic_alpha")
    augmentations = {name: Augmentation(**{name: getattr(combined, name)}) for name in names}
    augmentations |= {"crop": Augmentation(crop=2), "all of mcdnn's": combined}
    generator = torch.Generator().manual_seed(0)
    functions: dict[str, Callable[[Tensor], Tensor]] = {
        name: lambda batch, augmentation=augmentation: augmentation(batch, generator)  # type: ignore[misc]
        for name, augmentation in augmentations.items()
    }
    return {**functions, "width 14": NormalizeWidth(14)}


def main() -> None:
    """Measure in turns, print the result, and save it."""
    torch.set_num_threads(1)
    batch = as_input(torch.tensor(load_mnist().train.images[:BATCH]))
    seconds: dict[str, list[float]] = {name: [] for name in batch_functions()}
    for _ in range(TURNS):
        for name, function in batch_functions().items():
            function(batch)
            start = perf_counter()
            for _ in range(BATCHES):
                function(batch)
            seconds[name].append(perf_counter() - start)
    costs = {name: [1e6 * turn / (BATCH * BATCHES) for turn in turns] for name, turns in seconds.items()}
    rows: list[tuple[object, ...]] = [("augmentation", "us per image, median (minimum to maximum)")]
    print_table("One thread", rows + [(name, format_range(turns)) for name, turns in costs.items()])
    save_results("augmentation", {name: round(median(turns), 2) for name, turns in costs.items()})


if __name__ == "__main__":
    main()
