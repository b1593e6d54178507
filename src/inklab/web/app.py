"""The web application: the routes, the static files, and the error handlers."""

import importlib.metadata
import importlib.util
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from inklab.errors import InklabError
from inklab.palette import css_variables
from inklab.web.routes import (
    comparison,
    drawings,
    errors,
    events,
    experiments,
    explain,
    lesson,
    predict,
    recipes,
    runs,
)
from inklab.web.schemas import ErrorMessage
from inklab.web.security import HEADERS, SecurityMiddleware, error_response
from inklab.web.services.predictions import PredictionCache
from inklab.web.services.user_lesson import UserLesson
from inklab.web.services.workbench import Workbench

STATIC = Path(__file__).parent / "static"

_PLOTLY = "plotly.min.js"
_ERROR_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorMessage, "description": HTTPStatus(status).phrase}
    for status in (400, 401, 403, 404, 409, 413, 422, 429, 503)
}


def create_app(workbench: Workbench, *, token: str | None = None) -> FastAPI:
    """Return the workbench as an ASGI application.

    Args:
        workbench: the user's folders.
        token: a secret that every request must carry; without one, only requests to this machine by its own
            name are accepted.
    """
    app = FastAPI(
        title="inklab",
        summary="Reads pictures of handwritten digits, with calibrated confidence.",
        version=importlib.metadata.version("inklab"),
        docs_url=None,  # FastAPI's own pages load scripts from another host
        redoc_url=None,
    )
    app.add_middleware(SecurityMiddleware, token=token)
    for kind in (InklabError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, _error_handler)
    predictions, user_lesson = PredictionCache(workbench), UserLesson(workbench)
    for router in (
        predict.router(workbench),
        explain.router(workbench),
        drawings.router(workbench),
        recipes.router(),
        events.router(workbench),  # before the runs, whose names may contain slashes
        runs.router(workbench),
        errors.router(workbench, predictions),
        comparison.router(predictions),
        lesson.router(workbench, user_lesson, predictions),
        experiments.router(workbench, user_lesson),
    ):
        app.include_router(router, prefix="/api", responses=_ERROR_RESPONSES)
    for path, endpoint in {
        "/": lambda: FileResponse(STATIC / "index.html"),
        "/docs": lambda: FileResponse(STATIC / "api-docs.html"),
        "/static/palette.css": lambda: Response(css_variables(), media_type="text/css"),
        f"/static/{_PLOTLY}": lambda: FileResponse(_plotly_script()),
    }.items():
        app.add_api_route(path, endpoint, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC))
    return app


def _plotly_script() -> Path:
    """Return the path of the script in the Python package of Plotly, without importing it."""
    package = importlib.util.find_spec("plotly")
    if package is None or package.origin is None:
        raise InklabError("this needs plotly; install it with: pip install 'inklab[web]'")
    return Path(package.origin).parent / "package_data" / _PLOTLY


def _error_handler(_request: Request, error: Exception) -> Response:
    """Return the response to a request that raised an exception."""
    match error:
        case InklabError():
            return error_response(400, str(error))
        case HTTPException():
            return error_response(error.status_code, error.detail, error.headers)
        case RequestValidationError():
            first = error.errors()[0]
            return error_response(422, f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
        case _:  # this response bypasses the security middleware, which would set the headers
            message = f"{type(error).__name__}; a bug in inklab, see the terminal of `inklab web` for details"
            return error_response(500, message, HEADERS)
