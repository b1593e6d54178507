"""The Lesson room: the reader's own two networks, as they learned and as they are."""

from copy import deepcopy
from typing import TYPE_CHECKING, Annotated

import numpy as np
from fastapi import APIRouter, Query
from numpy.typing import NDArray

from inklab.errors import DataError
from inklab.evaluation import softmax
from inklab.lesson.text import ABOUT_RECORDS, CONVOLUTIONAL, PARTS, RECORDS, SINGLE_LAYER, Part
from inklab.web import tries
from inklab.web.course import Course, Folder, LessonState, digit_of, run_of
from inklab.web.documents import Document, Point, packed
from inklab.web.workbench import Cache, Workbench

if TYPE_CHECKING:
    from torch import nn

    from inklab.lesson.lesson import Lesson
    from inklab.training import Recipe

_LAYERS = ("relu1", "pool1", "relu2", "pool2")


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


def router(workbench: Workbench) -> APIRouter:
    """Return the paths of this room."""
    room = APIRouter(prefix="/api/lesson", tags=["lesson"])
    course = Course(workbench)
    room.include_router(tries.router(workbench, course))
    layouts: Cache[list[tuple[str, ...]]] = Cache(4)

    @room.get("", summary="The reader's own lesson, as it stands")
    def lesson() -> LessonNow:
        return _now(course, workbench, layouts)

    @room.post("", summary="Begin the lesson, or go on with it, in a process of its own")
    def begin() -> LessonNow:
        course.begin()
        return _now(course, workbench, layouts)

    @room.get("/weights", summary="The single layer's weights: an image a digit")
    def weights() -> Pictures:
        from inklab.explain.filters import weight_images  # noqa: PLC0415  (loads torch)

        images = weight_images(course.model(SINGLE_LAYER))
        if images is None:
            raise DataError("the lesson's first network is no single layer")
        return _pictures(images)

    @room.get("/filters", summary="The convolutional network's first filters")
    def filters() -> Pictures:
        from inklab.explain.filters import filters as first  # noqa: PLC0415  (loads torch)

        return _pictures(first(course.model(CONVOLUTIONAL)))

    @room.get("/through", summary="Follow a test digit through the convolutional network")
    def through(index: Annotated[int, Query(ge=0, le=10**9)] = 1) -> Through:
        image, label = digit_of(course.test(CONVOLUTIONAL), index)
        return _through(course.model(CONVOLUTIONAL), image, label, index)

    return room


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
        points=[Point.of(one) for one in progress],
    )


def _layers(recipe: "Recipe") -> list[tuple[str, ...]]:
    from inklab.models import build_network, summary_table  # noqa: PLC0415  (loads torch)

    return list(summary_table(build_network(recipe.network, recipe.network_options, seed=recipe.seed)))


def _through(model: "nn.Module", image: NDArray[np.uint8], label: int, index: int) -> Through:
    from inklab.models.activations import activations  # noqa: PLC0415  (loads torch)
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


def _pictures(values: NDArray[np.floating]) -> Pictures:
    count, rows, columns = values.shape
    return Pictures(count=count, rows=rows, columns=columns, values=packed(values.astype("<f4")))
