"""The user's lesson, and what its two networks learned."""

from copy import deepcopy
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from fastapi import APIRouter, Query
from pydantic import Field

from inklab.errors import DataError
from inklab.evaluation import softmax
from inklab.lesson.text import ABOUT_RECORDS, CONVOLUTIONAL, PARTS, RECORDS, SINGLE_LAYER, Part
from inklab.web.schemas import Accuracy, ImageStack, Schema, TrainingPoint, base64_array
from inklab.web.services.predictions import PredictionCache
from inklab.web.services.recipe_settings import NetworkSummary, network_summary
from inklab.web.services.user_lesson import LessonStateName, UserLesson, run_of
from inklab.web.services.workbench import Workbench

if TYPE_CHECKING:
    from inklab.lesson.lesson import Lesson

MAX_ABLATION_IMAGES = 1000
"""Test images that measure an ablation, so that the response is quick."""

_LAYERS = ("relu1", "pool1", "relu2", "pool2")

PartName = Literal["softmax", "cnn"]
Index = Annotated[int, Query(ge=0, le=10**9, description="the index of a test image")]


class LessonPart(Schema):
    """One of the lesson's two networks."""

    folder: PartName
    run: str | None
    """The name of its run; null before it starts."""
    heading: str
    explanation: list[str]
    observation: str
    """What its figures show."""
    steps: int
    batch_size: int
    learning_rate: float
    network: NetworkSummary
    finished: bool
    elapsed_s: float
    points: list[TrainingPoint]


class LessonStatus(Schema):
    """The status of the user's lesson."""

    state: LessonStateName
    error: str | None
    name: str | None
    parts: list[LessonPart]
    records: list[tuple[str, ...]]
    """Published results; the first row has the headings."""
    about_records: str


class FilterChange(Schema):
    """The first-layer filters before and after training."""

    start: ImageStack
    end: ImageStack
    change: ImageStack
    """End minus start."""
    amplification: int
    """The factor that makes the change about as large as the start."""
    description: str
    """How much training changed the filters, with the measured correlation."""


class FeatureMaps(Schema):
    """The feature maps of one layer."""

    name: str
    maps: ImageStack


class Activations(Schema):
    """The feature maps and the prediction of the convolutional network for a test image."""

    label: int
    image: str
    """base64 of uint8 28 x 28."""
    layers: list[FeatureMaps]
    probabilities: list[float]


class AblatedFilters(Schema):
    """The filters of the first layer to ablate."""

    filters: list[Annotated[int, Field(ge=0, le=31)]] = Field(max_length=32)


class SevenPrediction(Schema):
    """A seven with or without a bar, and the prediction for it."""

    image: str
    """base64 of uint8 28 x 28."""
    probabilities: list[float]


class ShuffledPixels(Schema):
    """A test image, and the same image with its pixels in another order; base64 of uint8 28 x 28."""

    label: int
    image: str
    shuffled: str


