"""`inklab inspect`."""

from typing import TYPE_CHECKING, Annotated

import typer

from inklab.cli.commands.options import Json, RunFolder
from inklab.errors import DataError

if TYPE_CHECKING:
    from inklab.data import Split

_DEFAULT_IMAGE = 1


def inspect(
    run: RunFolder,
    image: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=0, help="Index of the test image to follow through the layers; default 1."
        ),
    ] = None,
    digit: Annotated[
        int | None, typer.Option(min=0, max=9, help="Follow the first test image of this digit instead.")
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
        image = _first_of(digit, data.test)
    with show_status("evaluating and drawing"):
        report = inspect_run(source, data, image=_DEFAULT_IMAGE if image is None else image)
    if json:
        print_json(report.to_dict())
        return
    typer.echo(str(report))


def _first_of(digit: int, split: "Split") -> int:
    """Return the index of the first image of a digit."""
    matches = split.labels == digit
    if not matches.any():
        raise DataError(f"the {split.name} set has no image of a {digit}; choose another, or use --image")
    return int(matches.argmax())
