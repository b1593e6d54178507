"""The course: every lesson runs, every exercise tells right from wrong, every page stands alone."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import course
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

WRONG = {  # what a reader may well try; the starting points are wrong, too
    "1-a-single-layer": (
        "def softmax(z):\n    p = np.exp(z - z.max())\n    return p / p.sum()",
        "def gradient_of_b(w, b, x, y):\n    return (softmax_of_logits(x @ w + b) - y).sum(axis=0)",
    ),
    "2-going-deep": (
        "level_stroke = np.zeros((5, 5))\nlevel_stroke[2] = 1",
        "def side_after(side, window, stride, padding):\n    return (side + 2 * padding - window) // stride",
    ),
    "3-doing-better": (
        "def difference(a, b):\n    return np.mean(a) - np.mean(b), np.std(a, ddof=1) + np.std(b, ddof=1)",
        "def decide(log_probabilities):\n    return np.exp(log_probabilities).sum(axis=0).argmax(axis=1)",
    ),
    "4-being-honest": (
        "def boast(probabilities, labels):\n"
        "    return (probabilities.argmax(axis=1) == labels).mean() - probabilities.max(axis=1).mean()",
        "def threshold(of_truth, rate):\n    return np.quantile(of_truth, rate)",
    ),
}


def with_answers(notebook: NotebookNode, wrong: tuple[str, ...]) -> NotebookNode:
    """Return the notebook with a wrong answer and the solution after each check, both checked."""
    cells = []
    answers = iter(wrong)
    for number, cell in enumerate(notebook.cells):
        cells.append(cell)
        if "check" in cell.metadata.get("tags", ()):
            hidden = notebook.cells[number + 1]
            assert "solution" in hidden.metadata.tags
            (solution,) = re.findall(r"```python\n(.*?)```", hidden.source, re.DOTALL)
            for answer in (next(answers), solution):
                cells += [new_code_cell(answer), new_code_cell(cell.source, metadata=cell.metadata)]
    assert not list(answers), "an exercise is missing"
    answered: NotebookNode = new_notebook(cells=cells, metadata=notebook.metadata)
    return answered


def said(cell: NotebookNode) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


class Looks(HTMLParser):
    """What a page asks a browser for, and what its pictures are called."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.asked: list[str] = []
        self.pictures: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        if tag == "img":
            self.pictures.append(given.get("alt") or "")
        if tag in {"img", "link", "script", "iframe"}:
            self.asked.append(given.get("src") or given.get("href") or "")


@pytest.mark.parametrize("number", range(4))
def test_a_lesson_runs_and_its_exercises_tell_right_from_wrong(number: int) -> None:
    path = course.LESSONS[number]
    notebook = with_answers(course.read_lesson(path, full=False), WRONG[path.stem])
    course.execute(notebook, path.stem)

    checks = [said(cell) for cell in course.tagged(notebook, "check")]
    assert len(checks) == 6  # two exercises: as it stands, wrong, and solved
    for number_of_check, text in enumerate(checks):
        wanted = "Right" if number_of_check % 3 == 2 else "Not yet: "
        assert text.startswith(wanted), f"check {number_of_check}: {text}"

    page = course.lesson_page(notebook, course.LESSONS, number)
    looks = Looks(page)
    assert "script" not in looks.tags
    assert all(one.startswith("data:image/png;base64,") for one in looks.asked)
    drawing = [cell for cell in notebook.cells if any("data" in one for one in cell.get("outputs", ()))]
    assert looks.pictures == [cell.metadata.get("alt") for cell in drawing], "a cell draws and has no `alt`"
    assert len(drawing) >= 8
    text = re.sub(r"<(pre|code).*?</\1>|base64,[^\"]*", "", page, flags=re.DOTALL)
    assert "$" not in text, "a formula is left over"
    assert "math" in looks.tags
    assert looks.tags.count("details") == 2
    assert "stderr" not in page


