"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

RUNS = Path("runs")
"""The folder of new runs, unless an option names another."""

Json = Annotated[bool, Option("--json", help="Print one JSON document on stdout.")]
RunFolder = Annotated[Path, Argument(metavar="RUN", help="The folder of a run that `inklab train` made.")]
Data = Annotated[
    str | None,
    Option(
        metavar="PATH",
        help="mnist (the default); a folder of IDX files with MNIST's names (plain, gzip, or xz); a folder "
        "with pictures in folders 0 to 9, alone or inside train, valid, and test; or mnist+FOLDER, which is "
        "MNIST with the pictures of FOLDER added to the training set, each 20 times.",
    ),
]
Out = Annotated[
    Path | None, Option(metavar="FOLDER", help="Where to write; the default is a new folder in runs.")
]
Seed = Annotated[
    int | None,
    Option(min=0, max=2**32 - 1, help="Random seed, 0 by default; the same seed gives identical results."),
]
