"""The lesson: a single layer, then a convolutional network, trained, evaluated and looked into."""

import json
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from shlex import quote
from typing import Any, Self

from inklab.data import Dataset
from inklab.data.load import load_data, resolve_source
from inklab.errors import DataError, RunError
from inklab.evaluation import Report
from inklab.lesson.text import ABOUT_RECORDS, CONVOLUTIONAL, PARTS, RECORDS, Part
from inklab.models import build_network, summary_table
from inklab.report.html import Page, Section
from inklab.report.run_report import View, look_inside
from inklab.runs import Run
from inklab.runs.folder import make_folder
from inklab.utils.locks import is_locked, locked
from inklab.training import Recipe, Training, find_recipe, stopping_on_signals
from inklab.utils.atomic import write_text

DIGIT = 1
"""The index of the test digit that is followed through the network."""


@dataclass(frozen=True)
class Lesson:
    """A lesson in its folder: iterate over `run` and print the lines."""

    path: Path
    full: bool
    """Whether the convolutional network takes 20,000 steps instead of 1,100."""
    seed: int
    source: str
    """What to learn from: "mnist" or the absolute path of a folder."""

    @classmethod
    def create(cls, path: Path, *, full: bool = False, seed: int = 0, source: str = "mnist") -> Self:
        """Make the folder of a new lesson.

        Raises:
            DataError: there are no such data, or they are damaged.
            RunError: the folder holds something already.
            InklabError: it cannot be written to.
        """
        _load(source)  # before the folder: wrong data leave none behind
        lesson = cls(path, full, seed, resolve_source(source))
        make_folder(path)
        document = {name: value for name, value in asdict(lesson).items() if name != "path"}
        write_text(path / "lesson.json", json.dumps(document) + "\n")
        return lesson

    @classmethod
    def open(cls, path: Path) -> Self:
        """Return the lesson that was begun in this folder.

        Raises:
            RunError: the folder holds no lesson.
        """
        try:
            document = json.loads((path / "lesson.json").read_text(encoding="utf-8"))
            return cls(path, bool(document["full"]), int(document["seed"]), str(document["source"]))
        except (FileNotFoundError, NotADirectoryError):
            raise RunError(
                f"{path} holds no lesson: it has no lesson.json; begin one with `inklab lesson`"
            ) from None
        except OSError as error:
            raise RunError(f"{path / 'lesson.json'} cannot be read: {error.strerror}") from None
        except (ValueError, KeyError, TypeError):
            raise RunError(f"{path / 'lesson.json'} is damaged; begin another with `inklab lesson`") from None

    @property
    def page(self) -> Path:
        """Where the report will be."""
        return self.path / "report.html"

    @property
    def resume_command(self) -> str:
        """What to type to go on with a lesson that was stopped."""
        return f"inklab lesson --resume {quote(str(self.path))}"

    @property
    def is_running(self) -> bool:
        """Whether a process gives it now."""
        return is_locked(self.path)

    @property
    def is_finished(self) -> bool:
        """Whether the lesson has been given to its end."""
        return self.page.exists()

    def to_dict(self) -> dict[str, Any]:
        """Return what a finished lesson found, as what a JSON document can hold."""
        reports = {part.folder: Report.load(self.path / part.folder / "report.json") for part in PARTS}
        return {
            "lesson": str(self.path),
            "page": str(self.page),
            "full": self.full,
            "seed": self.seed,
            "data": self.source,
            **{folder: report.to_dict() for folder, report in reports.items()},
        }

    def recipe(self, part: Part) -> Recipe:
        """Return what a part of the lesson trains."""
        name = "lesson-cnn-full" if self.full and part is CONVOLUTIONAL else part.recipe
        return find_recipe(name, seed=self.seed)

    def run(self) -> Iterator[str]:
        """Give the lesson, or what is missing of it, and yield what there is to say, line by line.

        Ctrl-C and SIGTERM end it early, with a checkpoint; the last line then says how to go on.

        Raises:
            RunError: another process gives it.
            InklabError: of any kind, when something is damaged or cannot be written.
        """
        with locked(self.path):
            yield from self._teach()

    def _teach(self) -> Iterator[str]:
        data = _load(self.source)
        yield from _about_data(data)
        views: list[View] = []
        for part in PARTS:
            yield from ("", part.heading, "")
            yield from part.idea
            recipe = self.recipe(part)
            yield ""
            yield from _about_network(recipe)
            run = yield from self._train(part, recipe, data)
            if not run.is_finished:
                yield from ("", f"Stopped; nothing is lost. Go on with: {self.resume_command}")
                return
            view = look_inside(run, data, digit=DIGIT)
            yield f"On the {len(data.test):,} test images, none of which it has seen: {view.report}."
            yield f"Its pictures are in {run.path / 'figures'}. {part.question}"
            views.append(view)
        single, convolutional = views
        yield from ("", "How the two compare", "", compare(single.report, convolutional.report))
        yield from _about_records(data)
        self._page(single, convolutional).write(self.page)
        yield from ("", f"All of it on one page, with the pictures: {self.page}")

    def _train(self, part: Part, recipe: Recipe, data: Dataset) -> Generator[str, None, Run]:
        path = self.path / part.folder
        if (path / "recipe.json").exists():
            run = Run.open(path)
            if run.is_finished:
                run.check(data)
                yield "It was trained before."
                return run
            training = run.resume(data)
            if run.environment_changed:
                yield "It began on another machine or with other versions, so its bits may differ."
            yield f"Going on from step {training.step}:"
        else:
            run = Run.create(path, recipe, data, source=self.source)
            training = Training(recipe, data.train, data.valid)
        with stopping_on_signals(training):
            for progress in run.train(training):
                yield str(progress)
        if training.is_finished:
            speed = recipe.steps * recipe.batch_size / training.elapsed_s
            yield f"Trained in {training.elapsed_s:.1f} s, {speed:,.0f} images a second."
        return run

    def _page(self, single: View, convolutional: View) -> Page:
        machine, data = convolutional.run.machine, convolutional.report.data
        batch_metrics = Section(
            heading="At a glance",
            values=(
                (f"{single.report.accuracy:.2%}", "a single layer"),
                (f"{convolutional.report.accuracy:.2%}", "a convolutional network"),
                (f"{single.report.n:,}", "test images, never trained on"),
            ),
            text=(compare(single.report, convolutional.report),),
        )
        parts = [
            Section(
                heading=part.heading,
                text=(*part.idea, f"On the {view.report.n:,} test images: {view.report}.", part.question),
                table=_layers(view.run.recipe),
                pictures=tuple(view.pictures),
            )
            for part, view in zip(PARTS, (single, convolutional), strict=True)
        ]
        records = Section(heading="How the best do better", text=(ABOUT_RECORDS,), table=RECORDS)
        return Page(
            title="A lesson in handwritten digits",
            lead=f"Two networks, trained on {data} and looked into. Every figure and picture on this page "
            "comes from this very run, but for the published records at its end.",
            sections=(batch_metrics, *parts, records),
            colophon=f"Seed {self.seed}, {data}, {machine}; "
            + ", ".join(f"{name} {version}" for name, version in machine.versions.items()),
        )


