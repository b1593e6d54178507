"""The documents are true: commands and examples run, figures match the measurements, links resolve."""

import json
import re
import runpy
import shlex
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from inklab.cli.main import main
from inklab.evaluation import report
from inklab.lesson import lesson
from inklab.recognition import Artifact, artifact
from inklab.recognition.recognizer import SHIPPED
from inklab.runs import run, tensors
from inklab.training import progress, published_results

ROOT = Path(__file__).parent.parent
DOCS, TOOLS = ROOT / "docs", ROOT / "tools"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
GENERATED = {
    "cli_page": "reference/cli.md",
    "http_page": "reference/http.md",
    "recipes_page": "reference/recipes.md",
    "performance_page": "explanation/performance.md",
    "zoo_page": "explanation/zoo.md",
    "real_pictures_page": "reference/real-pictures.md",
}
"""Script in tools/ -> the page that it writes."""
EXAMPLES = ["README.md", *(f"docs/how-to/{name}.md" for name in ("own-pictures", "resume", "scikit-learn"))]
EXAMPLES += ["docs/explanation/imaging.md"]
"""The pages whose Python examples run, each followed by its output."""
MAX_README_LINES = 150
SHELL = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]
COMMANDS = [line for line in SHELL if line.startswith("inklab ")]


@pytest.fixture(autouse=True)
def tools_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(TOOLS)


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the test in a folder with nothing but the sample picture of the README."""
    (tmp_path / "docs" / "images").mkdir(parents=True)
    shutil.copy(DOCS / "images" / "seven.png", tmp_path / "docs" / "images")
    monkeypatch.chdir(tmp_path)


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("script", GENERATED)
def test_generated_pages_match_their_sources(script: str) -> None:
    text = runpy.run_path(str(TOOLS / f"{script}.py"))[script]()
    assert (DOCS / GENERATED[script]).read_text(encoding="utf-8") == text, "run `make docs`"


def test_the_pictures_of_the_zoo_are_current() -> None:
    zoo = runpy.run_path(str(TOOLS / "zoo_page.py"))
    figures = dict(zoo["figures"]())
    folder = DOCS / "images" / "zoo"
    assert {path.stem for path in folder.glob("*.png")} == set(figures)
    for name, figure in figures.items():
        file = BytesIO()
        figure.savefig(file, dpi=zoo["DOTS_PER_INCH"])
        file.seek(0)
        kept, drawn = imread(folder / f"{name}.png"), imread(file)  # (h, w, 4) float in [0, 1]
        assert kept.shape == drawn.shape, f"{name}: run `make docs`"
        difference = np.abs(kept - drawn).mean()  # processors round differently
        assert difference < 0.002, f"{name}: run `make docs`"


def test_the_picture_of_the_layers_shows_the_imports() -> None:
    picture = runpy.run_path(str(TOOLS / "layers_picture.py"))["picture"]()
    assert (DOCS / "images" / "layers.svg").read_text(encoding="utf-8") == picture, "run `make docs`"


def test_the_architecture_page_shows_the_layer_table() -> None:
    layers: dict[str, int] = runpy.run_path(str(ROOT / "tests" / "test_imports.py"))["LAYERS"]
    text = (DOCS / "explanation" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d) \| (.*?) \|", text, re.MULTILINE)
    shown = {name: int(layer) for layer, packages in rows for name in re.findall(r"`(\w+)`", packages)}
    assert shown == layers


def test_every_path_of_the_architecture_page_exists() -> None:
    text = (DOCS / "explanation" / "architecture.md").read_text(encoding="utf-8")
    paths = set(re.findall(r"`((?:\w+/)+(?:\w+\.\w+)?)`", text)) - {"drawings/copies/"}
    assert len(paths) > 20
    for path in paths:
        assert (ROOT / path).exists() or (ROOT / "src" / "inklab" / path).exists(), path


def test_the_files_page_states_every_format() -> None:
    text = (DOCS / "reference" / "files.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^##+ (.+)\n((?:(?!^#).*\n)*)", text, re.MULTILINE))
    formats = {
        "recipe.json": run.FORMAT,
        "metrics.jsonl": progress.FORMAT,
        "Checkpoints": tensors.FORMAT,
        "report.json": report.FORMAT,
        "card.json": artifact.FORMAT,
        "Folder of a lesson": lesson.FORMAT,
    }
    for heading, number in formats.items():
        assert f"| `format` | {number} |" in sections[heading], heading


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= MAX_README_LINES


@pytest.mark.usefixtures("empty_folder")
def test_every_command_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(COMMANDS) >= 5
    for line in COMMANDS:
        with pytest.raises(SystemExit) as stop:
            main(shlex.split(line, comments=True)[1:])
        assert stop.value.code == 0, f"{line}: {capsys.readouterr().err}"


def test_every_make_target_of_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        named = re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(named) <= targets, name_of(page)
    assert {line.split()[1] for line in SHELL if line.startswith("make ")} >= {"lesson", "web", "test"}


@pytest.mark.usefixtures("empty_folder")
@pytest.mark.parametrize("page", EXAMPLES)
def test_the_python_examples_print_what_the_page_says(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    examples = list(examples_of((ROOT / page).read_text(encoding="utf-8")))
    assert examples
    for code, output in examples:
        exec(compile(code, page, "exec"), {})  # noqa: S102  (it is our own document)
        assert capsys.readouterr().out == output


def examples_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield each Python example that is followed by its output."""
    for match in re.finditer(r"```python\n(.*?)```\n\n```text\n(.*?)```", text, re.DOTALL):
        yield match[1], match[2]