def router(workbench: Workbench, lesson: UserLesson, cache: PredictionCache) -> APIRouter:
    """Return the routes for the lesson."""
    routes = APIRouter(prefix="/lesson", tags=["lesson"])

    @routes.get("", summary="Return the status of the user's lesson")
    def status() -> LessonStatus:
        state = lesson.state()
        newest = state.lesson
        return LessonStatus(
            state=state.state,
            error=state.error,
            name=None if newest is None else newest.path.relative_to(workbench.runs).as_posix(),
            parts=[_part_status(part, newest, workbench) for part in PARTS],
            records=list(RECORDS),
            about_records=ABOUT_RECORDS,
        )

    @routes.post("", summary="Start or resume the lesson in a process of its own")
    def start() -> LessonStatus:
        lesson.start()
        return status()

    @routes.get("/weights", summary="Return the weights of the single layer, one image per digit")
    def weights() -> ImageStack:
        from inklab.explain.filters import weight_images

        images = weight_images(lesson.model(SINGLE_LAYER))
        if images is None:
            raise DataError("the first network of the lesson is not a single layer")
        return ImageStack.from_array(images)

    @routes.get("/filters", summary="Return the first-layer filters before and after training")
    def filters() -> FilterChange:
        from inklab.explain.filters import filter_change
        from inklab.models import build_network

        recipe = lesson.run(CONVOLUTIONAL).recipe
        untrained = build_network(recipe.network, recipe.network_options, seed=recipe.seed)
        change = filter_change(untrained, lesson.model(CONVOLUTIONAL))
        return FilterChange(
            start=ImageStack.from_array(change.start),
            end=ImageStack.from_array(change.end),
            change=ImageStack.from_array(change.change),
            amplification=change.amplification,
            description=change.description,
        )

    @routes.get("/activations", summary="Return the feature maps of a test image")
    def activations(index: Index = 1) -> Activations:
        from inklab.models import digit_logits
        from inklab.models.activations import activations as layer_activations

        image, label = lesson.test_image(CONVOLUTIONAL, index)
        model = deepcopy(lesson.model(CONVOLUTIONAL))  # the hooks must not see other requests
        with layer_activations(model, _LAYERS) as outputs:
            logits = digit_logits(model, image[np.newaxis])
        return Activations(
            label=label,
            image=base64_array(image),
            layers=[
                FeatureMaps(name=name, maps=ImageStack.from_array(outputs[name][0].numpy()))
                for name in _LAYERS
            ],
            probabilities=softmax(logits)[0].tolist(),
        )

    @routes.get("/accuracy", summary="Measure a network on the first test images only")
    def accuracy(count: Annotated[int, Query(ge=1, le=10**6)], part: PartName = "softmax") -> Accuracy:
        run = lesson.run(_part(part))
        return Accuracy.from_mask(cache.get(workbench.name_of(run)).is_correct[:count])

    @routes.post("/ablate", summary="Measure the convolutional network without some first-layer filters")
    def ablate(ablated: AblatedFilters) -> Accuracy:
        from inklab.explain.filters import ablate_filters
        from inklab.models import digit_logits

        test = lesson.test_split(CONVOLUTIONAL)[:MAX_ABLATION_IMAGES]
        model = ablate_filters(lesson.model(CONVOLUTIONAL), ablated.filters)
        return Accuracy.from_mask(digit_logits(model, test.images).argmax(axis=1) == test.labels)

    @routes.get("/crossed-seven", summary="Predict a test seven without and with a bar")
    def seven(part: PartName = "softmax") -> list[SevenPrediction]:
        from inklab.models import digit_logits

        images = np.stack(lesson.crossed_seven(_part(part)))
        probabilities = softmax(digit_logits(lesson.model(_part(part)), images))
        return [
            SevenPrediction(image=base64_array(image), probabilities=row.tolist())
            for image, row in zip(images, probabilities, strict=True)
        ]

    @routes.get("/shuffled-pixels", summary="Shuffle the pixels of a test image as in the experiments")
    def shuffled_pixels(index: Index = 1) -> ShuffledPixels:
        from inklab.lesson.ablations import pixel_order

        image, label = lesson.test_image(SINGLE_LAYER, index)
        shuffled = image.ravel()[pixel_order()]
        return ShuffledPixels(label=label, image=base64_array(image), shuffled=base64_array(shuffled))

    return routes


def _part_status(part: Part, lesson: "Lesson | None", workbench: Workbench) -> LessonPart:
    from inklab.training import find_recipe

    run = None if lesson is None else run_of(lesson, part)
    recipe = find_recipe(part.recipe) if run is None else run.recipe
    progress = [] if run is None else run.progress()
    return LessonPart(
        folder=part.folder,
        run=None if run is None else workbench.name_of(run),
        heading=part.heading,
        explanation=list(part.explanation),
        observation=part.observation,
        steps=recipe.steps,
        batch_size=recipe.batch_size,
        learning_rate=recipe.learning_rate,
        network=network_summary(recipe),
        finished=run is not None and run.is_finished,
        elapsed_s=progress[-1].elapsed_s if progress else 0.0,
        points=[TrainingPoint.model_validate(report) for report in progress],
    )


def _part(name: PartName) -> Part:
    return next(part for part in PARTS if part.folder == name)
