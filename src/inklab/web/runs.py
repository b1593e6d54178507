"""The runs of the user: listed, one, renamed, deleted."""

from fastapi import APIRouter

from inklab.web.workbench import Workbench


def router(workbench: Workbench) -> APIRouter:  # noqa: ARG001
    """Return the paths of this room."""
    return APIRouter(prefix="/api")
