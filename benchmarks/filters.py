"""How much training changes first-layer filters: `python benchmarks/filters.py lesson-cnn 0 1 2`.

The arguments are a recipe and seeds. It prints rows of the table in docs/explanation/filters.md, and draws
the first seed to docs/images/filters.
"""

import sys
from pathlib import Path

from inklab.data import load_mnist
from inklab.explain.filters import filter_change
from inklab.models import build_network
from inklab.report.figures import draw_filters
from inklab.training import Training, find_recipe

FIGURES = Path(__file__).parents[1] / "docs" / "images" / "filters"
STEPS = {1100, 2000, 5000, 10_000}
"""Longer trainings are also measured at these steps."""


def measure(name: str, seed: int, *, draw: bool) -> None:
    """Train one network, print how its filters changed, and draw them at the end."""
    recipe = find_recipe(name, seed=seed)
    start = build_network(recipe.network, recipe.network_options, seed=seed)
    training = Training(recipe, load_mnist().train)
    for progress in training:
        if progress.step in {*STEPS, recipe.steps}:
            change = filter_change(start, training.model)
            print(
                f"| `{name}` | {seed} | {progress.step:,} | {change.correlation:.4f} | {change.start_sd:.3f} "
                f"| {change.change_sd:.3f} | {change.relative_change:.2%} |",
                flush=True,
            )
    if draw:
        figure = draw_filters(change, title=f"{name}, {recipe.steps:,} steps")
        figure.savefig(FIGURES / f"{name}.png", dpi=160)


if __name__ == "__main__":
    name, *seeds = sys.argv[1:]
    for seed in seeds:
        measure(name, int(seed), draw=seed == seeds[0])
