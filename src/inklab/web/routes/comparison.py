"""Compare two networks on the same test set."""

import numpy as np
from fastapi import APIRouter

from inklab.web.routes.errors import Count, Start
from inklab.web.schemas import ModelName
from inklab.web.services.model_comparison import (
    Disagreement,
    ModelComparison,
    compare,
    disagreement_masks,
    predictions_of_both,
)
from inklab.web.services.model_metrics import ExamplePage, example_page
from inklab.web.services.predictions import PredictionCache
from inklab.web.services.workbench import SHIPPED


def router(cache: PredictionCache) -> APIRouter:
    """Return the routes for comparisons."""
    routes = APIRouter(prefix="/comparison", tags=["comparison"])

    @routes.get("", summary="Compare two networks on the same test images")
    def comparison(first: ModelName, second: ModelName = SHIPPED) -> ModelComparison:
        return compare(*predictions_of_both(cache, first, second))

    @routes.get("/disagreements", summary="List the images on which two networks disagree")
    def disagreements(
        first: ModelName,
        second: ModelName = SHIPPED,
        which: Disagreement = "only_first",
        start: Start = 0,
        count: Count = 60,
    ) -> ExamplePage:
        first_predictions, second_predictions = predictions_of_both(cache, first, second)
        indices = np.flatnonzero(disagreement_masks(first_predictions, second_predictions)[which])
        return example_page(first_predictions, indices, slice(start, start + count), second_predictions)

    return routes
