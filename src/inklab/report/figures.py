"""The pictures of a run; the only place that draws with matplotlib.

Every function returns a `matplotlib.figure.Figure` that belongs to nobody: it needs no display, changes no
global state, and is written with `figure.savefig`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from inklab.constants import N_CLASSES
from inklab.data import Split
from inklab.evaluation import EnsembleErrors, Mistake, Report
from inklab.report.tiles import tile

WIDTH_INCHES = 5.5
"""Narrow, so that on a phone the letters are still read."""
_TRAIN, _VALID, _MUTED = "#9db7d5", "#0b4f9e", "#5b6470"


@dataclass(frozen=True)
class Curve:
    """Loss and accuracy over the steps of a run, as measured on one kind of images."""

    name: str
    steps: Sequence[int]
    loss: Sequence[float]
    accuracy: Sequence[float]

    @classmethod
    def of(cls, name: str, points: Sequence[tuple[int, float, float]]) -> Self:
        """Return the curve through these points, each a step, a loss and an accuracy."""
        return cls(name, [one[0] for one in points], [one[1] for one in points], [one[2] for one in points])


def draw_image(image: NDArray[np.uint8], *, title: str) -> Figure:
    """Draw one image as the network gets it."""
    figure, axes = _single(title, height=3.6, width=3.4)
    axes.imshow(image, cmap="gray", vmin=0, vmax=255)
    return figure


def draw_tiles(images: NDArray[np.floating], *, columns: int, title: str, note: str) -> Figure:
    """Draw filters or maps, (m, h, w), as one tile; each has its own grey scale."""
    tiles = tile(images, columns=columns)
    height = (WIDTH_INCHES - 0.4) * tiles.shape[0] / tiles.shape[1] + 0.95
    figure, axes = _single(title, height=height)
    axes.imshow(tiles, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set_xlabel(note, color=_MUTED)
    return figure


def draw_weight_images(images: NDArray[np.floating], *, title: str) -> Figure:
    """Draw one image of weights a digit, (10, 28, 28), in colours that diverge from zero."""
    figure = Figure((WIDTH_INCHES, 3.4), layout="constrained")
    figure.suptitle(title)
    reach = float(np.abs(images).max()) or 1.0
    grid = figure.subplots(2, N_CLASSES // 2)
    for digit, (axes, image) in enumerate(zip(grid.flat, images, strict=True)):
        drawn = axes.imshow(image, cmap="RdBu", vmin=-reach, vmax=reach, interpolation="nearest")
        axes.set_title(str(digit))
        _without_ticks(axes)
    bar = figure.colorbar(
        drawn, ax=grid, orientation="horizontal", shrink=0.7, aspect=40, ticks=[-reach, 0, reach]
    )
    bar.ax.set_xticklabels(["ink here speaks against", "says nothing", "ink here speaks for"])
    return figure


def draw_curves(train: Curve, valid: Curve, *, title: str) -> Figure:
    """Draw loss and accuracy over the steps, of the training batches and of the valid split."""
    figure = Figure((WIDTH_INCHES, 5.4), layout="constrained")
    figure.suptitle(title)
    loss, accuracy = figure.subplots(2, 1, sharex=True)
    for curve, colour, mark in ((train, _TRAIN, "."), (valid, _VALID, "o")):
        loss.plot(curve.steps, curve.loss, mark, ls="-", ms=4, color=colour, label=curve.name)
        accuracy.plot(curve.steps, curve.accuracy, mark, ls="-", ms=4, color=colour, label=curve.name)
    loss.set(ylabel="cross-entropy, nats per image", yscale="log")
    loss.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    loss.yaxis.set_major_formatter("{x:g}")
    loss.yaxis.set_minor_locator(NullLocator())
    accuracy.set(xlabel="step", ylabel="accuracy", ylim=(max(0.0, _floor(valid, train)), 1.005))
    accuracy.legend(frameon=False, loc="lower right")
    for axes in (loss, accuracy):
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def draw_confusion(report: Report, *, title: str) -> Figure:
    """Draw how often each digit (row) was answered with each digit (column)."""
    figure = Figure((WIDTH_INCHES, WIDTH_INCHES * 0.93), layout="constrained")
    figure.suptitle(title)
    axes = figure.subplots()
    counts = np.array(report.confusion)  # (10, 10)
    wrong = counts * ~np.eye(N_CLASSES, dtype=bool)
    most = max(2, int(wrong.max()))
    axes.imshow(np.ma.masked_equal(wrong, 0), cmap="OrRd", norm=LogNorm(1, most))
    for label, answer in np.ndindex(counts.shape):
        count = int(counts[label, answer])
        if count:
            is_right, is_dark = label == answer, count > most**0.7  # of a colour that black is lost on
            colour = _VALID if is_right else "white" if is_dark else "black"
            weight = "bold" if is_right else "normal"
            axes.text(answer, label, str(count), ha="center", va="center", color=colour, weight=weight)
    digits = range(N_CLASSES)
    axes.set(xticks=digits, yticks=digits, xlabel="the network's answer", ylabel="the label")
    axes.tick_params(length=0)
    return figure


def draw_mistakes(mistakes: Sequence[Mistake], split: Split, *, title: str, columns: int = 4) -> Figure:
    """Draw the images of mistakes, each with its index, label and answer, and how sure the network was."""
    rows = max(1, -(-len(mistakes) // columns))
    figure = Figure((WIDTH_INCHES, 1.75 * rows + 0.5), layout="constrained")
    figure.suptitle(title)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, mistake in zip(grid.flat, mistakes, strict=False):
        axes.imshow(split.images[mistake.index], cmap="gray_r", vmin=0, vmax=255)
        said = f"is {mistake.label}, read as {mistake.answer}"
        axes.set_title(f"{said}\n{mistake.probability:.1%} sure, no. {mistake.index}", fontsize=8)
    return figure


def draw_votes(sizes: Sequence[EnsembleErrors], *, title: str) -> Figure:
    """Draw how often committees err by how many columns they have, and how far the committees differ."""
    figure = Figure((WIDTH_INCHES, 3.6), layout="constrained")
    figure.suptitle(title)
    axes = figure.subplots()
    columns = [one.members for one in sizes]
    percent = 100 * np.array([one.mean_error for one in sizes])  # (m,)
    reach = 100 * np.array([one.deviation for one in sizes])  # (m,)
    band = (np.maximum(percent - reach, 0), percent + reach)  # no committee errs less than never
    axes.fill_between(columns, *band, color=_TRAIN, alpha=0.5, lw=0, label="± one standard deviation")
    axes.plot(columns, percent, "o", ls="-", ms=4, color=_VALID, label="mean over the committees")
    axes.set(xlabel="columns in the committee", ylabel="errors, % of the images")
    axes.set(xlim=(columns[0] - 0.5, columns[-1] + 0.5), ylim=(0, max(0.01, 1.08 * float(band[1].max()))))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    axes.legend(frameon=False, loc="lower left")  # one column errs most, so there is room below it
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _single(title: str, *, height: float, width: float = WIDTH_INCHES) -> tuple[Figure, Axes]:
    figure = Figure((width, height), layout="constrained")
    figure.suptitle(title)
    axes = figure.subplots()
    _without_ticks(axes)
    return figure, axes


def _without_ticks(axes: Axes) -> None:
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _floor(*curves: Curve) -> float:
    """Return where an axis of accuracies begins, so that a good network's curve is not a flat line."""
    later = [accuracy for curve in curves for accuracy in curve.accuracy[1:]]
    return min(later, default=0.0) - 0.05
