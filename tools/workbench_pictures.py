"""Write docs/images/workbench: a picture of each page of the workbench, taken in a real Chromium.

`python tools/workbench_pictures.py` takes all of them, `python tools/workbench_pictures.py draw` one. The
script starts its own server, which shows the runs in `--runs`.
"""

import argparse
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from threading import Thread

from pages import DOCS
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from inklab.cli.commands.options import RUNS
from inklab.utils.atomic import write_bytes
from inklab.web import Workbench
from inklab.web.server import server_for

FOLDER = DOCS / "images" / "workbench"
WIDTH, HEIGHT = 1280, 2230
OVERVIEW_HEIGHT = 1495  # of the picture in the README: the drawing, the prediction and its explanation
TIMEOUT_S = 240.0
COLORS = 256  # of a picture, so that the file is small


def draw(page: Page) -> None:
    """A crossed seven, the pixels that matter for its prediction, and the sum behind one activation."""
    page.get_by_role("button", name="Try a 7").click()
    expect(page.locator(".prediction .digit")).to_have_text("7")
    page.get_by_role("button", name="Which pixels matter?").click()
    expect(page.locator(".attribution figure")).to_have_count(2)
    page.get_by_role("button", name="Map 5 of conv1", exact=True).click()
    expect(page.locator(".unit .equation")).to_be_visible()
    page.locator("h1").click()  # remove the focus


def errors(page: Page) -> None:
    """The confusion matrix of the included network, its errors, and t-SNE."""
    expect(page.locator(".examples li").first).to_be_visible()
    expect(page.locator(".plot .main-svg").first).to_be_visible()
    page.get_by_role("button", name="t-SNE").click(timeout=10 * TIMEOUT_S * 1000)
    expect(page.get_by_role("button", name="t-SNE")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("application").focus()
    expect(page.locator(".selected-example canvas")).to_be_visible()
    page.locator("h1").click()


def lesson(page: Page) -> None:
    """The first chapters of the lesson, with the first experiment."""
    expect(page.locator(".weights canvas")).to_have_count(10)
    first = page.locator(".experiment").first
    first.get_by_role("button", name="Shuffle and train").click()
    expect(first).to_contain_text("does not depend on the order")
    expect(first.locator(".plot .main-svg").first).to_be_visible()
    page.locator("h1").click()


def train(page: Page) -> None:
    """The lesson's convolutional network during training; the run stays and continues."""
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()
    page.get_by_label("Recipe").select_option("lesson-cnn")
    page.get_by_label("Validations").fill("10")
    page.get_by_role("button", name="Start training").click()
    expect(page.locator(".run .chip")).to_have_text("training")
    is_advanced = "() => parseInt(document.querySelector('.facts dd').textContent) >= 300"
    page.wait_for_function(is_advanced, timeout=10_000 * TIMEOUT_S)


PAGES: Mapping[str, Callable[[Page], None]] = {
    "draw": draw,
    "train": train,
    "errors": errors,
    "lesson": lesson,
}
"""What to do on each page before its picture is taken."""


@contextmanager
def served(runs: Path) -> Iterator[str]:
    """Serve a workbench with these runs and no drawings, and yield its address."""
    with (
        tempfile.TemporaryDirectory() as drawings,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        server = server_for(Workbench(runs=runs, drawings=Path(drawings)))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(TIMEOUT_S)


def screenshot_of(page: Page, height: int = HEIGHT) -> bytes:
    """Return the upper part of a page as a small PNG."""
    screenshot = Image.open(BytesIO(page.screenshot())).crop((0, 0, WIDTH, height))
    small = BytesIO()
    screenshot.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


def main() -> None:
    """Take the chosen pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", metavar="PAGE", help=f"one of {', '.join(PAGES)}; by default all")
    parser.add_argument("--runs", type=Path, default=RUNS)
    arguments = parser.parse_args()
    expect.set_options(timeout=TIMEOUT_S * 1000)
    FOLDER.mkdir(exist_ok=True)
    with served(arguments.runs) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--hide-scrollbars"]
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        for name in arguments.pages or PAGES:
            page.goto(f"{address}/#/{name}")
            expect(page).to_have_title(re.compile(name, re.IGNORECASE))
            PAGES[name](page)
            page.evaluate("scrollTo(0, 0)")
            write_bytes(FOLDER / f"{name}.png", screenshot_of(page))
            if name == "draw":
                write_bytes(FOLDER / "overview.png", screenshot_of(page, OVERVIEW_HEIGHT))
            print(FOLDER / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
