"""`inklab compare`."""

from pathlib import Path
from typing import Annotated

import typer

from inklab.cli.commands.options import Json, RunFolder


def compare(
    run: RunFolder,
    other: Annotated[Path, typer.Argument(metavar="OTHER", help="The folder of another run.")],
    json: Json = False,
) -> None:
    """Compare two runs: is one better, or is the difference within chance?

    Both runs are evaluated on the test set of the first run's data. McNemar's exact test compares them on
    the images that only one of them classifies correctly.
    """
    from dataclasses import asdict

    from inklab.cli.console import as_sentence, print_json, show_status
    from inklab.evaluation import accuracy, mcnemar
    from inklab.models import digit_logits
    from inklab.runs import Run

    runs = (Run.open(run), Run.open(other))
    test = runs[0].load_data().test
    with show_status("evaluating both runs on the test set"):
        first, second = (digit_logits(one.load_model(), test.images).argmax(axis=1) for one in runs)  # (n,)
    result = mcnemar(test.labels, first, second)
    accuracies = [accuracy(test.labels, answers) for answers in (first, second)]
    if json:
        paths = [str(one.path) for one in runs]
        print_json(
            {
                "runs": paths,
                "accuracy": accuracies,
                **asdict(result),
                "difference": result.difference,
                "difference_interval": result.difference_interval(),
                "p_value": result.p_value,
            }
        )
        return
    for one, value in zip(runs, accuracies, strict=True):
        typer.echo(f"{one.path}: accuracy {value:.2%}")
    typer.echo(as_sentence(str(result)))
    typer.echo(result.verdict(str(runs[0].path), str(runs[1].path)))
