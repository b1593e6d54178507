"""The documents say what is true: commands run, figures were measured, links lead somewhere."""

import re
import runpy
import shlex
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from inklab.cli.main import main
from inklab.recognition import Artifact
from inklab.recognition.recognizer import SHIPPED
from inklab.training import read_results

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
SHELL = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]
COMMANDS = [line for line in SHELL if line.startswith("inklab ")]


def test_the_commands_page_is_the_help() -> None:
    page = runpy.run_path(str(ROOT / "docs" / "cli.py"))["commands_page"]()
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == page, "run `make docs`"


def test_the_performance_page_is_what_was_measured() -> None:
    page = runpy.run_path(str(ROOT / "docs" / "performance.py"))["performance_page"]()
    assert (ROOT / "docs" / "performance.md").read_text(encoding="utf-8") == page, "run `make docs`"


def test_the_zoo_is_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "docs")
    page = runpy.run_path(str(ROOT / "docs" / "zoo.py"))["zoo_page"]()
    assert (ROOT / "docs" / "zoo.md").read_text(encoding="utf-8") == page, "run `make docs`"


def test_the_pictures_of_the_zoo_are_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "docs")
    zoo = runpy.run_path(str(ROOT / "docs" / "zoo.py"))
    drawn = dict(zoo["pictures"]())
    kept = ROOT / "docs" / "zoo"
    assert {path.stem for path in kept.glob("*.png")} == set(drawn)
    for name, figure in drawn.items():
        now = BytesIO()
        figure.savefig(now, dpi=zoo["DOTS_PER_INCH"])
        now.seek(0)
        before, after = imread(kept / f"{name}.png"), imread(now)  # (h, w, 4) float in [0, 1]
        assert before.shape == after.shape, f"{name}: run `make docs`"
        assert np.abs(before - after).mean() < 0.002, (
            f"{name}: run `make docs`"
        )  # processors round differently


def test_every_command_of_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(COMMANDS) >= 7
    for line in COMMANDS:
        with pytest.raises(SystemExit) as stop:
            main(shlex.split(line)[1:])
        assert stop.value.code == 0, f"{line}: {capsys.readouterr().err}"


def test_every_make_target_of_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        named = re.findall(r"(?:`|^)make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(named) <= targets, page
    assert {line.split()[1] for line in SHELL if line.startswith("make ")} == {"lesson", "web", "test"}


def test_the_python_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    reading, lesson, search = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(reading, "README.md", "exec"), {})  # noqa: S102  (it is our own README)
    digit, sure, *rest = capsys.readouterr().out.split()
    assert (digit, rest) == ("7", ["(7,)"])
    assert float(sure) > 0.99
    exec(compile(lesson, "README.md", "exec"), {})  # noqa: S102
    printed = capsys.readouterr().out
    assert "step 1000, loss" in printed
    assert "accuracy 91." in printed.splitlines()[-1]
    exec(compile(search, "README.md", "exec"), {})  # noqa: S102
    assert capsys.readouterr().out.startswith("{'learning_rate': 0.01} 0.9")


STATED = ["lesson-softmax", "lesson-cnn", "lesson-cnn-full", "fast-99", "fast-99.5"]
STATED += ["mlp-dropout", "apac", "committee"]


def test_the_readme_states_what_the_card_has() -> None:
    metrics = Artifact.load(SHIPPED).card.metrics
    for name in ("test", "usps", "exam-digits"):
        assert f"| {metrics[name]['accepted_correct']:.2%} | {metrics[name]['refused']:.2%} |" in README
    assert f"| - | {metrics['no digit']['refused']:.1%} |" in README
    assert f"without refusing, {metrics['test']['accuracy']:.2%} of the test digits" in README


@pytest.mark.parametrize("name", STATED)
def test_the_readme_states_the_measured_errors(name: str) -> None:
    result = read_results()[name]
    assert f"{result.mean_error:.2%} ± {result.deviation:.2%}" in README


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    assert "@@" not in page.read_text(encoding="utf-8"), "a place that was to be filled"
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
