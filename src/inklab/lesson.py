"""The lesson: a single layer, then a convolutional network, trained, evaluated and looked into."""

import json
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from shlex import quote
from typing import Any, Self

from inklab.data import DataSet, load_data
from inklab.errors import DataError, RunError
from inklab.evaluation import Report
from inklab.files import write_text
from inklab.gallery import Picture, draw_run
from inklab.layers import layers_table
from inklab.machine import Machine
from inklab.page import Page, Section
from inklab.training import Recipe, Run, Training, find_recipe, stopping_on_signals
from inklab.training.run import make_folder

DIGIT = 1
"""The index of the test digit that is followed through the network."""

RECORDS = (
    ("System", "Test error*", "Idea"),
    ("Dropout in a deep network (Srivastava 2014)", "1.06%", "while training, leave out units at random"),
    (
        "Multi-column network, 35 networks (Ciresan 2012)",
        "0.23%",
        "many networks, each with its own view of the digit, average their answers",
    ),
    (
        "Augmented pattern classification (Sato 2015)",
        "0.23%",
        "deform the digits to train on, and again the digit to decide about",
    ),
    (
        "DropConnect, five networks (Wan 2013)",
        "0.21%",
        "leave out single weights instead of units, and let five such networks vote",
    ),
)


@dataclass(frozen=True)
class Part:
    """One of the lesson's two networks, with the words that go with it."""

    folder: str
    recipe: str
    heading: str
    idea: tuple[str, ...]
    question: str
    """What to look for in its pictures."""


SINGLE_LAYER = Part(
    folder="softmax",
    recipe="lesson-softmax",
    heading="Part 1. A single layer",
    idea=(
        "An image is 784 numbers, one a pixel. For each digit, a weight a pixel says whether ink there "
        "speaks for the digit or against it; the weighted sum, plus a bias, is that digit's evidence.",
        "Softmax turns the ten sums of evidence into ten probabilities. Training lowers the cross-entropy: "
        "the surprise, -log p, at the probability given to the right digit.",
        "It begins with all weights zero, takes 50 images at a time, and moves every weight a little "
        "against its gradient.",
    ),
    question="Each of the ten weight images is a blurred sketch of its digit: ink on blue counts for it, ink "
    "on red against it. One sketch a digit is all that a single layer can have.",
)
CONVOLUTIONAL = Part(
    folder="cnn",
    recipe="lesson-cnn",
    heading="Part 2. A convolutional network",
    idea=(
        "A stroke is a stroke wherever it stands. So small filters of 5 x 5 weights slide over the image, "
        "and each makes a map of where it finds what it looks for; ReLU drops what speaks against; pooling "
        "keeps the strongest answer in every 2 x 2 pixels.",
        "Twice over, and strokes have become parts of digits. A fully connected layer weighs the parts "
        "together; dropout leaves out half of its units at random in every step, so that none relies on "
        "another; softmax decides as before.",
        "Adam takes the steps: gradient descent that gives each weight a pace of its own.",
    ),
    question="Follow the digit from the top. The filters begin as random numbers, and training leans each "
    "towards strokes and edges of its own; the first maps are the digit as those edges see it; the second "
    "maps are hardly pictures any more, but say which parts stand where.",
)
PARTS = (SINGLE_LAYER, CONVOLUTIONAL)


