"""Save, count, and delete the user's own drawings."""

from typing import Annotated

from fastapi import APIRouter, File, Path, UploadFile

from inklab.web.schemas import Schema
from inklab.web.services.drawings import MAX_BYTES, Drawings
from inklab.web.services.workbench import Workbench

Label = Annotated[int, Path(ge=0, le=9, description="the digit in the drawing")]


class SavedDrawing(Schema):
    """A drawing that was saved."""

    label: int
    name: str
    counts: list[int]
    """The number of drawings of each digit."""


class DrawingCounts(Schema):
    """The number of saved drawings of each digit."""

    counts: list[int]
    folder: str


def router(workbench: Workbench) -> APIRouter:
    """Return the routes for drawings."""
    routes = APIRouter(prefix="/drawings", tags=["drawings"])
    drawings = Drawings(workbench.drawings)

    @routes.get("", summary="Count the saved drawings")
    def counts() -> DrawingCounts:
        return DrawingCounts(counts=drawings.counts(), folder=str(drawings.folder))

    @routes.post("/{label}", summary="Save a drawing with its label")
    def save(label: Label, picture: Annotated[UploadFile, File(description="PNG")]) -> SavedDrawing:
        name = drawings.save(picture.file.read(MAX_BYTES + 1), label)
        return SavedDrawing(label=label, name=name, counts=drawings.counts())

    @routes.delete("/{label}/{name}", summary="Delete a drawing")
    def delete(label: Label, name: str) -> DrawingCounts:
        drawings.delete(label, name)
        return counts()

    return routes
