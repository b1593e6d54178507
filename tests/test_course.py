"""The course: every lesson runs, every exercise checks its answer, every page is self-contained."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import course
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

WRONG_ANSWERS = {  # plausible mistakes; the code that an exercise starts with is wrong too
    "1-single-layer": (
        "def softmax(z):\n    p = np.exp(z - z.max())\n    return p / p.sum()",
        "def gradient_of_b(w, b, x, y):\n    return (softmax_of_logits(x @ w + b) - y).sum(axis=0)",
    ),
    "2-convolutional-network": (
        "horizontal_stroke = np.zeros((5, 5))\nhorizontal_stroke[2] = 1",
        "def output_size(size, kernel_size, stride, padding):\n"
        "    return (size + 2 * padding - kernel_size) // stride",
    ),
    "3-improving-accuracy": (
        "def difference(a, b):\n    return np.mean(a) - np.mean(b), np.std(a, ddof=1) + np.std(b, ddof=1)",
        "def decide(log_probabilities):\n    return np.exp(log_probabilities).sum(axis=0).argmax(axis=1)",
    ),
    "4-calibration-and-refusal": (
        "def overconfidence(probabilities, labels):\n"
        "    return (probabilities.argmax(axis=1) == labels).mean() - probabilities.max(axis=1).mean()",
        "def threshold(true_probabilities, error_rate):\n"
        "    return np.quantile(true_probabilities, error_rate)",
    ),
}


def with_answers(notebook: NotebookNode, wrong_answers: tuple[str, ...]) -> NotebookNode:
    """Return the notebook with two cells after each check, each checked: a wrong answer and the solution."""
    cells = []
    remaining = iter(wrong_answers)
    for index, cell in enumerate(notebook.cells):
        cells.append(cell)
        if "check" in cell.metadata.get("tags", ()):
            solution_cell = notebook.cells[index + 1]
            assert "solution" in solution_cell.metadata.tags
            (solution,) = re.findall(r"```python\n(.*?)```", solution_cell.source, re.DOTALL)
            for answer in (next(remaining), solution):
                cells += [new_code_cell(answer), new_code_cell(cell.source, metadata=cell.metadata)]
    assert not list(remaining), "an exercise is missing"
    answered: NotebookNode = new_notebook(cells=cells, metadata=notebook.metadata)
    return answered


def printed_text(cell: NotebookNode) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


class PageParser(HTMLParser):
    """The tags of a page, the resources it loads, and the alt texts of its images."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.resources: list[str] = []
        self.alt_texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        attributes = dict(attrs)
        if tag == "img":
            self.alt_texts.append(attributes.get("alt") or "")
        if tag in {"img", "link", "script", "iframe"}:
            self.resources.append(attributes.get("src") or attributes.get("href") or "")


@pytest.mark.parametrize("index", range(4))
def test_a_lesson_runs_and_its_exercises_check_their_answers(index: int) -> None:
    path = course.LESSONS[index]
    notebook = with_answers(course.read_lesson(path, full=False), WRONG_ANSWERS[path.stem])
    course.execute(notebook, path.stem)

    checks = [printed_text(cell) for cell in course.cells_with_tag(notebook, "check")]
    assert len(checks) == 6  # two exercises: the initial code, a wrong answer, the solution
    for check_index, text in enumerate(checks):
        expected = "Correct" if check_index % 3 == 2 else "Not yet: "
        assert text.startswith(expected), f"check {check_index}: {text}"

    page = course.lesson_page(notebook, course.LESSONS, index)
    parsed = PageParser(page)
    assert "script" not in parsed.tags
    assert all(url.startswith("data:image/png;base64,") for url in parsed.resources)
    drawing_cells = [
        cell for cell in notebook.cells if any("data" in output for output in cell.get("outputs", ()))
    ]
    alt_texts = [cell.metadata.get("alt") for cell in drawing_cells]
    assert parsed.alt_texts == alt_texts, "a cell draws a figure and has no `alt`"
    assert len(drawing_cells) >= 8
    text = re.sub(r"<(pre|code).*?</\1>|base64,[^\"]*", "", page, flags=re.DOTALL)
    assert "$" not in text, "a formula was not converted"
    assert "<ol" not in text or index == 3, "a line that begins with a number became a list"
    assert "math" in parsed.tags
    assert parsed.tags.count("details") == 2
    assert "stderr" not in page


