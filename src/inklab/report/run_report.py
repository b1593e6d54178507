"""Evaluate a finished run, draw its figures, and write its report page."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inklab.data import Dataset
from inklab.errors import DataError
from inklab.evaluation import Report, evaluate, softmax
from inklab.models import digit_logits, summary_table
from inklab.report.html import Page, Section
from inklab.report.run_figures import Picture, draw_run, with_article
from inklab.runs import Run


@dataclass(frozen=True)
class RunReport:
    """The evaluation and the pictures of a run, and its prediction for one image."""

    run: Run
    report: Report
    """On the test set."""
    pictures: list[Picture]
    image: int
    """The index of the test image that was followed through the network."""
    label: int
    probabilities: list[float]
    """The probability of each digit from 0 to 9 for this image."""

    @property
    def page(self) -> Path:
        """The path of the report page."""
        return self.run.path / "report.html"

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serializable dict."""
        return {
            "run": str(self.run.path),
            "image": self.image,
            "label": self.label,
            "predicted": int(np.argmax(self.probabilities)),
            "probabilities": self.probabilities,
            "pictures": [str(picture.path) for picture in self.pictures],
            "page": str(self.page),
        }

    def __str__(self) -> str:
        ranked = sorted(enumerate(self.probabilities), key=lambda pair: -pair[1])[:3]
        top = ", ".join(f"{digit} ({probability:.2%})" for digit, probability in ranked)
        lines = [
            f"Test image {self.image:,} is {with_article(self.label)}. The most probable digits are {top}."
        ]
        lines += [f"  {picture.path}  {picture.caption}" for picture in self.pictures]
        return "\n".join([*lines, f"The report page has all of these: {self.page}"])


def inspect_run(run: Run, data: Dataset, *, image: int) -> RunReport:
    """Evaluate a finished run on the test set, draw its figures, and write report.json and report.html.

    Args:
        run: a finished run; everything is written to its folder.
        data: the data to evaluate on.
        image: index of the test image to follow through the network.

    Raises:
        DataError: the test set has no image of this index.
        RunError: the run is not finished, or is damaged.
        InklabError: the folder cannot be written to.
    """
    if not 0 <= image < len(data.test):
        raise DataError(f"the test set has no image {image}; expected 0 to {len(data.test) - 1}")
    model = run.load_model()
    logits = digit_logits(model, data.test.images)  # (n, 10)
    report = evaluate(logits, data.test.labels, data=data.name, split="test")
    report.save(run.path / "report.json")
    pictures = draw_run(run, model, data.test, report, image=image)
    probabilities = softmax(logits[image : image + 1])[0].tolist()
    run_report = RunReport(run, report, pictures, image, int(data.test.labels[image]), probabilities)
    _page(run_report, summary_table(model)).write(run_report.page)
    return run_report


def _page(run_report: RunReport, layers: tuple[tuple[str, ...], ...]) -> Page:
    recipe, report = run_report.run.recipe, run_report.report
    low, high = report.accuracy_interval
    fields = [(name, _as_text(value)) for name, value in recipe.to_dict().items()]
    return Page(
        title=f"Run report: {recipe.name}",
        introduction=f"{recipe.steps:,} training steps on {report.data}. All results are from this run.",
        sections=(
            Section(
                heading="Summary",
                values=(
                    (f"{report.accuracy:.2%}", f"test accuracy, 95% interval {low:.2%} to {high:.2%}"),
                    (f"{report.errors:,}", f"errors in {report.n:,} test images"),
                    (f"{report.nll:.3f}", "negative log-likelihood, nats per image"),
                    (f"{report.ece:.3f}", "expected calibration error (ECE)"),
                ),
                table=layers,
            ),
            Section(heading="Figures", pictures=tuple(run_report.pictures)),
            Section(heading="Recipe", table=(("Field", "Value"), *fields)),
        ),
        footer=str(run_report.run.machine),
    )


def _as_text(value: Any) -> str:
    match value:
        case dict():
            return ", ".join(f"{name} {_as_text(item)}" for name, item in value.items()) or "none"
        case list() | tuple():
            return "; ".join(map(_as_text, value)) or "none"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:g}"
        case _:
            return str(value)
