"""`inklab evaluate`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from inklab.cli.commands.options import Data, Json
from inklab.errors import RunError

Split = Literal["train", "valid", "test", "all"]


def evaluate(
    run: Annotated[
        Path | None,
        typer.Argument(
            metavar="RUN|ARTIFACT",
            help="A run's folder, or a file of `inklab export`; else the network that comes with inklab.",
        ),
    ] = None,
    data: Data = None,
    split: Annotated[
        Split,
        typer.Option(
            help="Choose by valid; read test once, at the end; all, for an artifact and pictures of your own."
        ),
    ] = "test",
    json: Json = False,
) -> None:
    """Measure a run, an artifact, or the network that comes with inklab.

    Accuracy with its interval, likelihood, calibration error, and precision and recall of each digit; of an
    artifact also what its sets cover and what it refuses. The report on the test split of a run's own data
    is kept as report.json in the run.
    """
    if run and not run.exists():
        raise RunError(f"{run} does not exist; expected a run's folder, or a file of `inklab export`")
    if run is None or run.is_file():
        if split == "all" and not data:
            raise typer.BadParameter("--split all is for pictures that it did not learn from; name --data")
        _evaluate_artifact(run, data or "mnist", split, json=json)
        return
    if split == "all":
        raise typer.BadParameter("--split all is for an artifact; a run has learned from a part of its data")
    from inklab.cli.console import per_digit, say, say_json, tell_left_out, waiting
    from inklab.data.load import load_data
    from inklab.runs import Run

    found = Run.open(run)
    measured = load_data(data) if data else found.load_data()
    tell_left_out(measured)
    with waiting(f"answering the {split} split"):
        report = found.evaluate(measured, split=split)
    if split == "test" and not data:
        report.save(found.path / "report.json")
    if json:
        say_json(report.to_dict())
    else:
        say(f"{found.path} on {measured.name}, {split}:")
        say(f"{str(report).capitalize()}.")
        say(per_digit(report))


def _evaluate_artifact(path: Path | None, source: str, split: Split, *, json: bool) -> None:
    from inklab.cli.console import per_digit, say, say_json, tell_left_out, waiting
    from inklab.data.load import load_data
    from inklab.recognition import Recognizer, evaluate_artifact

    artifact, data = Recognizer(path).artifact, load_data(source)
    tell_left_out(data)
    parts = {"train": data.train, "valid": data.valid, "test": data.test}
    images = data.all if split == "all" else parts[split]
    with waiting(f"answering the {split} split"):
        logits = artifact.network.logits(images.images)
    measured = evaluate_artifact(
        logits, images.labels, artifact.card.calibration, data=data.name, split=split
    )
    if json:
        say_json(measured.to_dict())
    else:
        say(f"{path or 'The network that comes with inklab'} on {data.name}, {split}:")
        say(str(measured))
        say(per_digit(measured.report))
