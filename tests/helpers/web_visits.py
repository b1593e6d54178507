"""What the tests of the workbench share: folders, service, server, and a browser that looks at it."""

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
from inklab.web.serve import server_for

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
PATIENCE_S = 60.0
"""How long a busy machine may take for what a browser waits for."""
Scheme: TypeAlias = Literal["light", "dark"]

expect.set_options(timeout=PATIENCE_S * 1000)


class Visit(Protocol):
    """Opens a browser that has been nowhere yet."""

    def __call__(self, *, width: int = 1000, scheme: Scheme = "light") -> BrowserContext: ...


@pytest.fixture(scope="session")
def finished_run(mnist: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run of `RECIPE` on MNIST, to be copied."""
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
    """The service of `workbench`, asked as by its own page, without a server."""
    with TestClient(create_app(workbench), base_url="http://127.0.0.1") as asking:
        yield asking


@pytest.fixture(scope="session")
def served(finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """The workbench that `server` serves, one for all tests with a browser."""
    return _workbench(tmp_path_factory.mktemp("served"), finished_run)


@pytest.fixture(scope="session")
def server(served: Workbench) -> Iterator[str]:
    """The address of a running workbench, http://127.0.0.1:PORT."""
    serving = server_for(served)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = Thread(target=serving.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    until = time.monotonic() + PATIENCE_S
    while not serving.started and time.monotonic() < until:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    serving.should_exit = True
    thread.join(PATIENCE_S)
    listener.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium without a window."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no chromium here, in which the pages are looked at; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        launched = playwright.chromium.launch(executable_path=path, args=sandbox)
        yield launched
        launched.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Open browsers that have been nowhere yet; the test fails if a page of one complains on its console."""
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # A refusal (400) is told by the page itself; the browser tells it, too.
        if message.type in {"error", "warning"} and "status of 400 " not in message.text:
            complaints.append(message.text)

    def visit(*, width: int = 1000, scheme: Scheme = "light") -> BrowserContext:
        made = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce"
        )
        made.set_default_timeout(PATIENCE_S * 1000)
        made.on("console", listen)
        made.on("weberror", lambda thrown: complaints.append(str(thrown.error)))
        return made

    yield visit
    for context in list(browser.contexts):
        context.close()
    assert complaints == []


@pytest.fixture
def context(visit: Visit) -> BrowserContext:
    """A browser of 1,000 pixels' width, in light colours."""
    return visit()


@pytest.fixture
def page(context: BrowserContext, server: str) -> Page:
    """A page of `server`, at none of its rooms yet; `page.goto("/#/draw")` needs the address in front."""
    opened = context.new_page()
    opened.goto(f"{server}/docs")
    return opened


def _workbench(folder: Path, finished_run: Path) -> Workbench:
    shutil.copytree(finished_run, folder / "runs" / FINISHED)
    return Workbench(runs=folder / "runs", drawings=folder / "drawings")
