"""The guard: who is refused, with which words, and what every answer carries."""

import asyncio
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from fastapi.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send
from web_pictures import png, seven

from inklab.web import Workbench, guard
from inklab.web.app import create_app
from inklab.web.guard import MOST_AT_ONCE, MOST_BODY_BYTES, MOST_STREAMS, STREAM, Guard

WORD = "a secret of 24 letters .."
ASKED = "/api/drawings"
Answer = TypeVar("Answer")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:2828", "localhost:2828", "[::1]:2828"])
def test_this_machine_by_its_own_name_is_let_in(client: TestClient, host: str) -> None:
    assert client.get(ASKED, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "[", "127.0.0.1@evil.example"]
)
@pytest.mark.parametrize("path", ["/", ASKED, "/static/app.js", "/openapi.json"])
def test_a_name_that_was_made_to_point_here_is_refused(client: TestClient, host: str, path: str) -> None:
    answer = client.get(path, headers={"Host": host})
    assert (answer.status_code, list(answer.json())) == (403, ["error"])
    assert "expected 127.0.0.1 or localhost" in answer.json()["error"]


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://localhost", "http://["]
)
def test_another_origin_is_refused(client: TestClient, origin: str) -> None:
    answer = client.post("/api/drawings/4", headers={"Origin": origin}, files={"picture": png(seven())})
    assert answer.status_code == 403
    assert client.get(ASKED).json()["counts"] == [0] * 10
    assert client.get(ASKED, headers={"Origin": "http://127.0.0.1"}).status_code == 200


def test_what_a_browser_says_came_from_another_site_is_refused(client: TestClient) -> None:
    for_service = client.get(ASKED, headers={"Sec-Fetch-Site": "cross-site"})
    assert for_service.status_code == 403
    assert (
        client.get("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200
    )  # a link may lead here
    assert client.get(ASKED, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/docs", "/static/app.js", ASKED, "/nothing"])
def test_every_answer_carries_the_policy(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe-eval" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_answer_that_tells_of_a_bug_carries_it_too(workbench: Workbench) -> None:
    app = create_app(workbench)

    @app.get("/api/bug")
    def bug() -> None:
        raise ValueError("a secret")

    client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
    answer = client.get("/api/bug")
    assert (answer.status_code, "script-src 'self'" in answer.headers["Content-Security-Policy"]) == (
        500,
        True,
    )
    assert answer.json()["error"].startswith("ValueError; ")


def test_the_stream_that_is_counted_apart_is_the_one_that_is_served(client: TestClient) -> None:
    assert "get" in client.get("/openapi.json").json()["paths"][STREAM]


def test_pages_have_no_script_within(client: TestClient) -> None:
    for path in ("/", "/docs"):
        page = client.get(path).text
        assert page.count("<script") == page.count('<script type="module" src="/static/')
        assert "<style" not in page
        assert "http" not in page.replace("http-equiv", "")


@pytest.fixture
def guarded(workbench: Workbench) -> Iterator[TestClient]:
    with TestClient(create_app(workbench, token=WORD), base_url="http://some.lan") as asking:
        yield asking


@pytest.mark.parametrize("given", ["", "Bearer wrong", "Bearer ", f"Basic {WORD}", "Bearer ü"])
def test_without_the_token_nothing_is_answered(guarded: TestClient, given: str) -> None:
    headers = {b"Authorization": given.encode()}
    for path in ("/", ASKED, "/static/app.js", "/?token=wrong", "/?" + 11 * "a&", ASKED + "?token=" + WORD):
        answer = guarded.get(path, headers=headers)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert WORD not in answer.text


def test_the_token_lets_in_by_header_or_by_the_first_page(guarded: TestClient) -> None:
    assert guarded.get(ASKED, headers={"Authorization": f"Bearer {WORD}"}).status_code == 200
    first = guarded.get("/", params={"token": WORD}, follow_redirects=False)
    assert (first.status_code, first.headers["Location"]) == (303, "/")
    assert {"HttpOnly", "SameSite=strict"} <= set(first.headers["Set-Cookie"].split("; "))
    assert guarded.get(ASKED).status_code == 200


def test_a_body_that_says_it_is_too_large_is_refused(client: TestClient) -> None:
    for size in (str(MOST_BODY_BYTES + 1), "-1", "x"):
        answer = client.post("/api/read", headers={"Content-Length": size}, content=b"")
        assert (answer.status_code, answer.headers["Connection"]) == (413, "close")


def test_a_body_that_is_larger_than_it_said_is_given_up(client: TestClient) -> None:
    part = bytes(2**20)
    head = b'--b\r\nContent-Disposition: form-data; name="pictures"; filename="a"\r\n\r\n'
    sent = []

    def body() -> Iterator[bytes]:
        yield head
        for number in range(64):
            sent.append(number)
            yield part

    answer = client.post(
        "/api/read", content=body(), headers={"Content-Type": "multipart/form-data; boundary=b"}
    )
    assert answer.status_code == 413
    assert "more bytes; expected at most 16,777,216" in answer.json()["error"]


def call(app: Guard, *, path: str = ASKED, waits: bool = False) -> "asyncio.Task[list[Message]]":
    """Send a request through a guard; what was answered is the task's result."""
    headers = [(b"host", b"127.0.0.1"), (b"accept", b"text/event-stream")]  # which anybody can ask for
    scope = {"type": "http", "path": path, "method": "POST", "headers": headers, "query_string": b""}
    said: list[Message] = []

    async def receive() -> Message:
        if waits:
            await asyncio.sleep(3600)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        said.append(message)

    async def calling() -> list[Message]:
        await app(scope, receive, send)
        return said

    return asyncio.create_task(calling())


def run(work: Coroutine[object, object, Answer]) -> Answer:
    """Run it in a thread, for the one of the tests has playwright's loop in it."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


@pytest.mark.parametrize(
    ("path", "most", "status"), [(ASKED, MOST_AT_ONCE, 429), (STREAM, MOST_STREAMS, 503)]
)
def test_more_than_can_wait_are_told_to_come_back(path: str, most: int, status: int) -> None:
    async def crowd() -> None:
        let_go = asyncio.Event()

        async def slow(_scope: Scope, _receive: Receive, send: Send) -> None:
            await let_go.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})

        app = Guard(slow)
        calls = [call(app, path=path) for _ in range(most)]
        await asyncio.sleep(0)
        refused = await call(app, path=path)
        assert refused[0]["status"] == status
        assert b"retry-after" in dict(refused[0]["headers"])
        let_go.set()
        assert {(await one)[0]["status"] for one in calls} == {200}
        assert (await call(app, path=path))[0]["status"] == 200

    run(crowd())


def test_a_body_that_stays_away_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_PAUSE_S", 0.01)

    async def reading(_scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "http.disconnect"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half"})

    async def wait() -> list[Message]:
        return await call(Guard(reading), waits=True)

    start, body = run(wait())
    assert start["status"] == 408
    assert b"nothing of the request came" in body["body"]
