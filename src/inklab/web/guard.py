"""Guard: what every request has to pass before a room sees it, and what every answer carries."""

import asyncio
import hmac
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY_BYTES = 2**24
"""Of a request, 16 MiB."""
MOST_AT_ONCE = 64
"""Requests to the service that are under way or wait; more are answered 429."""
MOST_STREAMS = 16
"""Pages that watch a training at once; more are answered 503."""
BODY_PAUSE_S = 20.0
"""A body that stays away so long is given up."""

STREAM = "/api/training/events"
"""What is answered for as long as a page watches."""

_LOCAL = {"127.0.0.1", "localhost", "::1"}
_COOKIE = "inklab-token"
_SAFE = {"GET", "HEAD", "OPTIONS"}
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # Plotly writes its own rules
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""Of every answer."""


class Guard:
    """ASGI middleware that refuses what no page of the workbench and no honest client would send.

    Without a token, the Host must be this machine by its own name: a page of another site whose name was made
    to point here (DNS rebinding) is refused. With one, every request brings it, as `Authorization: Bearer` or
    as the cookie that `/?token=...` sets. Whatever a browser says came from another site is refused.

    Args:
        app: what is guarded.
        token: what every request must bring, or None.
    """

    def __init__(self, app: ASGIApp, token: str | None = None) -> None:
        self._app = app
        self._token = token
        self._at_once = 0
        self._streams = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        answer = self._refusal(scope, headers)
        sending = _with_headers(send, "no-store" if scope["path"].startswith("/api/") else "no-cache")
        if answer is not None:
            await answer(scope, receive, sending)
        elif not scope["path"].startswith("/api/"):
            await self._app(scope, receive, sending)
        elif scope["path"] == STREAM:
            await self._stream(scope, receive, sending)
        else:
            await self._call(scope, receive, sending)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._at_once >= MOST_AT_ONCE:
            trouble = f"{MOST_AT_ONCE} requests are under way; try again in a second"
            await _told(429, trouble, {"Retry-After": "1"})(scope, receive, send)
            return
        self._at_once += 1
        try:
            body = _Body(receive)
            await self._app(scope, body.receive, body.answering(scope, send))
        finally:
            self._at_once -= 1

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._streams >= MOST_STREAMS:
            trouble = f"{MOST_STREAMS} pages watch already; close one of them"
            await _told(503, trouble, {"Retry-After": "10"})(scope, receive, send)
            return
        self._streams += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._streams -= 1

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        host = headers.get("host", "")
        if self._token is None and _name_of(host) not in _LOCAL:
            return _told(403, f"the host is {host[:100]!r}; expected 127.0.0.1 or localhost")
        origin = headers.get("origin")
        if origin is not None and _host_of(origin) != host:
            return _told(403, f"the request comes from {origin[:100]!r}; expected the workbench's own page")
        from_elsewhere = headers.get("sec-fetch-site") in {"cross-site", "same-site"}
        if from_elsewhere and (scope["path"].startswith("/api/") or scope["method"] not in _SAFE):
            return _told(403, "the request comes from another site; expected the workbench's own page")
        if self._token is not None and (answer := self._admission(scope, headers)) is not None:
            return answer
        size = headers.get("content-length", "0")
        if not size.isdecimal() or int(size) > MOST_BODY_BYTES:
            return _too_large(size[:20])
        return None

    def _admission(self, scope: Scope, headers: Headers) -> Response | None:
        """Return None where the token is there, else what to answer."""
        kind, _, given = headers.get("authorization", "").partition(" ")
        if (kind.lower() == "bearer" and self._is_token(given)) or self._is_token(_cookie(headers)):
            return None
        if scope["path"] == "/" and self._is_token(_asked_with(scope)):
            answer = RedirectResponse("/", 303)
            answer.set_cookie(_COOKIE, self._token or "", httponly=True, samesite="strict")
            return answer
        trouble = "the token is missing or wrong; open /?token=... once, or send Authorization: Bearer ..."
        return _told(401, trouble, {"WWW-Authenticate": "Bearer"})

    def _is_token(self, given: str) -> bool:
        """Compare in a time that does not tell how much of it is right."""
        return hmac.compare_digest(given.encode(), (self._token or "").encode())


def _told(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": message}, status, headers=headers)


def _too_large(came: str) -> JSONResponse:
    return _told(
        413, f"the request has {came} bytes; expected at most {MOST_BODY_BYTES:,}", {"Connection": "close"}
    )


def _name_of(host: str) -> str | None:
    """Return the name in a Host header, without the port; None where it is none."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _host_of(origin: str) -> str | None:
    """Return the host in an Origin header, with its port; None where it is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _asked_with(scope: Scope) -> str:
    """Return the token in a query."""
    try:
        asked: dict[str, list[str]] = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=10)
    except ValueError:
        return ""
    return asked.get("token", [""])[0]


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(_COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _with_headers(send: Send, caching: str) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(HEADERS)
            headers.setdefault("Cache-Control", caching)
        await send(message)

    return sending


class _Body:
    """The body of a request, given up where it is larger than it said, or stays away.

    Args:
        receive: what gives the body.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left = MOST_BODY_BYTES
        self._ended = False
        self._trouble: Response | None = None
        """What to answer in place of what the room makes of half a body."""

    async def receive(self) -> Message:
        """Return the next part; a body that is given up ends as if the client had gone."""
        if self._ended:  # what comes now is that the client has gone, whenever that is
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), BODY_PAUSE_S)
        except TimeoutError:
            self._trouble = _told(408, f"nothing of the request came for {BODY_PAUSE_S:g} s; send it again")
            return {"type": "http.disconnect"}
        self._left -= len(message.get("body", b""))
        self._ended = not message.get("more_body", False)
        if self._left < 0:
            self._trouble = _too_large("more")
            return {"type": "http.disconnect"}
        return message

    def answering(self, scope: Scope, send: Send) -> Send:
        """Return a `send` for the room's answer, or for the reason why it could not have one."""

        async def sending(message: Message) -> None:
            if self._trouble is None:
                await send(message)
            elif message["type"] == "http.response.start":
                await self._trouble(scope, self._receive, send)

        return sending
