"""Fixtures for the tests of the web application: folders, a client, a server, and a browser."""

import os
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Literal, Protocol, TypeAlias

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from inklab.data import Dataset
from inklab.runs import Run
from inklab.training import Recipe
from inklab.web import Workbench
from inklab.web.app import create_app
from inklab.web.server import server_for

RECIPE = Recipe(
    name="small",
    network="fast-cnn",
    network_options={"width": 2},
    optimizer="adam",
    learning_rate=0.01,
    batch_size=50,
    steps=20,
    log_every=5,
    eval_every=10,
)
FINISHED = "small"
"""The name of the finished run of the `workbench`."""
TIMEOUT_S = 120
"""The longest wait, long enough for a busy machine."""
Scheme: TypeAlias = Literal["light", "dark"]

expect.set_options(timeout=TIMEOUT_S * 1000)


class Visit(Protocol):
    """Opens a browser without history, cookies, or stored settings."""

    def __call__(self, *, width: int = 1000, scheme: Scheme = "light") -> BrowserContext: ...


@pytest.fixture(scope="session")
def finished_run(mnist: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run of `RECIPE` on MNIST; copy it."""
    run = Run.create(tmp_path_factory.mktemp("finished") / FINISHED, RECIPE, mnist)
    training = run.resume(mnist)
    for _ in run.train(training):
        pass
    return run.path


@pytest.fixture
def workbench(finished_run: Path, tmp_path: Path) -> Workbench:
    """A workbench with one finished run, `FINISHED`, and no drawings; a test may change it."""
    return _workbench(tmp_path, finished_run)


@pytest.fixture
def client(workbench: Workbench) -> Iterator[TestClient]:
    """A client of the HTTP API of `workbench`, without a server."""
    with TestClient(create_app(workbench), base_url="http://127.0.0.1") as test_client:
        yield test_client


@pytest.fixture(scope="session")
def served(finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """The workbench of `server`, one for all tests with a browser."""
    return _workbench(tmp_path_factory.mktemp("served"), finished_run)


@pytest.fixture(scope="session")
def server(served: Workbench) -> Iterator[str]:
    """The address of a running server, http://127.0.0.1:PORT."""
    web_server = server_for(served)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = Thread(target=web_server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + TIMEOUT_S
    while not web_server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    web_server.should_exit = True
    thread.join(TIMEOUT_S)
    listener.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("the tests of the pages need chromium; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        chromium = playwright.chromium.launch(executable_path=path, args=sandbox)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Open browsers; the test fails if the console of one has an error or a warning."""
    console_errors: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # The page shows an error of status 400 itself; the browser also logs it.
        if message.type in {"error", "warning"} and "status of 400 " not in message.text:
            console_errors.append(message.text)

    def visit(*, width: int = 1000, scheme: Scheme = "light") -> BrowserContext:
        new_context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce"
        )
        new_context.set_default_timeout(TIMEOUT_S * 1000)
        new_context.on("console", listen)
        new_context.on("weberror", lambda web_error: console_errors.append(str(web_error.error)))
        return new_context

    yield visit
    for context in list(browser.contexts):
        context.close()
    assert console_errors == []


@pytest.fixture
def context(visit: Visit) -> BrowserContext:
    """A browser of 1,000 pixels width in the light theme."""
    return visit()


@pytest.fixture
def page(context: BrowserContext, server: str) -> Page:
    """The HTTP API page of `server`; go to other pages with `page.goto(f"{server}/#/draw")`."""
    new_page = context.new_page()
    new_page.goto(f"{server}/docs")
    return new_page


def _workbench(folder: Path, finished_run: Path) -> Workbench:
    shutil.copytree(finished_run, folder / "runs" / FINISHED)
    return Workbench(runs=folder / "runs", drawings=folder / "drawings")
