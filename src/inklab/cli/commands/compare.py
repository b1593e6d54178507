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
    """Is one run better than another, or is it chance?

    Both answer the test split of the first run's data; McNemar's exact test looks at the images that only
    one of them answers rightly.
    """
    from dataclasses import asdict

    from inklab.cli.console import say, say_json, waiting
    from inklab.evaluation import accuracy, mcnemar
    from inklab.models import digit_logits
    from inklab.runs import Run

    runs = (Run.open(run), Run.open(other))
    test = runs[0].load_data().test
    with waiting("both answer the test split"):
        first, second = (digit_logits(one.load_model(), test.images).argmax(axis=1) for one in runs)  # (n,)
    found = mcnemar(test.labels, first, second)
    accuracies = [accuracy(test.labels, answers) for answers in (first, second)]
    if json:
        paths = [str(one.path) for one in runs]
        say_json({"runs": paths, "accuracy": accuracies, **asdict(found), "p_value": found.p_value})
        return
    for one, share in zip(runs, accuracies, strict=True):
        say(f"{one.path}: accuracy {share:.2%}")
    said = str(found)
    say(f"{said[0].upper()}{said[1:]}.")
