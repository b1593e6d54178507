"""Predict digits in pictures, and list the networks that can predict."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

from fastapi import APIRouter, File, UploadFile

from inklab.recognition.recognizer import read_chunk
from inklab.utils.hardware import cores
from inklab.web.schemas import ErrorRate, ModelName, Prediction, Schema
from inklab.web.services.workbench import SHIPPED, Workbench

MAX_PICTURES = 256
"""Pictures in one request."""
_CHUNK = 32


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
    pool = ThreadPoolExecutor(cores(), "read")

    @routes.post("/read", summary="Predict the digit in each picture")
    async def read(
        pictures: Annotated[
            list[UploadFile],
            File(
                min_length=1, max_length=MAX_PICTURES, description="PNG, JPEG, WebP, BMP, TIFF, GIF, or AVIF"
            ),
        ],
        model: ModelName = SHIPPED,
        error_rate: ErrorRate = "0.01",
    ) -> list[Prediction]:
        contents = [await picture.read() for picture in pictures]

        def predict() -> list[Prediction]:
            artifact = workbench.artifact(model)
            chunks = [contents[start : start + _CHUNK] for start in range(0, len(contents), _CHUNK)]
            predictions = [prediction for chunk in chunks for prediction in read_chunk(artifact, chunk)]
            return [
                Prediction(**prediction.to_dict(picture.filename or "", error_rate=float(error_rate)))
                for picture, prediction in zip(pictures, predictions, strict=True)
            ]

        return await asyncio.get_running_loop().run_in_executor(pool, predict)

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
