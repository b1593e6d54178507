"""Give the course: execute its lessons, and write each as a notebook and as a page, in build/course."""

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

LESSONS = sorted(Path(__file__).parent.glob("[0-9]-*.py"))
"""The texts of the course, in the order in which to read them."""
BUILD = Path(__file__).parent.parent / "build" / "course"
PAGE = Path(__file__).parent / "page.html.j2"
CELL_LIMIT_S = 3600  # on a busy machine the longest takes ten minutes

_BY_FILES = Config(KernelManager={"transport": "ipc"})  # no ports, on which others could listen
_FORMULA = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$", re.DOTALL)


class CourseError(Exception):
    """A cell of a lesson failed; the message names it."""


def read_lesson(path: Path, *, full: bool) -> NotebookNode:
    """Return the notebook that a text is, with its settings full or short."""
    notebook: NotebookNode = jupytext.read(path)
    (parameters,) = tagged(notebook, "parameters")
    parameters.source = parameters.source.replace("full = True", f"full = {full}")
    return notebook


def tagged(notebook: NotebookNode, tag: str) -> list[NotebookNode]:
    """Return the cells that have a tag."""
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", ())]


def execute(notebook: NotebookNode, name: str) -> None:
    """Execute a notebook in a kernel of its own; its cells then hold what they put out.

    Args:
        notebook: what to execute.
        name: what to call it if a cell fails.

    Raises:
        CourseError: a cell failed; says under which heading it stands, what it is, and what went wrong. Or
            one took too long, or the kernel died.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")  # as the commands set it; the kernel inherits it
    try:
        NotebookClient(notebook, timeout=CELL_LIMIT_S, kernel_name="python3", config=_BY_FILES).execute()
    except CellExecutionError as error:
        raise CourseError(f"{name}, {_failed(notebook)}: {error.ename}: {error.evalue}") from error
    except CellTimeoutError:
        raise CourseError(f"{name}: a cell took longer than {CELL_LIMIT_S} s; is the machine busy?") from None
    except DeadKernelError:
        raise CourseError(f"{name}: its Python died; is memory short?") from None


def _failed(notebook: NotebookNode) -> str:
    """Return the heading above the cell that failed, and the first line of the cell."""
    heading = "at the beginning"
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading = next((one for one in cell.source.splitlines() if one.startswith("#")), heading)
        elif any(output.output_type == "error" for output in cell.outputs):
            return f"under {heading.lstrip('# ')!r}, the cell that begins {cell.source.splitlines()[0]!r}"
    raise AssertionError("no cell failed")


def lesson_page(notebook: NotebookNode, lessons: Sequence[Path], number: int) -> str:
    """Return an executed lesson as a page that needs nothing else: no script, no network.

    Formulas, which JupyterLab sets by itself, become MathML, which browsers do.

    Args:
        notebook: what was executed; it is not changed.
        lessons: all lessons, for the links from one page to the next.
        number: of this one, from 0.
    """
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = _FORMULA.sub(_mathml, cell.source)
    exporter = HTMLExporter(template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True)
    body, _ = exporter.from_notebook_node(notebook)
    template = Template(PAGE.read_text(encoding="utf-8"), undefined=StrictUndefined)
    page: str = template.render(
        body=body,
        titles=[title(path) for path in lessons],
        pages=[path.with_suffix(".html").name for path in lessons],
        number=number,
        light=HtmlFormatter(style="friendly").get_style_defs(".highlight"),
        dark=HtmlFormatter(style="github-dark").get_style_defs(".highlight"),
    )
    return page


def _mathml(found: re.Match[str]) -> str:
    block, inline = found.groups()
    return convert(" ".join((block or inline).split()), display="block" if block else "inline")


def title(path: Path) -> str:
    """Return what a lesson is called: its first heading."""
    (found,) = re.findall(r"^# # (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return str(found)


def give(folder: Path, *, full: bool) -> None:
    """Execute every lesson and write its notebook and its page into a folder.

    Raises:
        CourseError: a cell failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(LESSONS):
        start = perf_counter()
        notebook = read_lesson(path, full=full)
        execute(notebook, path.stem)
        write(notebook, folder / path.with_suffix(".ipynb").name)
        page = folder / path.with_suffix(".html").name
        page.write_text(lesson_page(notebook, LESSONS, number), encoding="utf-8")
        print(f"{perf_counter() - start:6.1f} s  {page}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Give the course from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--short", action="store_true", help="a few steps and seeds only, as the tests have it"
    )
    parser.add_argument("--out", type=Path, default=BUILD, help="the folder to write to")
    chosen = parser.parse_args(arguments)
    try:
        give(chosen.out, full=not chosen.short)
    except CourseError as error:
        print(f"a lesson failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
