"""`inklab inspect`."""

from typing import Annotated

import typer
from typer import Option

from inklab.cli.commands.options import Json, RunFolder
from inklab.errors import DataError

_DEFAULT_IMAGE = 1


def inspect(
    run: RunFolder,
    image: Annotated[
        int | None,
        Option(metavar="N", min=0, help="Index of the test image to follow through the layers; default 1."),
    ] = None,
    digit: Annotated[
        int | None, Option(min=0, max=9, help="Follow the first test image of this digit instead.")
    ] = None,
    json: Json = False,
) -> None:
    """Look inside a run.

    Draws its filters or weights, the feature maps of each layer for one test image, and its errors, as PNG
    files and as one page.
    """
    if image is not None and digit is not None:
        raise typer.BadParameter("--image and --digit both choose the test image; give one of them")
    from inklab.cli.console import print_json, show_status
    from inklab.report.run_report import inspect_run
    from inklab.runs import Run

    source = Run.open(run)
    data = source.load_data()
    if digit is not None:
        matches = data.test.labels == digit
        if not matches.any():
            raise DataError(f"the test set has no image of a {digit}; choose another, or use --image")
        image = int(matches.argmax())
    with show_status("evaluating and drawing"):
        report = inspect_run(source, data, image=_DEFAULT_IMAGE if image is None else image)
    if json:
        print_json(report.to_dict())
    else:
        typer.echo(str(report))
