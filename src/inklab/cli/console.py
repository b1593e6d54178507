"""Output of the commands: results on stdout, progress on stderr."""

import json
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import typer

if TYPE_CHECKING:
    from rich.progress import Progress as ProgressBar
    from rich.status import Status

    from inklab.data import Dataset
    from inklab.data.overview import Overview
    from inklab.evaluation import Report
    from inklab.training import Progress

T = TypeVar("T")

_MAX_WIDTH = 100  # characters of a printed line


def print_json(document: Any) -> None:
    """Print one JSON document, indented."""
    typer.echo(json.dumps(document, indent=2))


def as_sentence(text: str) -> str:
    """Return a text with a capital letter and a period."""
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."


def wrap(line: str) -> str:
    """Return a line wrapped to the terminal's width, each part indented like the first."""
    indent = line[: len(line) - len(line.lstrip())]
    width = min(_MAX_WIDTH, shutil.get_terminal_size().columns)
    return "\n".join(textwrap.wrap(line, width, subsequent_indent=indent, break_on_hyphens=False))


def warn_of_skipped(data: "Dataset | Overview") -> None:
    """Print on stderr which pictures are not part of the data, and why."""
    for line in data.skipped:
        typer.echo(f"skipped: {line}", err=True)


def format_table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of text as aligned columns; the first row is the heading."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def show_training(reports: "Iterable[Progress]", *, steps: int, name: str) -> "Iterator[Progress]":
    """Yield the reports and print each on stderr, on a terminal above a progress bar."""
    with _progress_bar() as bar:
        task = bar.add_task(name, total=steps) if bar else None
        for report in reports:
            if bar and task is not None:
                bar.console.print(str(report), highlight=False)
                bar.update(task, completed=report.step)
            else:
                typer.echo(str(report), err=True)
            yield report


def show_count(items: Iterable[T], *, total: int, name: str) -> Iterator[T]:
    """Yield the items and show their count on stderr: a bar on a terminal, else a line every tenth."""
    with _progress_bar() as bar:
        if bar:
            yield from bar.track(items, total=total, description=name)
            return
        for number, item in enumerate(items, start=1):
            yield item
            if number * 10 // total > (number - 1) * 10 // total:
                typer.echo(f"{number:,} of {total:,} {name}", err=True)


def show_status(activity: str) -> "Status":
    """Return a context that shows an activity on a terminal; elsewhere it prints nothing."""
    from rich.console import Console

    return Console(stderr=True).status(activity)


def format_digits(report: "Report") -> str:
    """Return a line for each digit: precision, recall, and the most frequent wrong answers.

    A dash stands for a value that is undefined, since no image or no answer is that digit.
    """
    lines = [f"{'digit':<7}{'precision':>10}{'recall':>10}   most often read as"]
    for digit, (precision, recall) in enumerate(zip(report.precision, report.recall, strict=True)):
        row = report.confusion[digit]
        wrong = sorted(((count, answer) for answer, count in enumerate(row) if answer != digit), reverse=True)
        common = ", ".join(f"{answer} ({count})" for count, answer in wrong[:3] if count)
        is_answered = any(other[digit] for other in report.confusion)
        precision_text = f"{precision:.2%}" if is_answered else "-"
        recall_text = f"{recall:.2%}" if any(row) else "-"
        lines.append(f"{digit:<7}{precision_text:>10}{recall_text:>10}   {common}".rstrip())
    return "\n".join(lines)


@contextmanager
def _progress_bar() -> "Iterator[ProgressBar | None]":
    """Yield a progress bar on stderr if it is a terminal, else None."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        yield bar
