"""`inklab read`."""

import json as jsons
import os
import sys
from collections.abc import Iterator
from itertools import tee
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from inklab.errors import PictureError

if TYPE_CHECKING:
    from inklab.recognition import Prediction

_STDIN = "-"
_DECIMALS = 6


def read(
    pictures: Annotated[
        list[str], Argument(metavar="PICTURE", help="Files, folders of pictures, or - for standard input.")
    ],
    error_rate: Annotated[
        float | None,
        Option(
            metavar="RATE",
            help="Print the prediction set at this allowed error rate, 0.01, 0.005, or 0.001, instead of the "
            "digit. JSON and CSV hold the set at 0.01 by default.",
        ),
    ] = None,
    model: Annotated[
        Path | None,
        Option(metavar="ARTIFACT", help="Read with this artifact instead of the included network."),
    ] = None,
    json: Annotated[
        bool,
        Option(
            "--json",
            help="Print one JSON object per picture: picture, digit or null, confidence, probabilities of 0 "
            "to 9, prediction_set, and the reason of a refusal.",
        ),
    ] = False,
    csv: Annotated[bool, Option("--csv", help="Print comma-separated values.")] = False,
) -> None:
    """Read the digit in each picture.

    Prints one line per picture, in order: the digit, its confidence, and the file name. The line of a refused
    picture has the reason (blank, no digit, several digits, or unreadable and why), and the exit code is 1.
    Pictures are upright PNG, JPEG, WebP, BMP, TIFF, GIF (first frame), or AVIF files of at most 64 MiB and 50
    million pixels; with the extra heic, also HEIC files.
    """
    if json and csv:
        raise typer.BadParameter("--json and --csv are two output formats; give one of them")
    if pictures.count(_STDIN) > 1:
        raise typer.BadParameter("- is standard input, which can be read only once; give it once")
    from inklab.evaluation import ERROR_RATES
    from inklab.recognition import Recognizer
    from inklab.utils.hardware import cores
    from inklab.utils.parallel import MIN_ITEMS_FOR_PROCESSES

    rate = ERROR_RATES[0] if error_rate is None else error_rate
    if rate not in ERROR_RATES:
        rates = ", ".join(map(str, ERROR_RATES))
        raise typer.BadParameter(f"--error-rate is {rate:g}; expected a calibrated rate: {rates}")
    text_row = _text_row if error_rate is None else _set_row
    format_row = _json_row if json else _csv_row if csv else text_row
    recognizer = Recognizer(model)
    total = _count(pictures)
    names, sources = tee(_expand(pictures))  # tee keeps only the names that the recognizer reads ahead
    contents = (_read_stdin() if name == _STDIN else name for name in sources)
    is_large = total >= MIN_ITEMS_FOR_PROCESSES
    predictions = recognizer.read_many(contents, processes=cores() if is_large else 0)
    if is_large and not sys.stdout.isatty():  # on a terminal, the rows themselves show the progress
        from inklab.cli.console import show_count

        predictions = show_count(predictions, total=total, name="pictures")
    if csv:
        probabilities = ",".join(f"p{digit}" for digit in range(10))
        print(f"picture,digit,confidence,{probabilities},prediction_set,reason")
    refused = 0
    for name, prediction in zip(names, predictions, strict=True):
        print(format_row(name, prediction, rate))
        refused += prediction.digit is None
    sys.stdout.flush()
    _warn_of_other_files(pictures)
    if refused:
        raise typer.Exit(1)


def _expand(pictures: list[str]) -> Iterator[str]:
    """Yield the pictures, those of folders in alphabetical order."""
    from inklab.imaging import iter_image_files

    for name in pictures:
        # a Path would raise if the name is too long
        yield from iter_image_files(name) if os.path.isdir(name) else [name]  # noqa: PTH112


def _read_stdin() -> bytes:
    from inklab.imaging import MAX_FILE_SIZE_BYTES

    return sys.stdin.buffer.read(MAX_FILE_SIZE_BYTES + 1) if sys.stdin else b""  # None if it is closed


def _count(pictures: list[str]) -> int:
    """Return the number of pictures, or raise a PictureError if there is none."""
    from inklab.imaging import EXTENSIONS, skipped_files
    from inklab.utils.text import quoted

    total = sum(1 for _ in _expand(pictures))
    if not total:
        others = skipped_files(*pictures)
        result = f"no picture is in {quoted(', '.join(pictures))}" + (f", only {others}" if others else "")
        raise PictureError(f"{result}; expected files in {', '.join(EXTENSIONS)}")
    return total


def _warn_of_other_files(pictures: list[str]) -> None:
    """Print on stderr which folders hold no picture, and which files are not pictures."""
    from inklab.imaging import EXTENSIONS, iter_image_files, skipped_files
    from inklab.utils.text import quoted

    folders = list(filter(os.path.isdir, pictures))
    for folder in folders:
        if next(iter_image_files(folder), None) is None:
            typer.echo(f"no picture is in {quoted(folder)}", err=True)
    if others := skipped_files(*folders):
        typer.echo(f"skipped: {others}; expected {', '.join(EXTENSIONS)}", err=True)


def _text_row(name: str, prediction: "Prediction", _error_rate: float) -> str:
    return f"{prediction}  {_printable(name)}"


def _set_row(name: str, prediction: "Prediction", error_rate: float) -> str:
    if prediction.digit is None:
        return _text_row(name, prediction, error_rate)
    digits = ", ".join(map(str, prediction.prediction_set(error_rate=error_rate)))
    return f"{{{digits}}}  {_printable(name)}"


def _json_row(name: str, prediction: "Prediction", error_rate: float) -> str:
    return jsons.dumps(prediction.to_dict(name, error_rate=error_rate))


def _csv_row(name: str, prediction: "Prediction", error_rate: float) -> str:
    import csv
    from io import StringIO

    line = StringIO()
    cells = [
        _printable(name),
        "" if prediction.digit is None else prediction.digit,
        round(prediction.confidence, _DECIMALS),
        *([str(round(value, _DECIMALS)) for value in prediction.probabilities] or [""] * 10),
        " ".join(map(str, prediction.prediction_set(error_rate=error_rate))),
        prediction.reason,
    ]
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()


def _printable(name: str) -> str:
    """Return the name, escaped if it holds control characters; only the name of a file may be long."""
    from inklab.utils.text import quoted

    return name if name.isprintable() and os.path.exists(name) else quoted(name)  # noqa: PTH110  (see _expand)
