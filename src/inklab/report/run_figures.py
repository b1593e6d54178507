"""Every picture of a run, drawn into its folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from torch import nn

from inklab.data import Split
from inklab.errors import InklabError
from inklab.evaluation import Report, error_by_ensemble_size, softmax
from inklab.explain.activations import feature_maps
from inklab.explain.filters import convolutions, filters, weight_images
from inklab.models import Ensemble, digit_logits, first_network
from inklab.report.figures import (
    Curve,
    draw_confusion,
    draw_curves,
    draw_image,
    draw_mistakes,
    draw_tiles,
    draw_votes,
    draw_weight_images,
)
from inklab.runs import Run
from inklab.training import Progress
from inklab.utils.atomic import atomic_write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MISTAKES = 16
DOTS_PER_INCH = 200


@dataclass(frozen=True)
class Picture:
    """A picture in a run's folder."""

    name: str
    path: Path
    caption: str
    """What it shows, for those who look at it and for those who cannot."""


def draw_run(run: Run, model: nn.Module, test: Split, report: Report, *, digit: int) -> list[Picture]:
    """Draw what a finished run has learned, how it learned it, what it makes of one digit, where it is wrong.

    Args:
        run: a finished run.
        model: what answers: its trained network, or its committee, whose first column is looked into.
        test: the split of the report.
        report: how the network answers it.
        digit: index in `test` of the digit to follow through the network.

    Returns:
        The pictures, in the order in which to look at them.

    Raises:
        RunError: the run's metrics are damaged.
        InklabError: the folder cannot be written to.
    """
    name = run.recipe.name
    first, network = next(iter(run.members), run), first_network(model)
    whose = f"the first of {len(run.members)} columns, {first.recipe.name}" if run.members else name
    within = f" of {whose}" if run.members else ""
    drawn = [
        *_curves(first.progress(), whose),
        *_learned(network, within),
        *_followed(network, test, digit, within),
        *_voted(model, test, name),
        *_judged(report, test, name),
    ]
    folder = run.path / "figures"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise InklabError(f"cannot make the folder {folder}: {error.strerror}; move what is there") from None
    return [_write(figure, folder / f"{stem}.png", caption) for stem, figure, caption in drawn]


_Drawn: TypeAlias = "Iterator[tuple[str, Figure, str]]"  # the name of its file, the figure, the caption


def _curves(progress: list[Progress], name: str) -> _Drawn:
    reported = [(one.step, one.loss, one.accuracy) for one in progress]
    measured = [
        (one.step, one.valid_loss, one.valid_accuracy)
        for one in progress
        if one.valid_loss is not None and one.valid_accuracy is not None
    ]
    train, valid = Curve.of("training batch", reported), Curve.of("valid split", measured)
    caption = (
        "Loss and accuracy while it learned: pale, each reported batch; dark, images it never trains on."
    )
    yield "curves", draw_curves(train, valid, title=f"How {name} learned"), caption


def _learned(model: nn.Module, within: str) -> _Drawn:
    images = weight_images(model)
    if images is not None:
        seen = "blue, ink speaks for the digit; red, against it"
        caption = f"The weights of each digit{within} as an image: {seen}."
        yield (
            "weights",
            draw_weight_images(images, title="What speaks for each digit, and against it"),
            caption,
        )
    if convolutions(model):
        learned = filters(model)
        count, height, width = learned.shape
        title = f"The {count} filters of the first convolution"
        note = f"{height} x {width} weights each, the largest white, the smallest black"
        caption = f"{title}{within}: the pattern of ink that each of its maps answers to most strongly."
        yield "filters", draw_tiles(learned, columns=8, title=title, note=note), caption


def _followed(model: nn.Module, split: Split, digit: int, within: str) -> _Drawn:
    image, label = split[digit]
    title = f"Test digit {digit}, a {label}"
    yield (
        f"digit-{digit}",
        draw_image(image, title=title),
        f"{title}: the 28 x 28 pixels that the network gets.",
    )
    for place, name in enumerate(convolutions(model), start=1):
        seen = feature_maps(model, image, name)
        count, height, width = seen.shape
        which, what = f"The {count} maps of convolution {place}", f"for test digit {digit}"
        note = f"before ReLU, {height} x {width} each, strongest answer white"
        columns = 6 if place == 1 else 8
        caption = f"{which}{within} {what}, before ReLU: where each filter finds what it looks for."
        yield (
            f"digit-{digit}-{name}",
            draw_tiles(seen, columns=columns, title=f"{which} {what}", note=note),
            caption,
        )


def _voted(model: nn.Module, test: Split, name: str) -> _Drawn:
    if not isinstance(model, Ensemble):
        return
    answers = [softmax(digit_logits(column, test.images)) for column in model.members]  # (m, n, 10)
    sizes = error_by_ensemble_size(np.stack(answers), test.labels)
    caption = "The error of committees of so many columns: their mean, and the deviation over which they are."
    yield "votes", draw_votes(sizes, title=f"How much a vote helps {name}"), caption


def _judged(report: Report, split: Split, name: str) -> _Drawn:
    title = f"{report.errors:,} errors of {name} in {report.n:,}, label by answer"
    caption = "How often each digit (row) was read as each digit (column); blue, what was read rightly."
    yield "confusion", draw_confusion(report, title=title), caption
    mistakes = report.most_confident_mistakes(MISTAKES)
    title = f"The mistakes of which {name} is surest"
    if mistakes:
        caption = f"The {len(mistakes)} surest mistakes, with the label, the answer and its probability."
        yield "mistakes", draw_mistakes(mistakes, split, title=title), caption


def _write(figure: "Figure", path: Path, caption: str) -> Picture:
    with atomic_write(path) as file:
        figure.savefig(file, format="png", dpi=DOTS_PER_INCH, facecolor="white")
    return Picture(path.stem, path, caption)