def test_every_lesson_begins_with_its_goals_and_ends_with_its_sources() -> None:
    assert [path.stem for path in course.LESSONS] == list(WRONG)
    for path in course.LESSONS:
        cells = course.read_lesson(path, full=True).cells
        assert "**When you have worked through it, you can**" in cells[0].source
        assert re.search(r"^## Sources\n\n- ", cells[-1].source, re.MULTILINE)
        (parameters,) = [cell for cell in cells if "parameters" in cell.metadata.get("tags", ())]
        assert parameters.source.startswith("full = True")


def test_the_short_settings_change_the_parameters_alone() -> None:
    path = course.LESSONS[0]
    full, short = (course.read_lesson(path, full=chosen).cells for chosen in (True, False))
    differ = [cell.source for cell, other in zip(full, short, strict=True) if cell.source != other.source]
    assert len(differ) == 1
    assert differ[0].startswith("full = True")


@pytest.fixture
def two_lessons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Make a course of two short lessons, the second with this cell; return where it is written to."""

    def make(cell: str) -> Path:
        paths = []
        for number, code in enumerate(("print('$5 are not a formula', full)", cell), start=1):
            path = tmp_path / f"{number}-lesson.py"
            path.write_text(
                f"# %% [markdown]\n# # {number}. A title\n# It is $x_{number}$.\n\n"
                f'# %% tags=["parameters"]\nfull = True\n\n'
                f"# %% [markdown]\n# ## The heart of it\n\n# %%\n{code}\n"
            )
            paths.append(path)
        monkeypatch.setattr(course, "LESSONS", paths)
        return tmp_path / "built"

    return make


def test_the_command_writes_notebooks_and_pages(
    two_lessons: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    built = two_lessons("print(6 * 7)")
    assert course.main(["--short", "--out", str(built)]) == 0
    written = sorted(path.name for path in built.iterdir())
    assert written == ["1-lesson.html", "1-lesson.ipynb", "2-lesson.html", "2-lesson.ipynb"]
    assert str(built / "2-lesson.html") in capsys.readouterr().out
    first, second = ((built / f"{number}-lesson.html").read_text() for number in (1, 2))
    assert "$5 are not a formula False" in first
    assert '<a href="2-lesson.html">2. A title</a>' in first
    assert '<a href="1-lesson.html">1. A title</a>' in second
    assert ">42\n" in second
    assert "<msub><mi>x</mi><mn>2</mn></msub>" in second


def test_a_cell_that_fails_is_named(
    two_lessons: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    built = two_lessons("half = 1 / 2\nhalf / 0")
    assert course.main(["--short", "--out", str(built)]) == 1
    told = capsys.readouterr().err
    assert "2-lesson, under 'The heart of it', the cell that begins 'half = 1 / 2'" in told
    assert "ZeroDivisionError" in told
    assert not (built / "2-lesson.html").exists()


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("import time; time.sleep(60)", "2-lesson: a cell took longer than 1 s; is the machine busy?"),
        ("import os; os._exit(1)", "2-lesson: its Python died; is memory short?"),
    ],
)
def test_a_cell_without_an_end_and_a_kernel_that_died_are_told(
    two_lessons: Callable[[str], Path],
    cell: str,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    built = two_lessons(cell)
    monkeypatch.setattr(course, "LESSONS", course.LESSONS[1:])
    monkeypatch.setattr(course, "CELL_LIMIT_S", 1)
    assert course.main(["--short", "--out", str(built)]) == 1
    assert told in capsys.readouterr().err


def test_a_formula_becomes_mathml_and_the_notebook_stays_as_it_was() -> None:
    notebook = new_notebook(cells=[new_markdown_cell("so $a_1$, and\n\n$$\\frac{1}{2}$$")])
    page = course.lesson_page(notebook, course.LESSONS, 0)
    assert "<mfrac><mrow><mn>1</mn></mrow><mrow><mn>2</mn></mrow></mfrac>" in page
    assert 'display="block"' in page
    assert notebook.cells[0].source.startswith("so $a_1$")
