"""`inklab compare`."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument

from inklab.cli.commands.options import Json, RunFolder


def compare(
    run: RunFolder,
    other: Annotated[Path, Argument(metavar="OTHER", help="The folder of another run.")],
    json: Json = False,
) -> None:
    """Compare two runs by a significance test.

    Both runs are evaluated on the test set of the first run's data. McNemar's exact test compares them on
    the images that only one of them classifies correctly.
    """
    from dataclasses import asdict

    from inklab.cli.console import as_sentence, print_json, show_status
    from inklab.evaluation import accuracy, mcnemar
    from inklab.models import digit_logits
    from inklab.runs import Run

    runs = (Run.open(run), Run.open(other))
    paths = [str(each.path) for each in runs]
    test = runs[0].load_data().test
    with show_status("evaluating both runs on the test set"):
        answers = [digit_logits(each.load_model(), test.images).argmax(axis=1) for each in runs]  # 2 x (n,)
    accuracies = [accuracy(test.labels, predicted) for predicted in answers]
    result = mcnemar(test.labels, *answers)
    if json:
        comparison = {"difference": result.difference, "difference_interval": result.difference_interval()}
        comparison = {**asdict(result), **comparison, "p_value": result.p_value}
        print_json({"runs": paths, "accuracy": accuracies, **comparison})
        return
    for path, value in zip(paths, accuracies, strict=True):
        typer.echo(f"{path}: accuracy {value:.2%}")
    typer.echo(as_sentence(str(result)))
    typer.echo(result.verdict(*paths))
