"""One finished run seen from inside: measured, drawn, and put on a page."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inklab.data import Dataset
from inklab.errors import DataError
from inklab.evaluation import Report, evaluate, softmax
from inklab.models import digit_logits, summary_table
from inklab.report.html import Page, Section
from inklab.report.run_figures import Picture, draw_run
from inklab.runs import Run


@dataclass(frozen=True)
class View:
    """What there is to see in a run, and what it makes of one digit."""

    run: Run
    report: Report
    """On the test split."""
    pictures: list[Picture]
    digit: int
    """The index of the test image that was followed."""
    label: int
    probabilities: list[float]
    """Of each digit from 0 to 9, as the network sees this image."""

    @property
    def page(self) -> Path:
        """The page with all of it."""
        return self.run.path / "report.html"

    def to_dict(self) -> dict[str, Any]:
        """Return what was found as what a JSON document can hold."""
        return {
            "run": str(self.run.path),
            "digit": self.digit,
            "label": self.label,
            "answer": max(range(10), key=self.probabilities.__getitem__),
            "probabilities": self.probabilities,
            "pictures": [str(picture.path) for picture in self.pictures],
            "page": str(self.page),
        }

    def __str__(self) -> str:
        ranked = sorted(enumerate(self.probabilities), key=lambda one: -one[1])[:3]
        said = ", ".join(f"{digit} with {probability:.1%}" for digit, probability in ranked)
        lines = [f"Test image number {self.digit} is a {self.label}; the network says {said}."]
        lines += [f"  {picture.path}  {picture.caption}" for picture in self.pictures]
        return "\n".join([*lines, f"All of it on one page: {self.page}"])


def look_inside(run: Run, data: Dataset, *, digit: int) -> View:
    """Measure a finished run on the test split, draw it into its folder and write its report.html.

    Raises:
        DataError: the test split has no image of this index.
        RunError: the run is not finished, or damaged.
        InklabError: the folder cannot be written to.
    """
    if not 0 <= digit < len(data.test):
        raise DataError(f"digit {digit} is not in the test split; expected 0 to {len(data.test) - 1}")
    model = run.load_model()
    logits = digit_logits(model, data.test.images)  # (n, 10)
    report = evaluate(logits, data.test.labels, data=data.name, split="test")
    report.save(run.path / "report.json")
    pictures = draw_run(run, model, data.test, report, digit=digit)
    probabilities = softmax(logits[digit : digit + 1])[0].tolist()
    layers = summary_table(model)
    view = View(run, report, pictures, digit, int(data.test.labels[digit]), probabilities)
    _page(view, layers).write(view.page)
    return view


def _page(view: View, layers: tuple[tuple[str, ...], ...]) -> Page:
    recipe, report = view.run.recipe, view.report
    low, high = report.accuracy_interval
    asked = [(name, str(value)) for name, value in recipe.to_dict().items()]
    return Page(
        title=f"{recipe.name}, looked into",
        lead=f"{recipe.steps:,} steps on {report.data}; every figure and picture comes from this run.",
        sections=(
            Section(
                heading="At a glance",
                values=(
                    (f"{report.accuracy:.2%}", f"accuracy, 95% interval {low:.2%} to {high:.2%}"),
                    (f"{report.errors:,}", f"errors in {report.n:,} test images"),
                    (f"{report.nll:.3f}", "nats an image, negative log-likelihood"),
                    (f"{report.ece:.3f}", "expected calibration error"),
                ),
                table=layers,
            ),
            Section(heading="What it learned, and what it makes of a digit", pictures=tuple(view.pictures)),
            Section(heading="What was asked for", table=(("Field", "Value"), *asked)),
        ),
        colophon=str(view.run.machine),
    )
