"""The figures of a run, drawn with matplotlib.

Digits are drawn with dark ink on white paper. Signed values are blue above zero and orange below. Every
function returns a `matplotlib.figure.Figure` that needs no display and changes no global state; write it with
`figure.savefig`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, PercentFormatter
from numpy.typing import NDArray

from inklab.constants import N_CLASSES
from inklab.data import Split
from inklab.evaluation import EnsembleErrors, Mistake, Report
from inklab.palette import LIGHT
from inklab.report.tiles import mosaic

if TYPE_CHECKING:
    from inklab.explain.filters import FilterChange
    from inklab.training import Progress

WIDTH_INCHES = 5.5
"""Narrow enough for the text to be readable on a phone."""
_SIGNED_COLORS = [LIGHT[name] for name in ("negative", "map-zero", "positive")]
_SIGNED = LinearSegmentedColormap.from_list("signed", _SIGNED_COLORS)
_ERRORS = LinearSegmentedColormap.from_list("errors", [LIGHT["tint"], LIGHT["accent"]])
_MAX_IN_FOUR_COLUMNS = 32


def draw_image(image: NDArray[np.uint8], *, title: str) -> Figure:
    """Draw one image, with dark ink on white paper."""
    figure = _figure(title, height=3.2)
    axes = figure.subplots()
    axes.imshow(image, cmap="gray_r", vmin=0, vmax=255)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_color(LIGHT["line"])
    return figure


def draw_maps(maps: NDArray[np.floating], *, columns: int, title: str, note: str) -> Figure:
    """Draw feature maps (m, h, w), each with its own color scale around zero."""
    largest = np.abs(maps).max(axis=(1, 2), keepdims=True)
    image = mosaic(maps / np.where(largest == 0, 1, largest), columns=columns)
    height = (WIDTH_INCHES - 0.4) * image.shape[0] / image.shape[1] + 0.95
    figure = _figure(title, height=height)
    axes = figure.subplots()
    _show_signed(axes, image, limit=1)
    axes.set_xlabel(note, color=LIGHT["muted"])
    return figure


def draw_filters(change: "FilterChange", *, title: str) -> Figure:
    """Draw filters before and after training, and their change, amplified; all with one color scale."""
    columns = 4 if len(change.start) <= _MAX_IN_FOUR_COLUMNS else 8
    factor = change.amplification
    panels = {
        "random start": change.start,
        "after training": change.end,
        "change" if factor == 1 else f"change x {factor}": factor * change.change,
    }
    limit = float(np.quantile(np.abs([change.start, change.end]), 0.99)) or 1.0  # not that of an outlier
    images = [mosaic(values, columns=columns) for values in panels.values()]
    height = (WIDTH_INCHES - 0.8) / len(panels) * images[0].shape[0] / images[0].shape[1] + 1.35
    figure = _figure(title, height=height)
    grid = figure.subplots(1, len(panels), gridspec_kw={"wspace": 0.08})
    for axes, name, image in zip(grid, panels, images, strict=True):
        drawn = _show_signed(axes, image, limit=limit)
        axes.set_title(name, fontsize=10)
    bar = figure.colorbar(
        drawn,
        ax=grid,
        orientation="horizontal",
        shrink=0.6,
        aspect=40,
        ticks=[-limit, 0, limit],
        extend="both",
    )
    bar.ax.set_xticklabels([f"weight {-limit:.2f}", "0", f"{limit:.2f}"])
    return figure


def draw_weight_images(images: NDArray[np.floating], *, title: str) -> Figure:
    """Draw the weights of a single layer, (10, 28, 28): one image per digit."""
    figure = _figure(title, height=3.4)
    limit = float(np.abs(images).max()) or 1.0
    grid = figure.subplots(2, N_CLASSES // 2)
    for digit, (axes, image) in enumerate(zip(grid.flat, images, strict=True)):
        drawn = _show_signed(axes, image, limit=limit)
        axes.set_title(str(digit))
    bar = figure.colorbar(
        drawn, ax=grid, orientation="horizontal", shrink=0.7, aspect=40, ticks=[-limit, 0, limit]
    )
    bar.ax.set_xticklabels(["ink lowers the logit", "no effect", "ink raises it"])
    return figure


def draw_curves(progress: Sequence["Progress"], *, title: str) -> Figure:
    """Draw loss and accuracy over the training steps, on training batches and on the validation set."""
    figure = _figure(title, height=5.4)
    loss, accuracy = figure.subplots(2, 1, sharex=True)
    validated = [report for report in progress if report.valid_loss is not None]
    for name, color, marker, reports, prefix in (
        ("training batch", LIGHT["training"], ".", progress, ""),
        ("validation set", LIGHT["validation"], "o", validated, "valid_"),
    ):
        steps = [report.step for report in reports]
        for axes, metric in ((loss, "loss"), (accuracy, "accuracy")):
            values = [getattr(report, prefix + metric) for report in reports]
            axes.plot(steps, values, marker, ls="-", ms=4, color=color, label=name)
    # The axis leaves out the first report, so that the curve of a good network is not a flat line
    later = [report.accuracy for report in progress[1:]]
    later += [report.valid_accuracy or 0 for report in validated[1:]]
    loss.set(ylabel="cross-entropy, nats per image", yscale="log")
    loss.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    loss.yaxis.set_major_formatter("{x:g}")
    loss.yaxis.set_minor_locator(NullLocator())
    accuracy.set(xlabel="training step", ylabel="accuracy")
    accuracy.set_ylim(max(0.0, min(later, default=0.0) - 0.05), 1.005)
    accuracy.yaxis.set_major_formatter(PercentFormatter(1))
    accuracy.xaxis.set_major_formatter("{x:,.0f}")
    accuracy.legend(frameon=False, loc="lower right")
    for axes in (loss, accuracy):
        _plain_frame(axes)
    return figure


def draw_confusion(report: Report, *, title: str) -> Figure:
    """Draw the confusion matrix: true label by row, prediction by column."""
    figure = _figure(title, height=WIDTH_INCHES * 0.93)
    axes = figure.subplots()
    counts = np.array(report.confusion)  # (10, 10)
    wrong = counts * ~np.eye(N_CLASSES, dtype=bool)
    largest = max(2, int(wrong.max()))
    axes.imshow(np.ma.masked_equal(wrong, 0), cmap=_ERRORS, norm=LogNorm(1, largest))
    for label, predicted in np.ndindex(counts.shape):
        count = int(counts[label, predicted])
        if count:
            is_correct, is_dark = label == predicted, count > largest**0.6  # too dark for black text
            color = LIGHT["good"] if is_correct else "white" if is_dark else LIGHT["text"]
            weight = "bold" if is_correct else "normal"
            axes.text(
                predicted, label, f"{count:,}", ha="center", va="center", size=9, color=color, weight=weight
            )
    digits = range(N_CLASSES)
    axes.set(xticks=digits, yticks=digits, xlabel="predicted digit", ylabel="true digit")
    axes.tick_params(length=0)
    return figure


def draw_mistakes(mistakes: Sequence[Mistake], split: Split, *, title: str, columns: int = 4) -> Figure:
    """Draw misclassified images, each with its label, prediction, confidence, and index."""
    rows = max(1, -(-len(mistakes) // columns))
    figure = _figure(title, height=1.75 * rows + 0.5)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, mistake in zip(grid.flat, mistakes, strict=False):
        axes.imshow(split.images[mistake.index], cmap="gray_r", vmin=0, vmax=255)
        axes.set_title(
            f"{mistake.label} read as {mistake.predicted}\n{mistake.confidence:.2%}, image {mistake.index:,}",
            fontsize=8,
        )
    return figure


def draw_ensemble_errors(sizes: Sequence[EnsembleErrors], *, title: str) -> Figure:
    """Draw the error rate of ensembles by their number of members, with its standard deviation."""
    figure = _figure(title, height=3.6)
    axes = figure.subplots()
    members = [size.members for size in sizes]
    percent = 100 * np.array([size.mean_error for size in sizes])  # (m,)
    deviation = 100 * np.array([size.deviation for size in sizes])  # (m,)
    band = (np.maximum(percent - deviation, 0), percent + deviation)
    color = LIGHT["accent"]
    axes.fill_between(members, *band, color=color, alpha=0.2, lw=0, label="± 1 standard deviation")
    axes.plot(members, percent, "o", ls="-", ms=4, color=color, label="mean of all ensembles of this size")
    axes.set(xlabel="members of the ensemble", ylabel="test error rate")
    axes.set(xlim=(members[0] - 0.5, members[-1] + 0.5), ylim=(0, max(0.01, 1.08 * float(band[1].max()))))
    axes.yaxis.set_major_formatter(PercentFormatter(100))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    axes.legend(frameon=False, loc="lower left")  # a single member errs most, so there is space below
    _plain_frame(axes)
    return figure


def _figure(title: str, *, height: float) -> Figure:
    figure = Figure((WIDTH_INCHES, height), layout="constrained")
    figure.suptitle(title)
    return figure


def _show_signed(axes: Axes, image: NDArray[np.floating], *, limit: float) -> AxesImage:
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return axes.imshow(image, cmap=_SIGNED, vmin=-limit, vmax=limit, interpolation="nearest")


def _plain_frame(axes: Axes) -> None:
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
