"""Draw every figure of a run into its folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from torch import nn

from inklab.data import Split
from inklab.errors import InklabError
from inklab.evaluation import Report, error_by_ensemble_size, softmax
from inklab.explain.features import feature_maps
from inklab.explain.filters import convolutions, filter_change, weight_images
from inklab.models import Ensemble, build_network, digit_logits, first_network
from inklab.report.figures import (
    draw_confusion,
    draw_curves,
    draw_ensemble_errors,
    draw_filters,
    draw_image,
    draw_maps,
    draw_mistakes,
    draw_weight_images,
)
from inklab.runs import Run
from inklab.training import Recipe
from inklab.utils.atomic import atomic_write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAX_MISTAKES = 16
DOTS_PER_INCH = 200
_ABOUT_CURVES = (
    "Loss and accuracy during training, on training batches (blue) and on the validation set (orange), which "
    "is never trained on."
)
_SIGNED = "blue is positive, white zero, orange negative"


@dataclass(frozen=True)
class Picture:
    """A PNG file in a run's folder."""

    name: str
    path: Path
    caption: str
    """Also the alternative text."""


_Figures: TypeAlias = "Iterator[tuple[str, Figure, str]]"  # file name without .png, figure, caption


def draw_run(run: Run, model: nn.Module, test: Split, report: Report, *, image: int) -> list[Picture]:
    """Draw the training curves, the weights, the feature maps of one image, and the errors of a run.

    Args:
        run: a finished run.
        model: its trained model. For an ensemble, weights and feature maps are those of the first member.
        test: the split of the report.
        report: the evaluation of the model on `test`.
        image: index in `test` of the image to follow through the network.

    Returns:
        The pictures, in reading order.

    Raises:
        RunError: the run's metrics are damaged.
        InklabError: the folder cannot be written to.
    """
    name, first, network = run.recipe.name, next(iter(run.members), run), first_network(model)
    of_member = f" of member 1 of {len(run.members)}" if run.members else ""
    title = f"Training curves of {name}{of_member.replace(' of', ',', 1)}"
    figures = [
        ("curves", draw_curves(first.progress(), title=title), _ABOUT_CURVES),
        *_weights(network, first.recipe, of_member),
        *_activations(network, test, image, of_member),
        *_ensemble(model, test, name),
        *_errors(report, test, name),
    ]
    folder = run.path / "figures"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise InklabError(f"cannot make the folder {folder}: {error.strerror}; move what is there") from None
    pictures = [Picture(name, folder / f"{name}.png", caption) for name, _, caption in figures]
    for picture, (_, figure, _) in zip(pictures, figures, strict=True):
        with atomic_write(picture.path) as file:
            figure.savefig(file, format="png", dpi=DOTS_PER_INCH, facecolor="white")
    return pictures


def with_article(digit: int) -> str:
    """Return "a 7" or "an 8"."""
    return f"{'an' if digit == 8 else 'a'} {digit}"  # noqa: PLR2004


def _weights(model: nn.Module, recipe: Recipe, of_member: str) -> _Figures:
    images = weight_images(model)
    if images is not None:
        caption = (
            f"The weights of each digit{of_member}: ink on blue makes the digit more probable, and ink on "
            "orange makes it less probable."
        )
        yield "weights", draw_weight_images(images, title="The weights of each digit, as images"), caption
    if convolutions(model):
        start = build_network(recipe.network, recipe.network_options, seed=recipe.seed)
        change = filter_change(start, model)
        title = f"The {len(change.end)} filters of the first convolution"
        amplified = f", multiplied by {change.amplification}" if change.amplification > 1 else ""
        caption = (
            f"{title}{of_member}: their random start, the trained filters, and the change between the two"
            f"{amplified}; {_SIGNED}. {change.description}"
        )
        yield "filters", draw_filters(change, title=title), caption


def _activations(model: nn.Module, split: Split, index: int, of_member: str) -> _Figures:
    image, label = split[index]
    caption = (
        f"Test image {index:,} (counted from 0), {with_article(label)}: 28 x 28 pixels, with dark ink on "
        "white paper, as in all figures of digits here."
    )
    yield f"image-{index}", draw_image(image, title=f"Test image {index:,}, {with_article(label)}"), caption
    for place, name in enumerate(convolutions(model), start=1):
        maps = feature_maps(model, image, name)
        count, height, width = maps.shape
        title = f"The {count} feature maps of convolution {place}"
        note = f"before ReLU, {height} x {width} each, each with its own color scale"
        caption = f"{title}{of_member} for test image {index:,}, before ReLU: {_SIGNED}."
        if place == 1 and getattr(model.get_submodule(name), "bias", None) is not None:
            caption += " A positive value passes ReLU; blank paper gives the bias."
        yield f"image-{index}-{name}", draw_maps(maps, columns=8, title=title, note=note), caption


def _ensemble(model: nn.Module, test: Split, name: str) -> _Figures:
    if isinstance(model, Ensemble):
        probabilities = [softmax(digit_logits(member, test.images)) for member in model.members]  # (m, n, 10)
        sizes = error_by_ensemble_size(np.stack(probabilities), test.labels)
        caption = (
            "Test error rate by the number of ensemble members: mean and standard deviation over the "
            "ensembles of each size."
        )
        yield "ensemble", draw_ensemble_errors(sizes, title=f"Error rate of {name} by ensemble size"), caption


def _errors(report: Report, split: Split, name: str) -> _Figures:
    caption = "Number of images by true digit (row) and predicted digit (column); green is correct."
    yield "confusion", draw_confusion(report, title=f"Confusion matrix of {name}"), caption
    if mistakes := report.most_confident_mistakes(MAX_MISTAKES):
        title = f"The most confident mistakes of {name}"
        caption = (
            f"The {len(mistakes)} most confident mistakes, each with its true digit, predicted digit, "
            "confidence, and index in the test set."
        )
        yield "mistakes", draw_mistakes(mistakes, split, title=title), caption
