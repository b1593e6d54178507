"""The Lesson room: the reader's own two networks, and experiments with them."""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import numpy as np
from fastapi import APIRouter, Query
from numpy.typing import NDArray
from pydantic import Field

from inklab.chapters import ABOUT_RECORDS, CONVOLUTIONAL, PARTS, RECORDS, SINGLE_LAYER, Part
from inklab.data import DataSet, Split
from inklab.errors import DataError
from inklab.evaluation import softmax, wilson_interval
from inklab.web.course import Course, LessonState, run_of
from inklab.web.documents import Document, packed
from inklab.web.jobs import Job, Jobs, State
from inklab.web.workbench import Cache, Workbench

if TYPE_CHECKING:
    from torch import nn

    from inklab.experiments import Curve
    from inklab.lesson import Lesson
    from inklab.training import Progress, Recipe

MOST_ASKED = 1000
"""So many test digits are asked with filters silenced, so that the answer comes at once."""
SEVEN = 7
INK = 127
"""A pixel above it is a stroke."""
REACH = 5
"""So many pixels the bar of a seven goes to each side."""
_LAYERS = ("relu1", "pool1", "relu2", "pool2")

Folder: TypeAlias = Literal["softmax", "cnn"]
Experiment: TypeAlias = Literal["shuffled-softmax", "shuffled-cnn", "dropout"]


class Point(Document):
    """How a training stood at one step."""

    step: int
    loss: float
    accuracy: float
    valid_loss: float | None
    valid_accuracy: float | None


class Figures(Document):
    """How many test digits were answered rightly."""

    n: int
    errors: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    """95 %, after Wilson."""


class PartOfLesson(Document):
    """One of the lesson's two networks."""

    folder: Folder
    run: str | None
    """The name of its run; null before it begins."""
    heading: str
    idea: list[str]
    question: str
    steps: int
    batch_size: int
    optimizer: str
    learning_rate: float
    layers: list[tuple[str, ...]]
    """Name, kind, shape and parameters; the first is the heading."""
    finished: bool
    elapsed_s: float
    points: list[Point]


class LessonNow(Document):
    """The reader's lesson as it stands."""

    state: LessonState
    error: str | None
    name: str | None
    data: str
    parts: list[PartOfLesson]
    records: list[tuple[str, ...]]
    """What the best published systems reach; the first is the heading."""
    about_records: str


class Pictures(Document):
    """Some small pictures; base64 of little-endian float32, row by row."""

    count: int
    rows: int
    columns: int
    values: str


class Followed(Document):
    """A layer's maps of one digit."""

    name: str
    pictures: Pictures


class Through(Document):
    """What the convolutional network makes of one digit, layer by layer."""

    index: int
    label: int
    image: str
    """base64 of uint8 28 x 28."""
    layers: list[Followed]
    probabilities: list[float]


class Silenced(Document):
    """Which filters of the first layer shall find nothing."""

    filters: list[Annotated[int, Field(ge=0, le=31)]] = Field(max_length=32)


class Barred(Document):
    """A seven, as it is or with a bar, and what the network says; base64 of uint8 28 x 28."""

    image: str
    probabilities: list[float]


class Twin(Document):
    """One of two trainings that differ in one thing."""

    name: str
    steps: int
    valid_accuracy: float | None
    """At the end."""
    points: list[Point]


class Tried(Document):
    """How an experiment stands."""

    state: State
    error: str | None
    twins: list[Twin]


class Order(Document):
    """A test digit and the same with its pixels in another order; base64 of uint8 28 x 28."""

    label: int
    image: str
    shuffled: str


