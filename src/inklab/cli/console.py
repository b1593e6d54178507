"""How the commands speak: results on stdout, progress on stderr."""

import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.status import Status

if TYPE_CHECKING:
    from inklab.data import Dataset
    from inklab.evaluation import Report
    from inklab.training import Progress

T = TypeVar("T")


def say(line: str = "", *, to_stderr: bool = False) -> None:
    """Print a line as it is, at once."""
    print(line, file=sys.stderr if to_stderr else sys.stdout, flush=True)


def wrapped(line: str) -> str:
    """Return a line broken between words where it is too long to read, each part indented as the first."""
    indent = line[: len(line) - len(line.lstrip())]
    width = min(100, shutil.get_terminal_size().columns)
    return "\n".join(textwrap.wrap(line, width, subsequent_indent=indent, break_on_hyphens=False))


def say_json(document: Any) -> None:
    """Print one JSON document, indented."""
    say(json.dumps(document, indent=2))


def tell_left_out(data: "Dataset") -> None:
    """Say on stderr which pictures are not in the data, and why."""
    for line in data.skipped:
        say(f"left out: {line}", to_stderr=True)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of text in columns of even width; the first row is their headings."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines)


def watched(reports: "Iterable[Progress]", *, steps: int, name: str) -> "Iterator[Progress]":
    """Yield the reports and show on stderr how far training is: a bar on a terminal, else a line each."""
    console = Console(stderr=True)
    if not console.is_terminal:
        for report in reports:
            say(str(report), to_stderr=True)
            yield report
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console) as bar:
        task = bar.add_task(name, total=steps)
        for report in reports:
            bar.console.print(str(report), highlight=False)
            bar.update(task, completed=report.step)
            yield report


def counted(items: Iterable[T], *, total: int, name: str) -> Iterator[T]:
    """Yield the items and show on stderr how many there were: a bar on a terminal, else a line each tenth."""
    console = Console(stderr=True)
    if not console.is_terminal:
        for number, item in enumerate(items, start=1):
            yield item
            if number * 10 // total > (number - 1) * 10 // total:
                say(f"{number:,} of {total:,} {name}", to_stderr=True)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console) as bar:
        yield from bar.track(items, total=total, description=name)


def waiting(what: str) -> Status:
    """Return a context that shows on a terminal that something takes its time; elsewhere it shows nothing."""
    return Console(stderr=True).status(what)


def per_digit(report: "Report") -> str:
    """Return a line a digit: which share of such answers is right, which of its images are found.

    Where there is no such answer, or no such image, there is a dash.
    """
    lines = [f"{'digit':<7}{'precision':>10}{'recall':>10}   read most often as"]
    for digit, (precision, recall) in enumerate(zip(report.precision, report.recall, strict=True)):
        wrong = [(count, answer) for answer, count in enumerate(report.confusion[digit]) if answer != digit]
        common = ", ".join(
            f"{answer} ({count})" for count, answer in sorted(wrong, reverse=True)[:3] if count
        )
        answered = any(row[digit] for row in report.confusion)
        exact = f"{precision:.2%}" if answered else "-"
        found = f"{recall:.2%}" if any(report.confusion[digit]) else "-"
        lines.append(f"{digit:<7}{exact:>10}{found:>10}   {common}".rstrip())
    return "\n".join(lines)
