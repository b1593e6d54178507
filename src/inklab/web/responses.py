"""Error responses: every error of the HTTP API is one JSON object with one field."""

from collections.abc import Mapping

from starlette.responses import JSONResponse

from inklab.web.schemas import Schema


class ErrorMessage(Schema):
    """Why a request failed."""

    error: str
    """One line."""


def error_response(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return an error as `ErrorMessage`, with line breaks removed."""
    return JSONResponse({"error": " ".join(message.split())}, status, headers=headers)
