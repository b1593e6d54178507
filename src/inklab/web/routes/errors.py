"""The errors of a network on its test set: metrics, lists of images, and projections."""

from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query
from numpy.typing import NDArray

from inklab.errors import DataError
from inklab.web.schemas import ModelName, Schema
from inklab.web.services.cache import Cache
from inklab.web.services.jobs import Job, Jobs, JobState
from inklab.web.services.model_metrics import (
    Example,
    ExamplePage,
    ModelMetrics,
    example_page,
    examples,
    model_metrics,
)
from inklab.web.services.predictions import PredictionCache, Predictions
from inklab.web.services.workbench import SHIPPED, Workbench

MAX_EXAMPLES = 200
"""Images in one response."""

Digit = Annotated[int, Query(ge=0, le=9)]
Start = Annotated[int, Query(ge=0, le=10**9, description="number of images to skip")]
Count = Annotated[int, Query(ge=1, le=MAX_EXAMPLES, description="largest number of images")]


class PcaProjection(Schema):
    """Test images in the plane of the two principal components of the last layer's input."""

    dimensions: int
    """The number of values that the last layer weighs."""
    explained_variance_ratio: tuple[float, float]
    """The fraction of the variance along each component."""
    total: int
    """The number of test images; the examples are a sample with up to 200 errors."""
    examples: list[Example]
    points: list[tuple[float, float]]


class TsneProjection(Schema):
    """The t-SNE of the same examples; a background job computes it."""

    state: JobState
    error: str | None
    points: list[tuple[float, float]] | None


def router(workbench: Workbench, cache: PredictionCache) -> APIRouter:
    """Return the routes for the errors of a network."""
    routes = APIRouter(prefix="/errors", tags=["errors"])
    features_cache: Cache[tuple[NDArray[np.intp], NDArray[np.float32]]] = Cache(4)
    tsne_jobs: Jobs[NDArray[np.float64]] = Jobs(workbench.stopping)

    def features(predictions: Predictions) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        def compute() -> tuple[NDArray[np.intp], NDArray[np.float32]]:
            indices = predictions.plot_sample()
            return indices, cache.penultimate_features(predictions, indices)

        return features_cache.get(predictions, compute)

    @routes.get("/summary", summary="Evaluate a network on its test set, as a whole and per digit")
    def summary(model: ModelName = SHIPPED) -> ModelMetrics:
        return model_metrics(cache.get(model))

    @routes.get("/confusions", summary="List the images in a cell of the confusion matrix")
    def confusions(
        label: Digit, prediction: Digit, model: ModelName = SHIPPED, start: Start = 0, count: Count = 60
    ) -> ExamplePage:
        """List correct predictions least confident first, and errors most confident first."""
        predictions = cache.get(model)
        is_in_cell = (predictions.test.labels == label) & (predictions.digits == prediction)
        order = _by_confidence(predictions, is_in_cell, descending=label != prediction)
        return example_page(predictions, order, slice(start, start + count))

    @routes.get("/most-confident", summary="List the errors, most confident first")
    def most_confident(model: ModelName = SHIPPED, start: Start = 0, count: Count = 60) -> ExamplePage:
        predictions = cache.get(model)
        order = _by_confidence(predictions, ~predictions.is_correct, descending=True)
        return example_page(predictions, order, slice(start, start + count))

    @routes.get("/least-confident", summary="List the correct predictions, least confident first")
    def least_confident(model: ModelName = SHIPPED, start: Start = 0, count: Count = 60) -> ExamplePage:
        predictions = cache.get(model)
        order = _by_confidence(predictions, predictions.is_correct, descending=False)
        return example_page(predictions, order, slice(start, start + count))

    @routes.get("/example", summary="Return one test image with its prediction")
    def example(index: Annotated[int, Query(ge=0, le=10**9)], model: ModelName = SHIPPED) -> ExamplePage:
        predictions = cache.get(model)
        if index >= (n := len(predictions.test)):
            raise DataError(f"there is no test image {index}; expected 0 to {n - 1}")
        return example_page(predictions, np.array([index]), slice(1))

    @routes.get("/pca", summary="Project a sample of the test images by PCA")
    def pca(model: ModelName = SHIPPED) -> PcaProjection:
        from inklab.explain.projection import pca_projection

        predictions = cache.get(model)
        indices, values = features(predictions)
        projection = pca_projection(values)
        return PcaProjection(
            dimensions=values.shape[1],
            explained_variance_ratio=projection.explained_variance_ratio,
            total=len(predictions.test),
            examples=examples(predictions, indices),
            points=projection.points.round(4).tolist(),
        )

    @routes.post("/tsne", summary="Start to project the same sample by t-SNE")
    def start_tsne(model: ModelName = SHIPPED) -> TsneProjection:
        from inklab.explain.projection import tsne_projection

        predictions = cache.get(model)
        return _tsne_schema(
            tsne_jobs.start(predictions, lambda: iter([tsne_projection(features(predictions)[1])]))
        )

    @routes.get("/tsne", summary="Return the t-SNE projection, once it is computed")
    def tsne(model: ModelName = SHIPPED) -> TsneProjection:
        return _tsne_schema(tsne_jobs.job(cache.get(model)))

    return routes


def _by_confidence(predictions: Predictions, mask: NDArray[np.bool], *, descending: bool) -> NDArray[np.intp]:
    """Return the indices of the images in a mask, sorted by confidence."""
    indices = np.flatnonzero(mask)
    confidence = predictions.confidence[indices]
    order: NDArray[np.intp] = indices[np.argsort(-confidence if descending else confidence, kind="stable")]
    return order


def _tsne_schema(job: Job[NDArray[np.float64]]) -> TsneProjection:
    points = None if job.result is None else job.result.round(4).tolist()
    return TsneProjection(state=job.state, error=job.error, points=points)