def router(workbench: Workbench) -> APIRouter:
    """Return the paths of this room."""
    room = APIRouter(prefix="/api/lesson", tags=["lesson"])
    course = Course(workbench)
    models: Cache[nn.Module] = Cache(4)
    tests: Cache[Split] = Cache(2)
    layouts: Cache[list[tuple[str, ...]]] = Cache(4)
    answers: Cache[NDArray[np.bool]] = Cache(8)
    jobs: Jobs[tuple[Curve, ...]] = Jobs(workbench.stopping)

    def model(part: Part) -> "nn.Module":
        run = course.run(part)
        return models.get(_key(run.path / "model.safetensors"), run.load_model)

    def test(part: Part) -> Split:
        run = course.run(part)
        return tests.get((run.source, run.checksum), lambda: run.load_data().test)

    @room.get("", summary="The reader's own lesson, as it stands")
    def lesson() -> LessonNow:
        return _now(course, workbench, layouts)

    @room.post("", summary="Begin the lesson, or go on with it, in a process of its own")
    def begin() -> LessonNow:
        course.begin()
        return _now(course, workbench, layouts)

    @room.get("/weights", summary="The single layer's weights: an image a digit")
    def weights() -> Pictures:
        from inklab.inspection import weight_images  # noqa: PLC0415  (loads torch)

        images = weight_images(model(SINGLE_LAYER))
        if images is None:
            raise DataError("the lesson's first network is no single layer")
        return _pictures(images)

    @room.get("/filters", summary="The convolutional network's first filters")
    def filters() -> Pictures:
        from inklab.inspection import filters as first  # noqa: PLC0415  (loads torch)

        return _pictures(first(model(CONVOLUTIONAL)))

    @room.get("/through", summary="Follow a test digit through the convolutional network")
    def through(index: Annotated[int, Query(ge=0, le=10**9)] = 1) -> Through:
        image, label = _digit(test(CONVOLUTIONAL), index)
        return _through(model(CONVOLUTIONAL), image, label, index)

    @room.get("/sample", summary="Measure a network on the first test digits alone")
    def sample(count: Annotated[int, Query(ge=1, le=10**6)], part: Folder = "softmax") -> Figures:
        from inklab.models import digit_logits  # noqa: PLC0415  (loads torch)

        chosen = _part(part)

        def ask() -> NDArray[np.bool]:
            asked = test(chosen)
            answered = digit_logits(model(chosen), asked.images).argmax(axis=1)
            is_right: NDArray[np.bool] = answered == asked.labels
            return is_right

        return _figures(answers.get(_key(course.run(chosen).path / "model.safetensors"), ask)[:count])

    @room.post(
        "/silence", summary="Measure the convolutional network with some of its first filters silenced"
    )
    def silence(silenced: Silenced) -> Figures:
        from inklab.inspection import without_filters  # noqa: PLC0415  (loads torch)
        from inklab.models import digit_logits  # noqa: PLC0415

        asked = test(CONVOLUTIONAL)[:MOST_ASKED]
        logits = digit_logits(without_filters(model(CONVOLUTIONAL), silenced.filters), asked.images)
        return _figures(logits.argmax(axis=1) == asked.labels)

    @room.get("/bar", summary="Show a network a test seven, then the same with a bar")
    def bar(part: Folder = "softmax") -> list[Barred]:
        from inklab.models import digit_logits  # noqa: PLC0415  (loads torch)

        images = np.stack(_with_bar(test(_part(part))))
        probabilities = softmax(digit_logits(model(_part(part)), images))
        return [
            Barred(image=packed(image), probabilities=row.tolist())
            for image, row in zip(images, probabilities, strict=True)
        ]

    @room.get("/order", summary="A test digit with its pixels shuffled as in the experiments")
    def order(index: Annotated[int, Query(ge=0, le=10**9)] = 1) -> Order:
        from inklab.experiments import pixel_order  # noqa: PLC0415  (loads torch)

        image, label = _digit(test(SINGLE_LAYER), index)
        shuffled = image.ravel()[pixel_order()]
        return Order(label=label, image=packed(image), shuffled=packed(shuffled))

    @room.post("/experiments/{name}", summary="Begin an experiment in the background")
    def experiment(name: Experiment) -> Tried:
        run = course.run(SINGLE_LAYER)
        key = (name, run.source, run.checksum)
        return _tried(jobs.start(key, lambda: _experiments()[name](run.load_data())))

    @room.get("/experiments/{name}", summary="How an experiment stands")
    def tried(name: Experiment) -> Tried:
        run = course.run(SINGLE_LAYER)
        return _tried(jobs.job((name, run.source, run.checksum)))

    return room


def _experiments() -> "Mapping[Experiment, Callable[[DataSet], Iterator[tuple[Curve, ...]]]]":
    from inklab import experiments  # noqa: PLC0415  (loads torch)

    return {
        "shuffled-softmax": experiments.shuffled_single_layer,
        "shuffled-cnn": experiments.shuffled_convolutions,
        "dropout": experiments.without_dropout,
    }


