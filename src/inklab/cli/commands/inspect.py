"""`inklab inspect`."""

from typing import Annotated

import typer

from inklab.cli.commands.options import Json, RunFolder


def inspect(
    run: RunFolder,
    digit: Annotated[
        int,
        typer.Option(
            metavar="N", help="Which of the test images to follow through the network, counted from 0."
        ),
    ] = 1,
    json: Json = False,
) -> None:
    """Look inside a run.

    Its filters or weights, what each layer makes of a digit, its mistakes; as PNGs and as one page.
    """
    from inklab.cli.console import say, say_json, waiting
    from inklab.report.run_report import look_inside
    from inklab.runs import Run

    found = Run.open(run)
    with waiting("measuring and drawing"):
        view = look_inside(found, found.load_data(), digit=digit)
    if json:
        say_json(view.to_dict())
        return
    say(str(view))
