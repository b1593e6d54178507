"""Security: checks of every request, limits, and the headers of every response."""

import asyncio
import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 2**24
"""The largest request body, 16 MiB."""
MAX_REQUESTS = 64
"""API requests in progress at once; further ones get status 429."""
MAX_STREAMS = 16
"""Event streams at once; further ones get status 503."""
BODY_TIMEOUT_S = 20.0
"""The longest wait for the next part of a request body."""

_LIMITS = {  # maximum, and the response beyond it: status, message, seconds until the client may try again
    "stream": (MAX_STREAMS, 503, f"{MAX_STREAMS} pages follow runs already; close one of them", "10"),
    "request": (MAX_REQUESTS, 429, f"{MAX_REQUESTS} requests are in progress; try again in a second", "1"),
}

_LOCAL_NAMES = {"127.0.0.1", "localhost", "::1"}
_COOKIE = "inklab-token"
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "style-src 'self' 'unsafe-inline'",  # Plotly writes its own rules
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""The security headers of every response."""


def error_response(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return an error as `{"error": "one line"}`, with line breaks removed."""
    return JSONResponse({"error": " ".join(message.split())}, status, headers=headers)


def is_stream(path: str) -> bool:
    """Whether a path is an event stream, which is open as long as a page follows a run."""
    return path.startswith("/api/runs/") and path.endswith("/events")


class SecurityMiddleware:
    """ASGI middleware that refuses requests which neither the workbench's page nor an honest client sends.

    Without a token, the Host header must name this machine, which prevents DNS rebinding. With a token,
    every request must carry it, as `Authorization: Bearer` or as the cookie that `/?token=...` sets. Requests
    that a browser marks as coming from another site are refused.

    Args:
        app: the application to protect.
        token: the secret that every request must carry, or None.
    """

    def __init__(self, app: ASGIApp, token: str | None = None) -> None:
        self._app = app
        self._token = token
        self._in_progress = {"request": 0, "stream": 0}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        path = scope["path"]
        send = _with_headers(send, "no-store" if path.startswith("/api/") else "no-cache")
        if (refusal := self._refusal(Request(scope))) is not None:
            await refusal(scope, receive, send)
        elif not path.startswith("/api/"):
            await self._app(scope, receive, send)
        else:
            await self._call("stream" if is_stream(path) else "request", scope, receive, send)

    async def _call(self, kind: str, scope: Scope, receive: Receive, send: Send) -> None:
        maximum, status, message, retry_after = _LIMITS[kind]
        if self._in_progress[kind] >= maximum:
            await error_response(status, message, {"Retry-After": retry_after})(scope, receive, send)
            return
        body = _LimitedBody(receive)
        self._in_progress[kind] += 1
        try:
            await self._app(scope, body.receive, body.wrap_send(scope, send))
        finally:
            self._in_progress[kind] -= 1

    def _refusal(self, request: Request) -> Response | None:
        headers, path = request.headers, request.scope["path"]
        if not path.isprintable():  # a route would match `name` in place of `name\n`
            return error_response(400, f"the path is {path[:100]!r}; expected one without control characters")
        host = headers.get("host", "")
        if self._token is None and _host(f"//{host}")[1] not in _LOCAL_NAMES:
            return error_response(403, f"the host is {host[:100]!r}; expected 127.0.0.1 or localhost")
        origin = headers.get("origin")
        if origin is not None and _host(origin)[0] != host:
            source = repr(origin[:100])
            return error_response(403, f"the request comes from {source}; expected the workbench's own page")
        is_cross_site = headers.get("sec-fetch-site") in {"cross-site", "same-site"}
        if is_cross_site and (path.startswith("/api/") or request.method not in _SAFE_METHODS):
            message = "the request comes from another site; expected the workbench's own page"
            return error_response(403, message)
        if self._token is not None and (refusal := self._token_refusal(request)) is not None:
            return refusal
        size = headers.get("content-length", "0")
        return None if size.isdecimal() and int(size) <= MAX_BODY_BYTES else _too_large(size[:20])

    def _token_refusal(self, request: Request) -> Response | None:
        """Return None if the request carries the token, else the response."""
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._is_token(credentials):
            return None
        if self._is_token(request.cookies.get(_COOKIE, "")):
            return None
        if request.scope["path"] == "/" and self._is_token(request.query_params.get("token", "")):
            response = RedirectResponse("/", 303)
            response.set_cookie(_COOKIE, self._token or "", httponly=True, samesite="strict")
            return response
        message = "the token is missing or wrong; open /?token=... once, or send Authorization: Bearer ..."
        return error_response(401, message, {"WWW-Authenticate": "Bearer"})

    def _is_token(self, candidate: str) -> bool:
        """Compare in constant time, which reveals nothing about the token."""
        return hmac.compare_digest(candidate.encode(), (self._token or "").encode())


def _too_large(size: str) -> Response:
    message = f"the request has {size} bytes; expected at most {MAX_BODY_BYTES:,}"
    return error_response(413, message, {"Connection": "close"})


def _host(url: str) -> tuple[str | None, str | None]:
    """Return the host of a URL with its port, and without; None if the URL is malformed."""
    try:
        parts = urlsplit(url)
        return parts.netloc, parts.hostname
    except ValueError:
        return None, None


def _with_headers(send: Send, cache_control: str) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(HEADERS)
            headers.setdefault("Cache-Control", cache_control)
        await send(message)

    return send_with_headers


class _LimitedBody:
    """A request body that is aborted if it is too large or too slow."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._remaining = MAX_BODY_BYTES
        self._has_ended = False
        self._error: Response | None = None  # replaces the application's response to an aborted body

    async def receive(self) -> Message:
        """Return the next part; an aborted body ends as if the client had disconnected."""
        if self._has_ended:  # the next message says that the client has disconnected, whenever that is
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), BODY_TIMEOUT_S)
        except TimeoutError:
            error = f"no part of the request arrived for {BODY_TIMEOUT_S:g} s; send it again"
            self._error = error_response(408, error)
            return {"type": "http.disconnect"}
        self._remaining -= len(message.get("body", b""))
        self._has_ended = not message.get("more_body", False)
        if self._remaining < 0:
            self._error = _too_large("more")
            return {"type": "http.disconnect"}
        return message

    def wrap_send(self, scope: Scope, send: Send) -> Send:
        """Return a `send` for the application's response, or for the error if the body was aborted."""

        async def send_response(message: Message) -> None:
            if self._error is None:
                await send(message)
            elif message["type"] == "http.response.start":
                await self._error(scope, self._receive, send)

        return send_response
