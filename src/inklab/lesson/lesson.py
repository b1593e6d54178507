"""The lesson: train, evaluate, and inspect a single layer, then a convolutional network."""

import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any, Self

from inklab.data import Dataset
from inklab.data.load import load_data, resolve_source
from inklab.errors import DataError, RunError
from inklab.evaluation import McNemar, Report
from inklab.evaluation.mcnemar import SIGNIFICANCE
from inklab.lesson.text import ABOUT_RECORDS, CONVOLUTIONAL, PARTS, RECORDS, Part
from inklab.models import build_network, summary_table
from inklab.report.html import Page, Section
from inklab.report.run_report import RunReport, inspect_run
from inklab.runs import Run
from inklab.runs.folder import make_folder
from inklab.training import Recipe, Training, find_recipe, stopping_on_signals
from inklab.utils.atomic import write_text
from inklab.utils.locks import is_locked, locked

IMAGE = 1
"""The index of the test image that is followed through the networks."""
FORMAT = 2
"""The format of lesson.json."""
_SMALLEST_P = 0.001  # smaller p-values are given as p < 0.001


@dataclass(frozen=True)
class Lesson:
    """A lesson in its folder: iterate over `run` and print the lines."""

    path: Path
    full: bool
    """Whether the convolutional network is trained for 20,000 steps instead of 1,100."""
    seed: int
    source: str
    """The data: "mnist" or the absolute path of a folder."""

    @classmethod
    def create(cls, path: Path, *, full: bool = False, seed: int = 0, source: str = "mnist") -> Self:
        """Create the folder of a new lesson.

        Raises:
            DataError: the data are missing or damaged.
            RunError: the folder is not empty.
            InklabError: the folder cannot be written to.
        """
        _load(source)  # before the folder is created, so that wrong data leave none behind
        lesson = cls(path, full, seed, resolve_source(source))
        make_folder(path)
        document = {"format": FORMAT, "full": full, "seed": seed, "source": lesson.source}
        write_text(path / "lesson.json", json.dumps(document) + "\n")
        return lesson

    @classmethod
    def open(cls, path: Path) -> Self:
        """Return the lesson of a folder.

        Raises:
            RunError: the folder has no lesson, or one that is damaged or of another format.
        """
        file = path / "lesson.json"
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
            version = document.get("format", 1)
            lesson = cls(path, bool(document["full"]), int(document["seed"]), str(document["source"]))
        except (FileNotFoundError, NotADirectoryError):
            raise RunError(f"{path} has no lesson.json; start a lesson with `inklab lesson`") from None
        except OSError as error:
            raise RunError(f"{file} cannot be read: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise RunError(f"{file} is damaged; start a new lesson with `inklab lesson`") from None
        if version != FORMAT:
            expected = f"expected {FORMAT}; start a new lesson with `inklab lesson`"
            raise RunError(f"{file} has format {version!r:.20}; {expected}")
        return lesson

    @property
    def page(self) -> Path:
        """The path of the report page, which is written at the end."""
        return self.path / "report.html"

    @property
    def resume_command(self) -> str:
        """The command that resumes a stopped lesson."""
        return f"inklab lesson --resume {quote(str(self.path))}"

    @property
    def is_running(self) -> bool:
        """Whether a process is running the lesson."""
        return is_locked(self.path)

    @property
    def is_finished(self) -> bool:
        """Whether the lesson has run to its end."""
        return self.page.exists()

    def to_dict(self) -> dict[str, Any]:
        """Return the results of a finished lesson as a JSON-serializable dict."""
        settings: dict[str, Any] = {"full": self.full, "seed": self.seed, "data": self.source}
        reports = {part.folder: Report.load(self.path / part.folder / "report.json") for part in PARTS}
        results: dict[str, Any] = {folder: report.to_dict() for folder, report in reports.items()}
        return {"lesson": str(self.path), "page": str(self.page), **settings, **results}

    def recipe(self, part: Part) -> Recipe:
        """Return the recipe of a part."""
        name = "lesson-cnn-full" if self.full and part is CONVOLUTIONAL else part.recipe
        return find_recipe(name, seed=self.seed)

    def run(self) -> Iterator[str]:
        """Run the lesson, or the rest of it, and yield the lines to print.

        Ctrl-C and SIGTERM stop it with a checkpoint; the last line then says how to resume.

        Raises:
            RunError: another process is running it.
            InklabError: a file is damaged or cannot be written.
        """
        with locked(self.path):
            data = _load(self.source)
            yield from _about_data(data)
            reports: list[RunReport] = []
            for part in PARTS:
                yield from ("", part.heading, "", *part.explanation, "")
                recipe = self.recipe(part)
                yield from _about_network(recipe)
                run = yield from self._train(part, recipe, data)
                if not run.is_finished:
                    yield from ("", f"Stopped. Resume with: {self.resume_command}")
                    return
                report = inspect_run(run, data, image=IMAGE)
                yield f"Results on the test set: {report.report}."
                yield f"The figures are in {run.path / 'figures'}. {part.observation}"
                yield from (picture.caption for picture in report.pictures if picture.name == "filters")
                reports.append(report)
            yield from ("", "Comparison", "", compare(*(report.report for report in reports)))
            yield from ("", "Published results", "")
            if data.name != "mnist":
                yield f"These results are for MNIST, not for {data.name}."
            yield from (f"  {error}  {system}: {method}" for system, error, method in RECORDS[1:])
            yield ABOUT_RECORDS
            self._page(*reports).write(self.page)
            yield from ("", f"The report page, with all figures: {self.page}")

    def _train(self, part: Part, recipe: Recipe, data: Dataset) -> Generator[str, None, Run]:
        path = self.path / part.folder
        if (path / "recipe.json").exists():
            run = Run.open(path)
            if run.is_finished:
                run.check_data(data)
                yield "This network is already trained."
                return run
            training = run.resume(data)
            if run.environment_changed:
                yield "The hardware or a library version has changed since the start, so results may differ."
            yield f"Resuming at step {training.step:,}:"
        else:
            run = Run.create(path, recipe, data, source=self.source)
            training = Training(recipe, data.train, data.valid)
        with stopping_on_signals(training):
            yield from map(str, run.train(training))
        if training.is_finished:
            speed = recipe.steps * recipe.batch_size / training.elapsed_s
            yield f"Trained in {training.elapsed_s:.1f} s, {speed:,.0f} images per second."
        return run

    def _page(self, single: RunReport, convolutional: RunReport) -> Page:
        machine, data = convolutional.run.machine, convolutional.report.data
        summary = Section(
            heading="Summary",
            values=(
                (f"{single.report.accuracy:.2%}", "test accuracy of a single layer"),
                (f"{convolutional.report.accuracy:.2%}", "test accuracy of a convolutional network"),
                (f"{single.report.n:,}", "test images, never trained on"),
            ),
            text=(compare(single.report, convolutional.report),),
        )
        parts = [
            Section(
                heading=part.heading,
                text=(
                    *part.explanation,
                    f"Results on the test set: {report.report}.",
                    part.observation,
                ),
                table=_layers(report.run.recipe),
                pictures=tuple(report.pictures),
            )
            for part, report in zip(PARTS, (single, convolutional), strict=True)
        ]
        records = Section(heading="Published results", text=(ABOUT_RECORDS,), table=RECORDS)
        versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
        return Page(
            title="Recognizing handwritten digits",
            introduction=f"Two networks, trained on {data}. All results on this page are from this run, "
            "except the published results at the end.",
            sections=(summary, *parts, records),
            footer=f"Seed {self.seed}, {data}, {machine}; {versions}",
        )


def compare(single: Report, convolutional: Report) -> str:
    """Return a sentence that compares both networks on the same test images, and says if it may be chance."""
    before, after = single.errors, convolutional.errors
    counts = f"The single layer makes {before:,} errors on {single.n:,} test images"
    counts += f", the convolutional network {after:,}"
    if after >= before:
        return f"{counts}. It is no better here: it was trained for too few steps or on too few images."
    ratio = f", a factor of {before / after:.1f} fewer" if after else ""
    first, second = ({mistake.index for mistake in report.mistakes} for report in (single, convolutional))
    p_value = McNemar(n=single.n, only_first=len(second - first), only_second=len(first - second)).p_value
    p = f"p < {_SMALLEST_P}" if p_value < _SMALLEST_P else f"p = {p_value:.3f}"
    conclusion = "is unlikely to be due to chance" if p_value < SIGNIFICANCE else "could be due to chance"
    return f"{counts}{ratio}. McNemar's exact test gives {p}, so the difference {conclusion}."


def _load(source: str) -> Dataset:
    data = load_data(source)
    if len(data.test) <= IMAGE:
        raise DataError(f"{data.name} has {len(data.test)} test image; the lesson needs at least {IMAGE + 1}")
    return data


def _about_data(data: Dataset) -> Iterator[str]:
    yield from (f"Handwritten digits: {data.name}, 28 x 28 pixels each", "")
    yield from (f"Skipped: {message}" for message in data.skipped)
    yield f"{len(data.train):6,} training images"
    yield f"{len(data.valid):6,} validation images, for measurements during training"
    yield f"{len(data.test):6,} test images, never used for choices"


def _layers(recipe: Recipe) -> tuple[tuple[str, ...], ...]:
    return summary_table(build_network(recipe.network, recipe.network_options, seed=recipe.seed))


def _about_network(recipe: Recipe) -> Iterator[str]:
    for name, kind, shape, parameters in _layers(recipe):
        yield f"  {name:<10}{kind:<14}{shape:>14}{parameters:>13}"
    yield from (
        "",
        f"Training: {recipe.steps:,} steps of {recipe.batch_size} images with {recipe.optimizer}, learning "
        f"rate {recipe.learning_rate:g}, seed {recipe.seed}. Each line reports the loss and the accuracy on "
        "the next training batch.",
    )
