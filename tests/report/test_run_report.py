"""The report of a run: pictures, page, and the prediction for one image."""

import json
import re
import subprocess
from base64 import b64decode
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from shutil import which

import pytest

from inklab.data import Dataset
from inklab.errors import DataError, RunError
from inklab.report.html import Page, Section
from inklab.report.run_figures import Picture, with_article
from inklab.report.run_report import inspect_run
from inklab.runs import Run
from inklab.training import Training, find_recipe

VOID = {"meta", "img"}


@pytest.fixture(scope="module")
def small(mnist: Dataset) -> Dataset:
    return replace(mnist, train=mnist.train[:200], valid=mnist.valid[:50], test=mnist.test[:60])


@pytest.fixture(params=["lesson-softmax", "lesson-cnn"])
def run(request: pytest.FixtureRequest, tmp_path: Path, small: Dataset) -> Run:
    recipe = find_recipe(request.param, steps=4, batch_size=10, log_every=2, eval_every=2)
    run = Run.create(tmp_path / "run", recipe, small)
    assert list(run.train(Training(recipe, small.train, small.valid)))
    return run


def test_all_figures_are_drawn_and_on_the_page(run: Run, small: Dataset) -> None:
    report = inspect_run(run, small, image=3)
    names = {"curves", "image-3", "confusion", "mistakes"}
    names |= {"weights"} if "softmax" in run.recipe.name else {"filters", "image-3-conv1", "image-3-conv2"}
    assert {path.stem for path in (run.path / "figures").iterdir()} == names
    assert report.page.read_text(encoding="utf-8").count("<img ") == len(names)
    document = json.loads(json.dumps(report.to_dict()))
    assert (document["image"], document["label"]) == (3, 0)
    assert sum(document["probabilities"]) == pytest.approx(1)
    assert document["predicted"] == document["probabilities"].index(max(document["probabilities"]))
    assert json.loads((run.path / "report.json").read_text())["n"] == 60

    inspect_run(run, small, image=5)
    drawn = {path.stem for path in (run.path / "figures").iterdir()}
    assert drawn == names | {name.replace("image-3", "image-5") for name in names}


def test_the_filters_are_compared_with_their_start(run: Run, small: Dataset) -> None:
    captions = {picture.name: picture.caption for picture in inspect_run(run, small, image=3).pictures}
    if run.recipe.name == "lesson-cnn":
        assert "filters with their random start is 1.0000" in captions["filters"]
        assert "multiplied by" in captions["filters"]


def test_eight_has_the_article_an() -> None:
    assert [with_article(digit) for digit in (1, 8)] == ["a 1", "an 8"]


def test_an_unknown_image_is_refused(run: Run, small: Dataset) -> None:
    for image in (-1, 60):
        with pytest.raises(DataError, match=f"the test set has no image {image}; expected 0 to 59"):
            inspect_run(run, small, image=image)
    assert not (run.path / "figures").exists()


def test_an_unfinished_run_is_refused(tmp_path: Path, small: Dataset) -> None:
    run = Run.create(tmp_path / "run", find_recipe("lesson-softmax"), small)
    with pytest.raises(RunError, match="`inklab train --resume"):
        inspect_run(run, small, image=1)


class Balanced(HTMLParser):
    """Fails if tags are not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.fetched += [value or "" for name, value in attributes if name in {"src", "href"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def page(tmp_path: Path) -> Path:
    picture = tmp_path / "one.png"
    picture.write_bytes(
        b64decode(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
        )
    )
    section = Section(
        heading="A <script>heading</script>",
        values=(("99.20%", "accuracy"),),
        text=("A very long paragraph of words " * 20,),
        table=(("Layer", "Parameters"), ("a-name-that-cannot-be-broken" * 4, "3,274,634")),
        pictures=(Picture("one", picture, 'a "caption" & more'),),
    )
    path = tmp_path / "report.html"
    Page(title="Title", introduction="Introduction", sections=(section,), footer="Footer").write(path)
    return path


def test_a_page_is_self_contained(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    parser = Balanced()
    parser.feed(text)
    assert parser.open == []
    assert all(source.startswith("data:image/png;base64,") for source in parser.fetched)
    assert b64decode(parser.fetched[0].partition(",")[2]).startswith(b"\x89PNG")
    assert "http" not in text
    assert "&lt;script&gt;heading" in text
    assert '<th scope="col">Layer</th><th scope="col" class="number">Parameters</th>' in text
    assert 'alt="a &#34;caption&#34; &amp; more"' in text
    assert "light-dark(" in text
    assert "width=device-width" in text


@pytest.mark.skipif(which("chromium") is None, reason="Chromium is not installed")
@pytest.mark.parametrize("width", [320, 1200])
def test_a_page_never_scrolls_sideways(page: Path, tmp_path: Path, width: int) -> None:
    measure = "document.title = document.documentElement.scrollWidth"
    inner = page.read_text(encoding="utf-8").replace("</body>", f"<script>{measure}</script></body>")
    escaped = inner.replace("&", "&amp;").replace('"', "&quot;")
    outer = tmp_path / "outer.html"
    outer.write_text(
        f'<iframe width="{width}" height="900" style="border:0" srcdoc="{escaped}" '
        'onload="document.body.dataset.width = this.contentDocument.title"></iframe>'
    )
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
    flags += ["--disable-background-networking", "--disable-component-update", "--disable-quic"]
    command = ["chromium", *flags, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", f"file://{outer}"]
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    (scroll_width,) = re.findall(r'data-width="(\d+)"', dom)
    assert int(scroll_width) <= width
