"""Security: which requests are refused, with which errors, and the headers of every response."""

import asyncio
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from fastapi.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send
from web_pictures import png, seven

from inklab.web import Workbench, security
from inklab.web.app import create_app
from inklab.web.security import MAX_BODY_BYTES, MAX_REQUESTS, MAX_STREAMS, SecurityMiddleware, is_stream

TOKEN = "a secret of 24 letters .."  # noqa: S105
PATH = "/api/drawings"
STREAM = "/api/runs/lesson/cnn/events"
Result = TypeVar("Result")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:2828", "localhost:2828", "[::1]:2828"])
def test_requests_to_this_machine_by_its_own_name_are_accepted(client: TestClient, host: str) -> None:
    assert client.get(PATH, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "[", "127.0.0.1@evil.example"]
)
@pytest.mark.parametrize("path", ["/", PATH, "/static/app.js", "/openapi.json"])
def test_dns_rebinding_is_refused(client: TestClient, host: str, path: str) -> None:
    response = client.get(path, headers={"Host": host})
    assert (response.status_code, list(response.json())) == (403, ["error"])
    assert "expected 127.0.0.1 or localhost" in response.json()["error"]


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://localhost", "http://["]
)
def test_another_origin_is_refused(client: TestClient, origin: str) -> None:
    response = client.post("/api/drawings/4", headers={"Origin": origin}, files={"picture": png(seven())})
    assert response.status_code == 403
    assert client.get(PATH).json()["counts"] == [0] * 10
    assert client.get(PATH, headers={"Origin": "http://127.0.0.1"}).status_code == 200


def test_cross_site_requests_are_refused(client: TestClient) -> None:
    assert client.get(PATH, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert (
        client.get("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200
    )  # a link may lead here
    assert client.get(PATH, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/docs", "/static/app.js", PATH, "/nothing"])
def test_every_response_has_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe-eval" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_response_to_a_bug_has_the_headers_too(workbench: Workbench) -> None:
    app = create_app(workbench)

    @app.get("/api/bug")
    def bug() -> None:
        raise ValueError("a secret")

    client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
    response = client.get("/api/bug")
    assert response.status_code == 500
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    assert response.json()["error"].startswith("ValueError; ")


def test_the_only_stream_of_the_api_is_counted_apart(client: TestClient) -> None:
    streams = [path for path in client.get("/openapi.json").json()["paths"] if is_stream(path)]
    assert streams == ["/api/runs/{name}/events"]
    assert is_stream(STREAM)


def test_pages_have_no_inline_scripts(client: TestClient) -> None:
    for path in ("/", "/docs"):
        page = client.get(path).text
        assert page.count("<script") == page.count('<script type="module" src="/static/')
        assert "<style" not in page
        assert "http" not in page.replace("http-equiv", "")


@pytest.fixture
def guarded(workbench: Workbench) -> Iterator[TestClient]:
    with TestClient(create_app(workbench, token=TOKEN), base_url="http://some.lan") as test_client:
        yield test_client


@pytest.mark.parametrize("given", ["", "Bearer wrong", "Bearer ", f"Basic {TOKEN}", "Bearer ü"])
def test_without_the_token_every_request_is_refused(guarded: TestClient, given: str) -> None:
    headers = {b"Authorization": given.encode()}
    for path in ("/", PATH, "/static/app.js", "/?token=wrong", "/?" + 11 * "a&", PATH + "?token=" + TOKEN):
        response = guarded.get(path, headers=headers)
        assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert TOKEN not in response.text


def test_the_token_is_accepted_in_a_header_or_by_the_first_page(guarded: TestClient) -> None:
    assert guarded.get(PATH, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    first = guarded.get("/", params={"token": TOKEN}, follow_redirects=False)
    assert (first.status_code, first.headers["Location"]) == (303, "/")
    assert {"HttpOnly", "SameSite=strict"} <= set(first.headers["Set-Cookie"].split("; "))
    assert guarded.get(PATH).status_code == 200


def test_a_content_length_that_is_too_large_is_refused(client: TestClient) -> None:
    for size in (str(MAX_BODY_BYTES + 1), "-1", "x"):
        response = client.post("/api/read", headers={"Content-Length": size}, content=b"")
        assert (response.status_code, response.headers["Connection"]) == (413, "close")


def test_a_body_that_grows_too_large_is_aborted(client: TestClient) -> None:
    part = bytes(2**20)
    head = b'--b\r\nContent-Disposition: form-data; name="pictures"; filename="a"\r\n\r\n'
    sent = []

    def body() -> Iterator[bytes]:
        yield head
        for number in range(64):
            sent.append(number)
            yield part

    response = client.post(
        "/api/read", content=body(), headers={"Content-Type": "multipart/form-data; boundary=b"}
    )
    assert response.status_code == 413
    assert "more bytes; expected at most 16,777,216" in response.json()["error"]


def call(app: SecurityMiddleware, *, path: str = PATH, waits: bool = False) -> "asyncio.Task[list[Message]]":
    """Send a request through the middleware; the task returns the messages of the response."""
    headers = [(b"host", b"127.0.0.1"), (b"accept", b"text/event-stream")]  # which anybody can send
    scope = {"type": "http", "path": path, "method": "POST", "headers": headers, "query_string": b""}
    messages: list[Message] = []

    async def receive() -> Message:
        if waits:
            await asyncio.sleep(3600)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    async def calling() -> list[Message]:
        await app(scope, receive, send)
        return messages

    return asyncio.create_task(calling())


def run(work: Coroutine[object, object, Result]) -> Result:
    """Run a coroutine in a thread, because playwright's loop may run in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


@pytest.mark.parametrize(("path", "limit", "status"), [(PATH, MAX_REQUESTS, 429), (STREAM, MAX_STREAMS, 503)])
def test_too_many_requests_are_refused_until_one_ends(path: str, limit: int, status: int) -> None:
    async def crowd() -> None:
        release = asyncio.Event()

        async def slow(_scope: Scope, _receive: Receive, send: Send) -> None:
            await release.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})

        app = SecurityMiddleware(slow)
        calls = [call(app, path=path) for _ in range(limit)]
        await asyncio.sleep(0)
        refused = await call(app, path=path)
        assert refused[0]["status"] == status
        assert b"retry-after" in dict(refused[0]["headers"])
        release.set()
        assert {(await task)[0]["status"] for task in calls} == {200}
        assert (await call(app, path=path))[0]["status"] == 200

    run(crowd())


def test_a_slow_body_is_aborted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "BODY_TIMEOUT_S", 0.01)

    async def reading(_scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "http.disconnect"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half"})

    async def wait() -> list[Message]:
        return await call(SecurityMiddleware(reading), waits=True)

    start, body = run(wait())
    assert start["status"] == 408
    assert b"no part of the request arrived" in body["body"]
