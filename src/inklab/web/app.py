"""The web application: the rooms' routers, the pages, and how what goes wrong is told."""

import importlib.metadata
import importlib.util
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from inklab.errors import InklabError
from inklab.web import draw, lesson, mistakes, reading, runs, training
from inklab.web.documents import Document
from inklab.web.guard import HEADERS, Guard
from inklab.web.workbench import Workbench

STATIC = Path(__file__).parent / "static"

_ROOMS = (reading, draw, runs, training, mistakes, lesson)
_PLOTLY = "plotly.min.js"


class Trouble(Document):
    """Why there is no answer."""

    error: str


_TROUBLES: dict[int | str, dict[str, Any]] = {
    status: {"model": Trouble, "description": HTTPStatus(status).phrase}
    for status in (400, 401, 403, 404, 413, 422, 429, 503)
}


def create_app(workbench: Workbench, *, token: str | None = None) -> FastAPI:
    """Return the workbench as an ASGI application.

    Args:
        workbench: the folders that it shows.
        token: what every request must bring; without one, requests must be to this machine by its own name.
    """
    app = FastAPI(
        title="inklab",
        summary="Pictures of handwritten digits in, digits out, with an honest doubt.",
        version=importlib.metadata.version("inklab"),
        docs_url=None,  # FastAPI's own pages fetch their scripts from elsewhere
        redoc_url=None,
    )
    app.add_middleware(Guard, token=token)
    app.add_exception_handler(InklabError, _refused)
    app.add_exception_handler(HTTPException, _answered)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(Exception, _failed)
    for room in _ROOMS:
        app.include_router(room.router(workbench), responses=_TROUBLES)
    app.add_api_route("/", _page("index.html"), include_in_schema=False)
    app.add_api_route("/docs", _page("docs.html"), include_in_schema=False)
    app.add_api_route(f"/static/{_PLOTLY}", _plotly, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC))
    return app


def _page(name: str) -> Callable[[], FileResponse]:
    def page() -> FileResponse:
        return FileResponse(STATIC / name)

    return page


def _plotly() -> FileResponse:
    """Return Plotly's script from its Python package, which is looked for but not loaded."""
    package = importlib.util.find_spec("plotly")
    if package is None or package.origin is None:
        raise InklabError("this needs plotly; install it with: pip install 'inklab[web]'")
    return FileResponse(Path(package.origin).parent / "package_data" / _PLOTLY)


def _told(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": " ".join(message.split())}, status)


def _refused(_request: Request, error: Exception) -> Response:
    return _told(400, str(error))


def _answered(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  (what it was registered for)
    response = _told(error.status_code, error.detail)
    response.headers.update(error.headers or {})
    return response


def _not_valid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  (what it was registered for)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return _told(422, f"{where}: {first['msg']}")


def _failed(_request: Request, error: Exception) -> Response:
    """Tell of a bug; this answer comes from outside the guard, which else would give it its headers."""
    response = _told(500, f"{type(error).__name__}; the terminal of `inklab web` says more, for a bug report")
    response.headers.update(HEADERS)
    return response
