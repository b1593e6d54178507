"""`inklab read`."""

import json as jsons
import os
import sys
from collections.abc import Callable, Iterator
from itertools import tee
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from inklab.errors import PictureError

if TYPE_CHECKING:
    from inklab.recognition import Prediction

Row: TypeAlias = "Callable[[str, Prediction], str]"

_STDIN = "-"
_DECIMALS = 6


def read(
    pictures: Annotated[
        list[str],
        typer.Argument(
            metavar="PICTURE",
            help="Files, folders with all that ends as pictures do, such as .png, or - for stdin.",
        ),
    ],
    error_rate: Annotated[
        float | None,
        typer.Option(
            metavar="RATE",
            help="Print the set of digits that misses the right one at most so often: 0.01, 0.005 or 0.001; "
            "{} where none is likely enough. JSON and CSV have the set at 0.01 where nothing is said.",
        ),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(metavar="ARTIFACT", help="Read with another network than inklab's own.")
    ] = None,
    json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print a JSON object a picture: picture, digit or null, confidence, probabilities of 0 to "
            "9, set, and the reason where there is no digit.",
        ),
    ] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")] = False,
) -> None:
    """Read the digit in each picture.

    One line a picture, in their order: the digit, how sure it is, the picture. Where no digit can be read
    the line says why (blank, no digit, several digits, unreadable and what is wrong), the others go on, and
    the exit code is 1. Pictures are PNG, JPEG, WebP, BMP, TIFF or GIF, of which the first frame counts, of at
    most 64 MiB and 50 million pixels, and stand upright.
    """
    if json and csv:
        raise typer.BadParameter("--json and --csv are two ways to print; give one")
    if pictures.count(_STDIN) > 1:
        raise typer.BadParameter("- is stdin, which can be read once; give it once")
    from inklab.evaluation import ERROR_RATES
    from inklab.imaging import EXTENSIONS, MAX_FILE_SIZE_BYTES, skipped_files
    from inklab.recognition import Recognizer
    from inklab.utils.hardware import cores
    from inklab.utils.parallel import MIN_ITEMS_FOR_PROCESSES

    rate = ERROR_RATES[0] if error_rate is None else error_rate
    if rate not in ERROR_RATES:
        known = ", ".join(map(str, ERROR_RATES))
        raise typer.BadParameter(f"--error-rate is {rate:g}; expected one of {known}, which were calibrated")
    if json:
        row = _json_row(rate)
    elif csv:
        row = _csv_row(rate)
    else:
        row = _text_row(error_rate)
    recognizer = Recognizer(model)
    total = sum(1 for _ in _found(pictures))
    folders = list(filter(os.path.isdir, pictures))
    others = skipped_files(*folders)
    if not total:
        what = f"no picture is in {', '.join(pictures)}" + (f", but {others}" if others else "")
        raise PictureError(f"{what}; expected files in {', '.join(EXTENSIONS)}")
    names, sources = tee(_found(pictures))  # names are kept only as far as the recogniser reads ahead
    contents = (
        sys.stdin.buffer.read(MAX_FILE_SIZE_BYTES + 1) if name == _STDIN else name for name in sources
    )
    found = recognizer.read_many(contents, processes=cores() if total >= MIN_ITEMS_FOR_PROCESSES else 0)
    if csv:
        print("picture,digit,confidence", *(f"p{digit}" for digit in range(10)), "set", "reason", sep=",")
    unread = 0
    for name, reading in zip(names, _counted(found, total), strict=True):
        print(row(name, reading))
        unread += reading.digit is None
    sys.stdout.flush()
    _tell_passed_over(folders, others)
    if unread:
        raise typer.Exit(1)


def _found(pictures: list[str]) -> Iterator[str]:
    """Yield the pictures, those of folders in the order of their names."""
    from inklab.imaging import iter_image_files

    for name in pictures:
        if os.path.isdir(name):  # noqa: PTH112  (a Path would raise where a name is too long)
            yield from iter_image_files(name)
        else:
            yield name


def _tell_passed_over(folders: list[str], others: str) -> None:
    """Say on stderr which folders held no picture, and which files were not taken for any."""
    from inklab.imaging import EXTENSIONS, iter_image_files

    for folder in folders:
        if next(iter_image_files(folder), None) is None:
            print(f"no picture is in {folder}", file=sys.stderr)
    if others:
        print(f"passed over: {others}; expected {', '.join(EXTENSIONS)}", file=sys.stderr)


def _counted(found: "Iterator[Prediction]", total: int) -> "Iterator[Prediction]":
    """Yield the readings, and show on stderr how far they are where the rows themselves do not."""
    from inklab.utils.parallel import MIN_ITEMS_FOR_PROCESSES

    if total < MIN_ITEMS_FOR_PROCESSES or sys.stdout.isatty():
        return found
    from inklab.cli.console import counted

    return counted(found, total=total, name="pictures")


def _text_row(error_rate: float | None) -> Row:
    def row(name: str, reading: "Prediction") -> str:
        if error_rate is None or reading.digit is None:
            return f"{reading}  {_printable(name)}"
        return f"{{{', '.join(map(str, reading.prediction_set(error_rate)))}}}  {_printable(name)}"

    return row


def _json_row(error_rate: float) -> Row:
    def row(name: str, reading: "Prediction") -> str:
        return jsons.dumps(reading.to_dict(name, error_rate=error_rate))

    return row


def _csv_row(error_rate: float) -> Row:
    import csv as values
    from io import StringIO

    def row(name: str, reading: "Prediction") -> str:
        line = StringIO()
        values.writer(line, lineterminator="").writerow(
            [
                _printable(name),
                "" if reading.digit is None else reading.digit,
                round(reading.confidence, _DECIMALS),
                *(str(round(one, _DECIMALS)) for one in reading.probabilities or ()),
                *([] if reading.probabilities else [""] * 10),
                " ".join(map(str, reading.prediction_set(error_rate))),
                reading.reason,
            ]
        )
        return line.getvalue()

    return row


def _printable(name: str) -> str:
    """Return a name as it is where it is one line of letters, else with what is not escaped."""
    return name if name.isprintable() else repr(name)
