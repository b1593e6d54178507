"""The figures of docs/explanation/zoo.md: the effect of each method on a digit, and measured results."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from pages import ROOT
from torch import Tensor

from inklab.data import load_mnist
from inklab.models import as_input
from inklab.models.layers import DropConnect, Dropout, NormalizeWidth
from inklab.palette import LIGHT
from inklab.training import RECIPES, published_results
from inklab.training.augmentation.geometric import Augmentation

RESULTS = ROOT / "benchmarks" / "zoo"
PALE = "#9db7d5"  # a histogram behind curves
DIGITS = (13, 1, 2, 3, 0)  # of the training images: a 2, a 3, a 4, a 6 and a 7
STRENGTHS = ("rotation", "scale", "shear", "translate", "elastic_alpha")


def results_of(recipe: str) -> list[dict[str, Any]]:
    """Return the results of each seed of a recipe."""
    document: list[dict[str, Any]] = json.loads((RESULTS / f"{recipe}.json").read_text(encoding="utf-8"))
    return document


def figures() -> Iterator[tuple[str, Figure]]:
    """Yield each figure with its name."""
    yield "deformed", deformed()
    yield "dropout", dropout()
    yield "dropconnect", dropconnect()
    yield "widths", widths()
    yield "views", views()
    yield "overfitting", overfitting("mlp", "mlp-dropout")
    yield "votes", votes()


def deformed() -> Figure:
    """Draw digits deformed by each augmentation of `mcdnn` alone, and by all."""
    images = _digits()
    whole = RECIPES["mcdnn"].augmentation
    alone = {
        f"{name} {getattr(whole, name):g}": Augmentation(**{name: getattr(whole, name)}) for name in STRENGTHS
    }
    alone["crop 2"] = Augmentation(crop=2)
    rows = {"original": images.repeat(1, 2, 1, 1).view(-1, 1, 28, 28)}
    for name, augmentation in {**alone, "all but the crop": whole}.items():
        twice = images.repeat(1, 2, 1, 1).view(-1, 1, 28, 28)
        rows[name] = augmentation(twice, torch.Generator().manual_seed(3))
    return _rows(rows)


def dropout() -> Figure:
    """Draw a digit as a network with input dropout sees it in ten steps."""
    layer = Dropout(0.2)
    layer.generator = torch.Generator().manual_seed(0)
    return _rows({"2 of 10 pixels dropped": layer(_digits()[1:2].repeat(10, 1, 1, 1))})


def dropconnect() -> Figure:
    """Draw a unit's sum under many masks, with the normal distribution that approximates them."""
    generator = torch.Generator().manual_seed(0)
    image = as_input(torch.tensor(load_mnist().train.images[7:8])).flatten(1)  # (1, 784)
    weights = torch.randn(784, generator=generator) * 0.05
    masks = torch.rand(20_000, 784, generator=generator) < 0.5
    sums = ((masks * weights) @ image[0]).numpy()  # (20,000,)
    layer = DropConnect(784, 1, p=0.5, samples=8)
    mean = float(0.5 * (weights * image).sum())
    deviation = float(0.5 * (weights * image).square().sum().sqrt())
    figure = Figure((5.5, 2.6), layout="constrained")
    axes = figure.subplots()
    axes.hist(sums, bins=80, density=True, color=PALE, label="20,000 masks")
    places = np.linspace(mean - 4 * deviation, mean + 4 * deviation, 200)
    height = np.exp(-0.5 * ((places - mean) / deviation) ** 2) / (deviation * np.sqrt(2 * np.pi))
    axes.plot(places, height, color=LIGHT["series-5"], label="normal distribution")
    quantiles = mean + deviation * np.array(layer.quantiles)
    ticks = {"ms": 14, "mew": 2, "color": LIGHT["series-6"]}
    axes.plot(quantiles, np.zeros_like(quantiles), "|", label="its 8 quantiles", **ticks)
    axes.set(xlabel="sum over the weights that are not dropped", yticks=[], ylim=(0, 1.45 * height.max()))
    axes.legend(frameon=False, loc="upper left", fontsize=8, ncols=3)
    axes.spines[["top", "right", "left"]].set_visible(False)
    return figure