def compare(single: Report, convolutional: Report) -> str:
    """Say how the two networks compare on the same test images, and whether that can be chance."""
    before, after = single.errors, convolutional.errors
    counts = f"The single layer makes {before:,} errors in {single.n:,}, the convolutional network {after:,}"
    if after >= before:
        return f"{counts}: no better here, which says that it was trained too little or on too few images."
    times = f", {before / after:.1f} times fewer" if after else ""
    is_apart = convolutional.accuracy_interval[0] > single.accuracy_interval[1]
    chance = (
        "their 95% intervals do not touch, so this is not the luck of the test images"
        if is_apart
        else "their 95% intervals overlap, so it takes more test images to be sure"
    )
    return f"{counts}{times}; {chance}."


def _load(source: str) -> Dataset:
    data = load_data(source)
    if len(data.test) <= DIGIT:
        raise DataError(f"{data.name} has {len(data.test)} test image; the lesson follows image {DIGIT}")
    return data


def _about_data(data: Dataset) -> Iterator[str]:
    yield f"Handwritten digits: {data.name}, 28 x 28 pixels each"
    yield ""
    yield from (f"Left out: {line}" for line in data.skipped)
    yield f"{len(data.train):6,} images to train on"
    yield f"{len(data.valid):6,} valid images, to choose by: watched during training, never trained on"
    yield f"{len(data.test):6,} test images, read once, at the end"


def _layers(recipe: Recipe) -> tuple[tuple[str, ...], ...]:
    return summary_table(build_network(recipe.network, recipe.network_options, seed=recipe.seed))


def _about_network(recipe: Recipe) -> Iterator[str]:
    for name, kind, shape, parameters in _layers(recipe):
        yield f"  {name:<10}{kind:<14}{shape:>14}{parameters:>13}"
    yield ""
    yield (
        f"Training: {recipe.steps:,} steps of {recipe.batch_size} images, {recipe.optimizer} at learning "
        f"rate {recipe.learning_rate:g}, seed {recipe.seed}. Each line tells how the network, as it is "
        "before that step, does on the images of the step."
    )


def _about_records(data: Dataset) -> Iterator[str]:
    yield from ("", "How the best do better", "")
    if data.name != "mnist":
        yield f"These were measured on MNIST, not on {data.name}."
    for system, error, idea in RECORDS[1:]:
        yield f"  {error}  {system}: {idea}"
    yield ABOUT_RECORDS