def test_every_lesson_begins_with_its_goals_and_ends_with_its_references() -> None:
    assert [path.stem for path in course.LESSONS] == list(WRONG_ANSWERS)
    for path in course.LESSONS:
        cells = course.read_lesson(path, full=True).cells
        assert "**After this lesson you can**" in cells[0].source
        assert re.search(r"^## References\n\n- ", cells[-1].source, re.MULTILINE)
        (parameters,) = [cell for cell in cells if "parameters" in cell.metadata.get("tags", ())]
        assert parameters.source.startswith("full = True")


def test_the_short_settings_change_only_the_parameters() -> None:
    path = course.LESSONS[0]
    full, short = (course.read_lesson(path, full=setting).cells for setting in (True, False))
    changed = [
        full_cell.source
        for full_cell, short_cell in zip(full, short, strict=True)
        if full_cell.source != short_cell.source
    ]
    assert len(changed) == 1
    assert changed[0].startswith("full = True")


@pytest.fixture
def two_lessons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Return a function that writes a course of two short lessons and returns its output folder.

    The argument of the function is the last cell of the second lesson.
    """

    def write_lessons(cell: str) -> Path:
        paths = []
        for number, code in enumerate(("print('$5 is not a formula', full)", cell), start=1):
            path = tmp_path / f"{number}-lesson.py"
            path.write_text(
                f"# %% [markdown]\n# # {number}. A title\n# It is $x_{number}$.\n\n"
                f'# %% tags=["parameters"]\nfull = True\n\n'
                f"# %% [markdown]\n# ## The main section\n\n# %%\n{code}\n"
            )
            paths.append(path)
        monkeypatch.setattr(course, "LESSONS", paths)
        return tmp_path / "build"

    return write_lessons


def test_the_command_writes_notebooks_and_pages(
    two_lessons: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = two_lessons("print(6 * 7)")
    assert course.main(["--short", "--out", str(folder)]) == 0
    files = sorted(path.name for path in folder.iterdir())
    assert files == ["1-lesson.html", "1-lesson.ipynb", "2-lesson.html", "2-lesson.ipynb"]
    assert str(folder / "2-lesson.html") in capsys.readouterr().out
    first, second = ((folder / f"{number}-lesson.html").read_text() for number in (1, 2))
    assert "$5 is not a formula False" in first
    assert '<a href="2-lesson.html">2. A title</a>' in first
    assert '<a href="1-lesson.html">1. A title</a>' in second
    assert ">42\n" in second
    assert "<msub><mi>x</mi><mn>2</mn></msub>" in second


def test_the_error_message_names_the_failed_cell(
    two_lessons: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = two_lessons("half = 1 / 2\nhalf / 0")
    assert course.main(["--short", "--out", str(folder)]) == 1
    message = capsys.readouterr().err
    assert "2-lesson, in section 'The main section', in the cell that starts with 'half = 1 / 2'" in message
    assert "ZeroDivisionError" in message
    assert not (folder / "2-lesson.html").exists()


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("import time; time.sleep(60)", "2-lesson: a cell took longer than 1 s; is the machine busy?"),
        ("import os; os._exit(1)", "2-lesson: the Python kernel died; is there enough memory?"),
    ],
)
def test_an_endless_cell_and_a_dead_kernel_end_in_an_error_message(
    two_lessons: Callable[[str], Path],
    cell: str,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = two_lessons(cell)
    monkeypatch.setattr(course, "LESSONS", course.LESSONS[1:])
    monkeypatch.setattr(course, "CELL_TIMEOUT_S", 1)
    assert course.main(["--short", "--out", str(folder)]) == 1
    assert message in capsys.readouterr().err


def test_a_formula_becomes_mathml_and_the_notebook_does_not_change() -> None:
    notebook = new_notebook(cells=[new_markdown_cell("so $a_1$, and\n\n$$\\frac{1}{2}$$")])
    page = course.lesson_page(notebook, course.LESSONS, 0)
    assert "<mfrac><mrow><mn>1</mn></mrow><mrow><mn>2</mn></mrow></mfrac>" in page
    assert 'display="block"' in page
    assert notebook.cells[0].source.startswith("so $a_1$")
