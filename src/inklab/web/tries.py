"""What there is to try in the Lesson room, carried out with the reader's own networks."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import numpy as np
from fastapi import APIRouter, Query
from numpy.typing import NDArray
from pydantic import Field

from inklab.data import Dataset, Split
from inklab.errors import DataError
from inklab.evaluation import softmax, wilson_interval
from inklab.lesson.text import CONVOLUTIONAL, PARTS, SINGLE_LAYER, Part
from inklab.web.course import Course, Folder, digit_of
from inklab.web.documents import Document, Point, packed
from inklab.web.jobs import Job, Jobs, State
from inklab.web.workbench import Cache, Workbench, age_of

if TYPE_CHECKING:
    from inklab.lesson.ablations import Curve

MOST_ASKED = 1000
"""So many test digits are asked with filters silenced, so that the answer comes at once."""
SEVEN = 7
INK = 127
"""A pixel above it is a stroke."""
REACH = 5
"""So many pixels the bar of a seven goes to each side."""

Experiment: TypeAlias = Literal["shuffled-softmax", "shuffled-cnn", "dropout"]


class Figures(Document):
    """How many test digits were answered rightly."""

    n: int
    errors: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    """95 %, after Wilson."""


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


def router(workbench: Workbench, course: Course) -> APIRouter:
    """Return the paths of what can be tried with the networks of a course."""
    room = APIRouter()
    answers: Cache[NDArray[np.bool]] = Cache(8)
    jobs: Jobs[tuple[Curve, ...]] = Jobs(workbench.stopping)

    @room.get("/sample", summary="Measure a network on the first test digits alone")
    def sample(count: Annotated[int, Query(ge=1, le=10**6)], part: Folder = "softmax") -> Figures:
        from inklab.models import digit_logits  # noqa: PLC0415  (loads torch)

        chosen = _part(part)

        def ask() -> NDArray[np.bool]:
            asked = course.test(chosen)
            answered = digit_logits(course.model(chosen), asked.images).argmax(axis=1)
            is_right: NDArray[np.bool] = answered == asked.labels
            return is_right

        return _figures(answers.get((chosen.folder, age_of(course.run(chosen))), ask)[:count])

    @room.post(
        "/silence", summary="Measure the convolutional network with some of its first filters silenced"
    )
    def silence(silenced: Silenced) -> Figures:
        from inklab.explain.filters import ablate_filters  # noqa: PLC0415  (loads torch)
        from inklab.models import digit_logits  # noqa: PLC0415

        asked = course.test(CONVOLUTIONAL)[:MOST_ASKED]
        logits = digit_logits(ablate_filters(course.model(CONVOLUTIONAL), silenced.filters), asked.images)
        return _figures(logits.argmax(axis=1) == asked.labels)

    @room.get("/bar", summary="Show a network a test seven, then the same with a bar")
    def bar(part: Folder = "softmax") -> list[Barred]:
        from inklab.models import digit_logits  # noqa: PLC0415  (loads torch)

        images = np.stack(_with_bar(course.test(_part(part))))
        probabilities = softmax(digit_logits(course.model(_part(part)), images))
        return [
            Barred(image=packed(image), probabilities=row.tolist())
            for image, row in zip(images, probabilities, strict=True)
        ]

    @room.get("/order", summary="A test digit with its pixels shuffled as in the experiments")
    def order(index: Annotated[int, Query(ge=0, le=10**9)] = 1) -> Order:
        from inklab.lesson.ablations import pixel_order  # noqa: PLC0415  (loads torch)

        image, label = digit_of(course.test(SINGLE_LAYER), index)
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


def _experiments() -> "Mapping[Experiment, Callable[[Dataset], Iterator[tuple[Curve, ...]]]]":
    from inklab.lesson import ablations as experiments  # noqa: PLC0415  (loads torch)

    return {
        "shuffled-softmax": experiments.shuffled_single_layer,
        "shuffled-cnn": experiments.shuffled_convolutions,
        "dropout": experiments.without_dropout,
    }


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
            points=[Point.of(one) for one in curve.points],
        )
        for curve in job.found or ()
    ]
    return Tried(state=job.state, error=job.error, twins=twins)


def _part(folder: Folder) -> Part:
    return next(part for part in PARTS if part.folder == folder)
