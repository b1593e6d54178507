"""`inklab evaluate`."""

from typing import Annotated, Literal

import typer

from inklab.commands.options import Data, Json, RunFolder


def evaluate(
    run: RunFolder,
    data: Data = None,
    split: Annotated[
        Literal["train", "valid", "test"],
        typer.Option(help="Choose by valid; read test once, at the end."),
    ] = "test",
    json: Json = False,
) -> None:
    """Measure a run.

    Accuracy with its interval, likelihood, calibration error, and precision and recall of each digit.
    The report on the test split of the run's own data is kept as report.json in the run.
    """
    from inklab.data import load_data
    from inklab.terminal import per_digit, say, say_json
    from inklab.training import Run

    found = Run.open(run)
    measured = load_data(data) if data else found.load_data()
    report = found.evaluate(measured, split=split)
    if split == "test" and not data:
        report.write(found.path / "report.json")
    if json:
        say_json(report.to_dict())
    else:
        say(f"{found.path} on {measured.name}, {split}:")
        say(f"{str(report).capitalize()}.")
        say(per_digit(report))
