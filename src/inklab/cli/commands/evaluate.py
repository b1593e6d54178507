"""`inklab evaluate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from typer import Argument, Option

from inklab.cli.commands.options import Data, Json
from inklab.errors import DataError, RunError

if TYPE_CHECKING:
    from inklab.evaluation import Report
    from inklab.recognition import ArtifactReport

SplitName = Literal["train", "valid", "test", "all"]


def evaluate(
    run: Annotated[
        Path | None,
        Argument(
            metavar="RUN|ARTIFACT",
            help="The folder of a run, or a file of `inklab export`; the default is the included network.",
        ),
    ] = None,
    data: Data = None,
    split: Annotated[
        SplitName,
        Option(
            help="The images to evaluate on. Make choices on valid; evaluate on test only once, at the "
            "end. all is for an artifact and data that it was not trained on."
        ),
    ] = "test",
    json: Json = False,
) -> None:
    """Evaluate a run, an artifact, or the included network.

    Prints accuracy with its interval, likelihood, calibration error, and precision and recall of each digit;
    for an artifact also how many images it refuses and how often its prediction sets hold the true digit. All
    pictures of an unsplit folder are used, unless the network was trained on that folder.
    """
    if run is not None and not run.exists():
        raise RunError(f"{run} does not exist; expected the folder of a run, or a file of `inklab export`")
    from inklab.cli.console import as_sentence, format_digits, print_json

    report: Report | ArtifactReport
    if run and run.is_dir():
        report = digits = _evaluate_run(run, data, split)
    else:
        report, digits = _evaluate_artifact(run, data, split)
    if json:
        print_json(report.to_dict())
        return
    typer.echo(f"{run or 'The included network'} on {digits.data}, {split}:")
    typer.echo(as_sentence(str(report)))
    typer.echo(format_digits(digits))


def _evaluate_run(path: Path, source: str | None, split: SplitName) -> "Report":
    if split == "all":
        raise typer.BadParameter("--split all is for an artifact; a run was trained on a part of its data")
    from inklab.cli.console import show_status, warn_of_skipped
    from inklab.data.load import load_data, resolve_source
    from inklab.runs import Run

    run = Run.open(path)
    is_own = source is None or resolve_source(source) == run.source
    data = load_data(source, holdout=is_own) if source is not None else run.load_data()
    warn_of_skipped(data)
    with show_status(f"evaluating on the {split} split"):
        report = run.evaluate(data, split=split)
    if split == "test" and is_own:
        report.save(run.path / "report.json")
    return report


def _evaluate_artifact(
    path: Path | None, source: str | None, split: SplitName
) -> "tuple[ArtifactReport, Report]":
    from inklab.cli.console import show_status, warn_of_skipped
    from inklab.data.load import MNIST, load_data, resolve_source
    from inklab.recognition import Recognizer, evaluate_artifact

    artifact = Recognizer(path).artifact
    source = MNIST if source is None else source
    is_own = f"(from {resolve_source(source)}," in artifact.card.trained_on
    if split == "all" and is_own:
        raise typer.BadParameter("--split all is for data that were not trained on; give other --data")
    data = load_data(source, holdout=is_own)  # of other data, all images are new to the artifact
    warn_of_skipped(data)
    images = {"train": data.train, "valid": data.valid, "test": data.test, "all": data.all}[split]
    if not len(images):
        raise DataError(f"the {split} split of {source} is empty; use --split test")
    with show_status(f"evaluating on the {split} split"):
        logits = artifact.network.logits(images.images)
    report = evaluate_artifact(logits, images.labels, artifact.card.calibration, data=data.name, split=split)
    return report, report.report
