"""Execute the lessons of the course, and write each as a notebook and an HTML page to build/course."""

import argparse
import copy
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import jupytext
from jinja2 import StrictUndefined, Template
from latex2mathml.converter import convert
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert import HTMLExporter
from nbformat import NotebookNode, write
from pygments.formatters import HtmlFormatter
from traitlets.config import Config

from inklab.palette import css_variables

LESSONS = sorted(Path(__file__).parent.glob("[0-9]-*.py"))
"""The source files of the lessons, in reading order."""
BUILD_FOLDER = Path(__file__).parent.parent / "build" / "course"
PAGE_TEMPLATE = Path(__file__).parent / "page.html.j2"
CELL_TIMEOUT_S = 3600  # on a busy machine, the longest cell takes ten minutes

_IPC_TRANSPORT = Config(KernelManager={"transport": "ipc"})  # no ports that other users could connect to
_FORMULA = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$", re.DOTALL)


class CourseError(Exception):
    """A lesson could not be executed; the message names the lesson and the cell."""


def read_lesson(path: Path, *, full: bool) -> NotebookNode:
    """Return a lesson as a notebook, with its full or its short settings."""
    notebook: NotebookNode = jupytext.read(path)
    (parameters,) = cells_with_tag(notebook, "parameters")
    parameters.source = parameters.source.replace("full = True", f"full = {full}")
    return notebook


def cells_with_tag(notebook: NotebookNode, tag: str) -> list[NotebookNode]:
    """Return the cells of a notebook that have the tag."""
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", ())]


def execute(notebook: NotebookNode, name: str) -> None:
    """Execute a notebook in its own kernel, and store the outputs in its cells.

    Args:
        notebook: the notebook to execute; it is changed in place.
        name: the name of the lesson in error messages.

    Raises:
        CourseError: a cell failed or took too long, or the kernel died. For a failed cell, the message
            contains the heading above the cell, its first line, and the error.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")  # the commands set it too; the kernel inherits it
    try:
        NotebookClient(
            notebook, timeout=CELL_TIMEOUT_S, kernel_name="python3", config=_IPC_TRANSPORT
        ).execute()
    except CellExecutionError as error:
        raise CourseError(f"{name}, {_failed_cell(notebook)}: {error.ename}: {error.evalue}") from error
    except CellTimeoutError:
        raise CourseError(
            f"{name}: a cell took longer than {CELL_TIMEOUT_S} s; is the machine busy?"
        ) from None
    except DeadKernelError:
        raise CourseError(f"{name}: the Python kernel died; is there enough memory?") from None


def _failed_cell(notebook: NotebookNode) -> str:
    """Return the heading above the failed cell and the first line of the cell."""
    heading = "at the beginning"
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading = next((line for line in cell.source.splitlines() if line.startswith("#")), heading)
        elif any(output.output_type == "error" for output in cell.outputs):
            first_line = cell.source.splitlines()[0]
            return f"in section {heading.lstrip('# ')!r}, in the cell that starts with {first_line!r}"
    raise AssertionError("no cell failed")


def lesson_page(notebook: NotebookNode, lessons: Sequence[Path], index: int) -> str:
    """Return an executed lesson as a self-contained HTML page without scripts or network requests.

    JupyterLab renders formulas with a script. On the page, they are MathML, which browsers render.

    Args:
        notebook: the executed notebook; it is not changed.
        lessons: the source files of all lessons, for the navigation links.
        index: the index of this lesson, from 0.
    """
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = _FORMULA.sub(_to_mathml, cell.source)
    exporter = HTMLExporter(template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True)
    body, _ = exporter.from_notebook_node(notebook)
    template = Template(PAGE_TEMPLATE.read_text(encoding="utf-8"), undefined=StrictUndefined)
    page: str = template.render(
        body=body,
        titles=[lesson_title(path) for path in lessons],
        pages=[path.with_suffix(".html").name for path in lessons],
        index=index,
        palette=css_variables(),
        light=HtmlFormatter(style="friendly").get_style_defs(".highlight"),
        dark=HtmlFormatter(style="github-dark").get_style_defs(".highlight"),
    )
    return page


def _to_mathml(formula: re.Match[str]) -> str:
    block, inline = formula.groups()
    return convert(" ".join((block or inline).split()), display="block" if block else "inline")


def lesson_title(path: Path) -> str:
    """Return the title of a lesson: its first heading."""
    (title,) = re.findall(r"^# # (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return str(title)


def build_course(folder: Path, *, full: bool) -> None:
    """Execute every lesson, and write its notebook and its page to a folder.

    Raises:
        CourseError: a lesson could not be executed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for index, path in enumerate(LESSONS):
        start = perf_counter()
        notebook = read_lesson(path, full=full)
        execute(notebook, path.stem)
        write(notebook, folder / path.with_suffix(".ipynb").name)
        page = folder / path.with_suffix(".html").name
        page.write_text(lesson_page(notebook, LESSONS, index), encoding="utf-8")
        print(f"{perf_counter() - start:6.1f} s  {page}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the course from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--short", action="store_true", help="use few steps, images, and seeds, as the tests do"
    )
    parser.add_argument("--out", type=Path, default=BUILD_FOLDER, help="the output folder")
    options = parser.parse_args(arguments)
    try:
        build_course(options.out, full=not options.short)
    except CourseError as error:
        print(f"a lesson failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
