"""Predict digits in pictures, and list the networks that can predict."""

from typing import Annotated

from fastapi import APIRouter, File, UploadFile

from inklab.recognition import Recognizer
from inklab.web.schemas import ErrorRate, ModelName, Prediction, Schema
from inklab.web.services.workbench import SHIPPED, Workbench

MAX_PICTURES = 256
"""Pictures in one request."""


class Model(Schema):
    """A network that can predict."""

    name: str
    """The value of the parameter `model`."""
    recipe: str
    """The name of its recipe."""
    network: str
    """Its architecture."""
    shipped: bool
    """Whether it is shipped with inklab; otherwise it is a run of the user."""


def router(workbench: Workbench) -> APIRouter:
    """Return the routes for predictions."""
    routes = APIRouter(tags=["predict"])

    @routes.post("/read", summary="Predict the digit in each picture")
    def read(
        pictures: Annotated[
            list[UploadFile],
            File(min_length=1, max_length=MAX_PICTURES, description="PNG, JPEG, WebP, BMP, TIFF, or GIF"),
        ],
        model: ModelName = SHIPPED,
        error_rate: ErrorRate = "0.01",
    ) -> list[Prediction]:
        recognizer = Recognizer(workbench.artifact(model))
        predictions = recognizer.read_many([picture.file.read() for picture in pictures])
        return [
            Prediction(**prediction.to_dict(picture.filename or "", error_rate=float(error_rate)))
            for picture, prediction in zip(pictures, predictions, strict=True)
        ]

    @routes.get("/models", summary="List the networks that can predict: the shipped one, and finished runs")
    def models() -> list[Model]:
        card = workbench.artifact(SHIPPED).card
        network = str(card.recipe.get("network", card.name))
        shipped = Model(name=SHIPPED, recipe=card.name, network=network, shipped=True)
        runs = [run for run in workbench.list_runs() if run.is_finished]
        return [
            shipped,
            *(
                Model(
                    name=workbench.name_of(run),
                    recipe=run.recipe.name,
                    network=run.recipe.network,
                    shipped=False,
                )
                for run in runs
            ),
        ]

    return routes