def _now(course: Course, workbench: Workbench, layouts: Cache[list[tuple[str, ...]]]) -> LessonNow:
    standing = course.standing()
    lesson = standing.lesson
    return LessonNow(
        state=standing.state,
        error=standing.error,
        name=None if lesson is None else lesson.path.relative_to(workbench.runs).as_posix(),
        data="mnist" if lesson is None else lesson.source,
        parts=[_part_now(part, lesson, workbench, layouts) for part in PARTS],
        records=list(RECORDS),
        about_records=ABOUT_RECORDS,
    )


def _part_now(
    part: Part, lesson: "Lesson | None", workbench: Workbench, layouts: Cache[list[tuple[str, ...]]]
) -> PartOfLesson:
    from inklab.training import find_recipe  # noqa: PLC0415

    run = None if lesson is None else run_of(lesson, part)
    recipe = find_recipe(part.recipe) if run is None else run.recipe
    progress = [] if run is None else run.progress()
    return PartOfLesson(
        folder=part.folder,
        run=None if run is None else workbench.name_of(run),
        heading=part.heading,
        idea=list(part.idea),
        question=part.question,
        steps=recipe.steps,
        batch_size=recipe.batch_size,
        optimizer=recipe.optimizer,
        learning_rate=recipe.learning_rate,
        layers=layouts.get(str((recipe.network, recipe.network_options)), lambda: _layers(recipe)),
        finished=run is not None and run.is_finished,
        elapsed_s=progress[-1].elapsed_s if progress else 0.0,
        points=[_point(one) for one in progress],
    )


def _layers(recipe: "Recipe") -> list[tuple[str, ...]]:
    from inklab.models import build_network, layout_rows  # noqa: PLC0415  (loads torch)

    return list(layout_rows(build_network(recipe.network, recipe.network_options, seed=recipe.seed)))


def _through(model: "nn.Module", image: NDArray[np.uint8], label: int, index: int) -> Through:
    from inklab.inspection import activations  # noqa: PLC0415  (loads torch)
    from inklab.models import digit_logits  # noqa: PLC0415

    own = deepcopy(model)  # what other requests ask the network must not be seen here
    with activations(own, _LAYERS) as seen:
        logits = digit_logits(own, image[np.newaxis])
    return Through(
        index=index,
        label=label,
        image=packed(image),
        layers=[Followed(name=name, pictures=_pictures(seen[name][0].numpy())) for name in _LAYERS],
        probabilities=softmax(logits)[0].tolist(),
    )


def _digit(test: Split, index: int) -> tuple[NDArray[np.uint8], int]:
    if index >= len(test):
        raise DataError(f"there is no test digit {index}; expected 0 to {len(test) - 1}")
    return test[index]


def _with_bar(test: Split) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the first seven of a split, and the same crossed by a bar at half its height."""
    (sevens,) = np.nonzero(test.labels == SEVEN)
    if not len(sevens):
        raise DataError("there is no seven among the test digits")
    plain = test.images[sevens[0]]
    rows, columns = np.nonzero(plain > INK)
    middle = (rows.min() + rows.max()) // 2
    centre = round(columns[np.abs(rows - middle) <= 1].mean())
    barred = plain.copy()
    barred[middle : middle + 2, max(0, centre - REACH) : centre + REACH + 1] = 255
    return plain, barred


def _figures(is_right: NDArray[np.bool]) -> Figures:
    n, right = len(is_right), int(np.count_nonzero(is_right))
    return Figures(n=n, errors=n - right, accuracy=right / n, accuracy_interval=wilson_interval(right, n))


def _tried(job: "Job[tuple[Curve, ...]]") -> Tried:
    twins = [
        Twin(
            name=curve.name,
            steps=curve.steps,
            valid_accuracy=curve.valid_accuracy,
            points=[_point(one) for one in curve.points],
        )
        for curve in job.found or ()
    ]
    return Tried(state=job.state, error=job.error, twins=twins)


def _point(progress: "Progress") -> Point:
    return Point(
        step=progress.step,
        loss=progress.loss,
        accuracy=progress.accuracy,
        valid_loss=progress.valid_loss,
        valid_accuracy=progress.valid_accuracy,
    )


def _part(folder: Folder) -> Part:
    return next(part for part in PARTS if part.folder == folder)


def _pictures(values: NDArray[np.floating]) -> Pictures:
    count, rows, columns = values.shape
    return Pictures(count=count, rows=rows, columns=columns, values=packed(values.astype("<f4")))


def _key(path: Path) -> tuple[str, float]:
    """Return what a file is known by as long as it is not written anew."""
    return str(path), path.stat().st_mtime