def widths() -> Figure:
    """Draw digits as each member of `mcdnn` sees them."""
    images = _digits()
    chosen = sorted(options["digit_width"] for options in RECIPES["mcdnn"].members if options["digit_width"])
    return _rows(
        {"original": images} | {f"{width:g} wide": NormalizeWidth(width)(images) for width in chosen}
    )


def views() -> Figure:
    """Draw the views of one digit that `apac` averages over."""
    recipe = RECIPES["apac"]
    grids = recipe.augmentation.view_grids(recipe.tta_views, seed=recipe.seed)  # (m, 28, 28, 2)
    image = _digits()[1:2].expand(len(grids), -1, -1, -1)
    deformed = torch.nn.functional.grid_sample(image, grids, align_corners=False)
    half = len(deformed) // 2
    return _rows({f"views 1 to {half}": deformed[:half], f"{half + 1} to {len(deformed)}": deformed[half:]})


def overfitting(*recipes: str) -> Figure:
    """Draw the training loss and the validation loss over the epochs."""
    figure = Figure((5.5, 2.8), layout="constrained")
    grid: NDArray[Any] = figure.subplots(1, len(recipes), sharey=True)
    for axes, name in zip(grid, recipes, strict=True):
        (points,) = results_of(name)[0]["measured"]
        epochs = [point["epoch"] for point in points]
        for curve, key in (("training", "loss"), ("validation", "valid_loss")):
            values = [point[key] for point in points]
            axes.semilogy(epochs, values, "o-", ms=3, color=LIGHT[curve], label=f"{curve} loss")
        axes.set(xlabel="epoch", title=name)
        _plain(axes)
    grid[0].set_ylabel("nats per image")
    grid[0].legend(frameon=False, fontsize=8)
    return figure


def votes() -> Figure:
    """Draw the test error of every ensemble by its number of members, the mean over the seeds."""
    figure = Figure((5.5, 3.2), layout="constrained")
    axes = figure.subplots()
    trained = [name for name, recipe in RECIPES.items() if recipe.members and published_results()[name].seeds]
    for number, (name, mark) in enumerate(zip(trained, "osv^", strict=True), start=1):
        curves = [[size["mean_error"] for size in seed["ensemble"]["by_size"]] for seed in results_of(name)]
        percent = 100 * np.mean(curves, axis=0)  # (m,)
        axes.semilogy(
            range(1, len(percent) + 1), percent, f"{mark}-", ms=5, color=LIGHT[f"series-{number}"], label=name
        )
    axes.set(xlabel="members", ylabel="test error, %")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("{x:g}")
    axes.legend(frameon=False, fontsize=8)
    _plain(axes)
    return figure


def _digits() -> Tensor:
    """Return five digits (5, 1, 28, 28) float32, ink 1."""
    return as_input(torch.from_numpy(load_mnist().train.images[list(DIGITS)]))


def _rows(rows: dict[str, Tensor]) -> Figure:
    """Draw rows of images with their names, ink black on white."""
    m = max(len(images) for images in rows.values())
    figure = Figure((1.5 + 0.46 * m, 0.52 * len(rows) + 0.1), layout="constrained")
    grid = figure.subplots(len(rows), 1, squeeze=False)[:, 0]
    for axes, (name, images) in zip(grid, rows.items(), strict=True):
        strip = np.concatenate(
            [np.pad(1 - image[0].numpy(), 1, constant_values=0.8) for image in images], axis=1
        )
        axes.imshow(strip, cmap="gray", vmin=0, vmax=1)
        axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    return figure


def _plain(axes: Axes) -> None:
    axes.grid(color="#eeeeee")
    axes.spines[["top", "right"]].set_visible(False)