STATED = ["lesson-softmax", "lesson-cnn", "lesson-cnn-full", "fast-99", "fast-99.5"]
STATED += ["mlp-dropout", "apac", "committee"]


def test_the_documents_state_the_metrics_of_the_card() -> None:
    metrics = Artifact.load(SHIPPED).card.metrics
    for name in ("test", "usps", "exam-digits"):
        correct, refused = metrics[name]["accepted_correct"], metrics[name]["refused"]
        assert f"{correct:.2%} correct, {refused:.2%} refused" in README
    assert f"{metrics['no digit']['refused']:.1%} refused" in README
    page = (DOCS / "explanation" / "calibration.md").read_text(encoding="utf-8")
    for name in ("test", "usps", "exam-digits"):
        coverage = [f"{metrics[name][f'coverage_at_{rate}']:.2%}" for rate in ("0.01", "0.005", "0.001")]
        assert f"| {' | '.join(coverage)} |" in page
    for name in ("letters", "scribbles", "fashion", "textures"):
        assert f"| {metrics[f'no digit: {name}']['refused']:.1%} |" in page


@pytest.mark.parametrize("name", STATED)
def test_the_readme_states_the_measured_errors(name: str) -> None:
    result = published_results()[name]
    assert f"{result.mean_error:.2%} ± {result.deviation:.2%}" in README


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_resolve(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "@@" not in text, "a placeholder that was never filled"
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)", text):
        if target.startswith("http"):
            continue
        path = page.parent / target if target else page
        assert path.exists(), f"{name_of(page)} links to {target}"
        if anchor:
            assert anchor in anchors_of(path), f"{name_of(page)} links to {target}#{anchor}"


def test_the_site_builds(tmp_path: Path) -> None:
    (tmp_path / "course").mkdir()
    for notebook in (ROOT / "lessons").glob("[0-9]-*.py"):
        (tmp_path / "course" / f"{notebook.stem}.html").write_text(
            "<p>executed elsewhere</p>", encoding="utf-8"
        )
    site = runpy.run_path(str(TOOLS / "build_site.py"))
    site["build"](tmp_path, tmp_path / "course")
    pages = {path.relative_to(tmp_path / "site").as_posix() for path in (tmp_path / "site").rglob("*.html")}
    expected = {page.relative_to(DOCS).with_suffix(".html").as_posix() for page in DOCS.rglob("*.md")}
    assert expected < pages
    index = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert "iframe-worker.js" in index, "search works in pages opened as files"


def test_the_site_may_not_request_anything_from_another_host(tmp_path: Path) -> None:
    faults_of = runpy.run_path(str(TOOLS / "build_site.py"))["faults_of"]
    (tmp_path / "page.html").write_text(
        '<script src="https://cdn.example/x.js"></script><img src="data:,"><a href="https://example.com">ok</a>'
        '<a href="gone.html">gone</a><a href="#nowhere">nowhere</a>',
        encoding="utf-8",
    )
    (tmp_path / "style.css").write_text("body { background: url(//fonts.example/x.png) }", encoding="utf-8")
    assert list(faults_of(tmp_path)) == [
        "page.html requests https://cdn.example/x.js",
        "page.html links to gone.html, which does not exist",
        "page.html links to #nowhere, which has no such anchor",
        "style.css requests something from another host",
    ]


def anchors_of(page: Path) -> set[str]:
    """Return the anchors of the headings of a page, as GitHub and the site make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(
    "page", [README, (DOCS / "reference/included-network.md").read_text(encoding="utf-8")]
)
def test_figures_of_the_included_network_are_those_of_its_card(page: str) -> None:
    metrics = Artifact.load(SHIPPED).card.metrics
    for split in ("test", "usps", "exam-digits"):
        for metric in ("accepted_correct", "refused"):
            assert f"{metrics[split][metric]:.2%}" in page
    assert f"{metrics['no digit']['refused']:.1%}" in page


def test_real_pictures_were_measured_with_the_included_network() -> None:
    metrics = Artifact.load(SHIPPED).card.metrics
    measured = json.loads((ROOT / "benchmarks" / "real_pictures.json").read_text(encoding="utf-8"))
    for name, split in (("MNIST test", "test"), ("USPS", "usps"), ("exam digits", "exam-digits")):
        results = measured[name]
        assert results["right"] / results["n"] == pytest.approx(metrics[split]["accepted_correct"])
        assert results["refused"] / results["n"] == pytest.approx(metrics[split]["refused"])
        assert results["right"] + results["refused"] + results["wrong"] == results["n"]
