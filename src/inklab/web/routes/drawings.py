"""Save, count, and delete the user's own drawings."""

from typing import Annotated

from fastapi import APIRouter, File, Path, UploadFile

from inklab.web.schemas import Schema
from inklab.web.services.drawings import MAX_BYTES, Drawings
from inklab.web.services.workbench import Workbench

Label = Annotated[int, Path(ge=0, le=9, description="the digit in the drawing")]


class DrawingCounts(Schema):
    """The number of saved drawings of each digit."""

    counts: list[int]


class SavedDrawing(DrawingCounts):
    """A drawing that was saved."""

    name: str


def router(workbench: Workbench) -> APIRouter:
    """Return the routes for drawings."""
    routes = APIRouter(prefix="/drawings", tags=["drawings"])
    drawings = Drawings(workbench.drawings)

    @routes.get("", summary="Count the saved drawings")
    def counts() -> DrawingCounts:
        return DrawingCounts(counts=drawings.counts())

    @routes.post("/{label}", summary="Save a drawing with its label")
    def save(label: Label, picture: Annotated[UploadFile, File(description="PNG")]) -> SavedDrawing:
        name = drawings.save(picture.file.read(MAX_BYTES + 1), label)
        return SavedDrawing(name=name, counts=drawings.counts())

    @routes.delete("/{label}/{name}", summary="Delete a drawing", status_code=204)
    def delete(label: Label, name: str) -> None:
        drawings.delete(label, name)

    return routes