@dataclass(frozen=True)
class Lesson:
    """A lesson in its folder: iterate over `teach` and print the lines."""

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
        source = source if source == "mnist" else str(Path(source).resolve())
        lesson = cls(path, full, seed, source)
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
    def is_finished(self) -> bool:
        """Whether the lesson has been given to its end."""
        return self.page.exists()

    def to_dict(self) -> dict[str, Any]:
        """Return what a finished lesson found, as what a JSON document can hold."""
        reports = {part.folder: Report.read(self.path / part.folder / "report.json") for part in PARTS}
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

    def teach(self) -> Iterator[str]:
        """Give the lesson, or what is missing of it, and yield what there is to say, line by line.

        Ctrl-C and SIGTERM end it early, with a checkpoint; the last line then says how to go on.

        Raises:
            InklabError: of any kind, when something is damaged or cannot be written.
        """
        data = _load(self.source)
        yield from _about_data(data)
        told: list[tuple[Part, Run, Report, list[Picture]]] = []
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
            report = run.evaluate(data)
            report.write(run.path / "report.json")
            yield f"On the {len(data.test):,} test images, none of which it has seen: {report}."
            pictures = draw_run(run, data, report, digit=DIGIT)
            yield f"Its pictures are in {run.path / 'figures'}. {part.question}"
            told.append((part, run, report, pictures))
        (_, _, single, _), (_, _, convolutional, _) = told
        yield from ("", "How the two compare", "", compare(single, convolutional))
        yield from _about_records(data)
        self._write_page(data, told)
        yield from ("", f"All of it on one page, with the pictures: {self.page}")

    def _train(self, part: Part, recipe: Recipe, data: DataSet) -> Generator[str, None, Run]:
        path = self.path / part.folder
        if (path / "recipe.json").exists():
            run = Run.open(path)
            if run.is_finished:
                yield "It was trained before."
                return run
            training = run.resume(data)
            if run.began_elsewhere:
                yield "It began on another machine or with other versions, so its bits may differ."
            yield f"Going on from step {training.step}:"
        else:
            run = Run.create(path, recipe, data, source=self.source)
            training = Training(recipe, data.train, data.valid)
        with stopping_on_signals(training):
            for progress in run.record(training):
                yield str(progress)
        if training.is_finished:
            speed = recipe.steps * recipe.batch_size / training.elapsed_s
            yield f"Trained in {training.elapsed_s:.1f} s, {speed:,.0f} images a second."
        return run

    def _write_page(self, data: DataSet, told: list[tuple[Part, Run, Report, list[Picture]]]) -> None:
        (_, _, single, _), (_, run, convolutional, _) = told
        machine = Machine.from_dict(run.machine)
        glance = Section(
            heading="At a glance",
            figures=(
                (f"{single.accuracy:.2%}", "a single layer"),
                (f"{convolutional.accuracy:.2%}", "a convolutional network"),
                (f"{len(data.test):,}", "test images, never trained on"),
            ),
            text=(compare(single, convolutional),),
        )
        parts = [
            Section(
                heading=part.heading,
                text=(*part.idea, f"On the {report.n:,} test images: {report}.", part.question),
                table=layers_table(run.recipe),
                pictures=tuple(pictures),
            )
            for part, run, report, pictures in told
        ]
        records = Section(heading="How the best do better", text=(ABOUT_RECORDS,), table=RECORDS)
        Page(
            title="A lesson in handwritten digits",
            lead=f"Two networks, trained on {data.name} and looked into. Every figure and picture on this "
            "page comes from this very run, but for the published records at its end.",
            sections=(glance, *parts, records),
            colophon=f"Seed {self.seed}, {data.name}, {machine}; "
            + ", ".join(f"{name} {version}" for name, version in machine.versions.items()),
        ).write(self.page)


ABOUT_RECORDS = (
    "These errors are as published, on MNIST. Near 0.2% the 10,000 test images leave an uncertainty of "
    "about 0.09 points either way, so the last three are equals. What they share: no single network, and no "
    "single look at the digit, decides alone."
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


def _load(source: str) -> DataSet:
    data = load_data(source)
    if len(data.test) <= DIGIT:
        raise DataError(f"{data.name} has {len(data.test)} test image; the lesson follows image {DIGIT}")
    return data


def _about_data(data: DataSet) -> Iterator[str]:
    yield f"Handwritten digits: {data.name}, 28 x 28 pixels each"
    yield ""
    yield f"{len(data.train):6,} images to train on"
    yield f"{len(data.valid):6,} valid images, to choose by: watched during training, never trained on"
    yield f"{len(data.test):6,} test images, read once, at the end"


def _about_network(recipe: Recipe) -> Iterator[str]:
    for name, kind, shape, parameters in layers_table(recipe):
        yield f"  {name:<10}{kind:<14}{shape.rstrip('*'):>14}{parameters.rstrip('*'):>13}"
    yield ""
    yield (
        f"Training: {recipe.steps:,} steps of {recipe.batch_size} images, {recipe.optimizer} at learning "
        f"rate {recipe.learning_rate:g}, seed {recipe.seed}. Each line tells how the network, as it is "
        "before that step, does on the images of the step."
    )


def _about_records(data: DataSet) -> Iterator[str]:
    yield from ("", "How the best do better", "")
    if data.name != "mnist":
        yield f"These were measured on MNIST, not on {data.name}."
    for system, error, idea in RECORDS[1:]:
        yield f"  {error}  {system}: {idea}"
    yield ABOUT_RECORDS
