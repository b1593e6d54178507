"""Write docs/web: a picture of each room of the workbench, taken in a real Chromium of a server of its own.

`python docs/web.py` takes all of them, `python docs/web.py draw` one. Runs are those of `--runs`.
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

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from inklab.cli.commands.options import RUNS
from inklab.utils.atomic import write_bytes
from inklab.web import Workbench
from inklab.web.serve import server_for

FOLDER = Path(__file__).with_suffix("")
WIDTH, HEIGHT = 1280, 2230
PATIENCE_S = 60.0
COLOURS = 256  # of a picture, so that it is small


def draw(page: Page) -> None:
    """A seven with a bar, what its answer hangs on, and the sum behind a number of the first convolution."""
    page.get_by_role("button", name="Try a 7").click()
    expect(page.locator(".answer .digit")).to_have_text("7")
    page.get_by_role("button", name="What does it hang on?").click()
    expect(page.locator(".relevance figure")).to_have_count(2)
    page.get_by_role("button", name="Map 5 of conv1", exact=True).click()
    expect(page.locator(".explained .equation")).to_be_visible()
    page.locator("h1").click()  # nothing is in focus


def mistakes(page: Page) -> None:
    """What the shipped network takes for what, one of its digits, and another network beside it."""
    expect(page.locator(".shown .digits li").first).to_be_visible()
    expect(page.locator(".plot .main-svg").first).to_be_visible()
    page.get_by_role("button", name="Neighbours (t-SNE)").click()
    expect(page.locator(".plane")).to_contain_text("t-SNE: digits that")
    page.get_by_role("application").focus()
    expect(page.locator(".caught canvas")).to_be_visible()
    page.locator("h1").click()


def lesson(page: Page) -> None:
    """The first chapters, of a lesson among the runs, with the pixels shuffled."""
    expect(page.locator(".weights canvas")).to_have_count(10)
    first = page.locator(".experiment").first
    first.get_by_role("button", name="Shuffle and train").click()
    expect(first).to_contain_text("does not care about the order")
    expect(first.locator(".plot .main-svg").first).to_be_visible()
    page.locator("h1").click()


def train(page: Page) -> None:
    """The lesson's convolutional network on its way; the run stays, and goes on."""
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()
    page.get_by_label("Looks at valid").fill("10")
    page.get_by_role("button", name="Start training").click()
    expect(page.locator(".watched .chip")).to_have_text("training")
    far = "() => parseInt(document.querySelector('.facts dd').textContent) >= 300"
    page.wait_for_function(far, timeout=10_000 * PATIENCE_S)


ROOMS: Mapping[str, Callable[[Page], None]] = {
    "draw": draw,
    "train": train,
    "mistakes": mistakes,
    "lesson": lesson,
}
"""What is done in each room before its picture is taken."""


@contextmanager
def served(runs: Path) -> Iterator[str]:
    """Serve a workbench with these runs, and no drawings, at an address of its own."""
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
        thread.join(PATIENCE_S)


def taken(page: Page) -> bytes:
    """Return what is seen of a page, as a small PNG."""
    seen = Image.open(BytesIO(page.screenshot()))
    small = BytesIO()
    seen.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


def main() -> None:
    """Take the pictures that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"of {', '.join(ROOMS)}; by default all")
    parser.add_argument("--runs", type=Path, default=RUNS)
    asked = parser.parse_args()
    expect.set_options(timeout=PATIENCE_S * 1000)
    FOLDER.mkdir(exist_ok=True)
    with served(asked.runs) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--hide-scrollbars"]
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        for room in asked.rooms or ROOMS:
            page.goto(f"{address}/#/{room}")
            expect(page).to_have_title(re.compile(room, re.IGNORECASE))
            ROOMS[room](page)
            write_bytes(FOLDER / f"{room}.png", taken(page))
            print(FOLDER / f"{room}.png")
        browser.close()


if __name__ == "__main__":
    main()
