"""The service: pictures in, digits out, and the networks that read them."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Literal, TypeAlias

from fastapi import APIRouter, File, Query, UploadFile

from inklab.recognition import Artifact, Prediction
from inklab.recognition.recognizer import read_chunk
from inklab.utils.hardware import cores
from inklab.web.documents import Document
from inklab.web.workbench import SHIPPED, Workbench

MOST_PICTURES = 256
"""In one request."""
_CHUNK = 32

ErrorRate: TypeAlias = Annotated[
    Literal["0.01", "0.005", "0.001"],
    Query(description="how often the set of digits may miss the truth; these were calibrated"),
]
NetworkName: TypeAlias = Annotated[
    str, Query(max_length=300, description="which network answers: a name of `/api/models`")
]


class Answer(Document):
    """What was read in one picture; the same object that `inklab read --json` prints."""

    picture: str
    """The name it came with."""
    digit: int | None
    """Null where there is none."""
    confidence: float
    """The calibrated probability of the digit, 0 where there is none."""
    probabilities: list[float] | None
    """Of each digit, if it is one; null where no image could be made of the picture."""
    prediction_set: list[int]
    """The digits that hold the truth at the error rate."""
    reason: str | None
    """Why there is no digit: `blank`, `several digits`, `no digit`, or `unreadable: ...`."""


class Model(Document):
    """A network that can answer."""

    name: str
    """What to ask for it by."""
    recipe: str
    """What it was trained by."""
    network: str
    """Its family."""
    shipped: bool
    """Whether it came with inklab; else it is a run of the user."""


def router(workbench: Workbench) -> APIRouter:
    """Return the paths of the service."""
    service = APIRouter(prefix="/api", tags=["service"])
    pool = ThreadPoolExecutor(cores(), "read")

    @service.post("/read", summary="Read the digit in each picture")
    async def read(
        pictures: Annotated[
            list[UploadFile],
            File(min_length=1, max_length=MOST_PICTURES, description="PNG, JPEG, WebP, BMP, TIFF or GIF"),
        ],
        model: NetworkName = SHIPPED,
        error_rate: ErrorRate = "0.01",
    ) -> list[Answer]:
        names = [picture.filename or "" for picture in pictures]
        contents = [await picture.read() for picture in pictures]
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(pool, lambda: _read(workbench.artifact(model), contents))
        return [
            Answer.model_validate(reading.to_dict(name, error_rate=float(error_rate)))
            for name, reading in zip(names, found, strict=True)
        ]

    @service.get("/models", summary="List the networks that can answer: inklab's own, and finished runs")
    def models() -> list[Model]:
        card = workbench.artifact(SHIPPED).card
        found = [
            Model(
                name=SHIPPED,
                recipe=card.name,
                network=str(card.recipe.get("network", card.name)),
                shipped=True,
            )
        ]
        for run in workbench.runs_found():
            if run.is_finished:
                name, recipe = workbench.name_of(run), run.recipe
                found.append(Model(name=name, recipe=recipe.name, network=recipe.network, shipped=False))
        return found

    return service


def _read(artifact: Artifact, contents: list[bytes]) -> list[Prediction]:
    chunks = [contents[start : start + _CHUNK] for start in range(0, len(contents), _CHUNK)]
    return [reading for chunk in chunks for reading in read_chunk(artifact, chunk)]
