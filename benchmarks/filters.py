"""How much training changes first-layer filters: `python benchmarks/filters.py lesson-cnn 0 1 2`.

The arguments are a recipe and seeds. It prints rows of the table in docs/explanation/filters.md, and draws
the first seed to docs/images/filters. `python benchmarks/filters.py shipped` measures the shipped network.
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from inklab.data import load_mnist
from inklab.explain.filters import FilterChange, filter_change, filters
from inklab.explain.layers import LayerInspector
from inklab.models import build_network
from inklab.recognition import Recognizer
from inklab.report.figures import draw_filters, draw_maps
from inklab.training import Recipe, Training, find_recipe

FIGURES = Path(__file__).parents[1] / "docs" / "images" / "filters"
STEPS = {1100, 2000, 5000, 10_000}
"""Longer trainings are also measured at these steps."""


def gradient_share(weights: NDArray[np.floating]) -> float:
    """Return the fraction of squared weights that a linear gradient across each filter (c, h, w) explains.

    For independent random weights it is 2/(h w) on average: 8% for 5 x 5, 22% for 3 x 3.
    """
    c, h, w = weights.shape
    y, x = np.mgrid[0:h, 0:w] - np.array([(h - 1) / 2, (w - 1) / 2]).reshape(2, 1, 1)
    gradients = np.stack([y.ravel() / np.linalg.norm(y), x.ravel() / np.linalg.norm(x)])  # (2, h w)
    return float(((weights.reshape(c, -1) @ gradients.T) ** 2).sum() / (weights**2).sum())


def measure(name: str, seed: int) -> Figure:
    """Train one network, print how its filters changed, and draw them."""
    recipe = find_recipe(name, seed=seed)
    start = build_network(recipe.network, recipe.network_options, seed=seed)
    training = Training(recipe, load_mnist().train)
    for progress in training:
        if progress.step in {*STEPS, recipe.steps}:
            change = filter_change(start, training.model)
            _print_row(f"`{name}`", recipe, progress.step, change)
    return draw_filters(change, title=f"{name}, {recipe.steps:,} steps")


def measure_shipped() -> Figure:
    """Compare the shipped network with its start, and draw its filters.

    Batch norm is folded into its filters, which scales each one, so each is compared at norm 1.
    """
    artifact = Recognizer().artifact
    recipe = Recipe.from_dict(artifact.card.recipe)
    start = build_network(
        recipe.network, recipe.network_options, seed=recipe.seed, classes=artifact.network.outputs
    )
    trained = LayerInspector(artifact).layers[0].filters
    assert trained is not None
    change = FilterChange(_norm_1(filters(start)), _norm_1(trained[:, 0]))
    _print_row("shipped network", recipe, recipe.steps, change)
    title, note = "The 40 filters of the shipped network", "each with its own color scale"
    return draw_maps(change.end, columns=8, title=title, note=note)


def _norm_1(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = weights / np.linalg.norm(weights, axis=(1, 2), keepdims=True)
    return scaled


def _print_row(name: str, recipe: Recipe, step: int, change: FilterChange) -> None:
    shares = (f"{gradient_share(weights):.0%}" for weights in (change.start, change.end, change.change))
    cells = [name, str(recipe.seed), f"{step:,}", f"{change.correlation:.4f}", f"{change.start_sd:.3f}"]
    cells += [f"{change.change_sd:.3f}", f"{change.relative_change:.2f}", *shares]
    print("|", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    name, *seeds = sys.argv[1:]
    figures = [measure(name, int(seed)) for seed in seeds] if seeds else [measure_shipped()]
    FIGURES.mkdir(parents=True, exist_ok=True)
    figures[0].savefig(FIGURES / f"{name}.png", dpi=160)
