"""What several commands take."""

from pathlib import Path
from typing import Annotated

import typer

RUNS = Path("runs")
"""Where a command puts what it is not told where to put."""

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
RunFolder = Annotated[
    Path, typer.Argument(metavar="RUN", help="The folder of a run, as `inklab train` makes it.")
]
Data = Annotated[
    str | None,
    typer.Option(
        metavar="PATH",
        help="A folder of IDX files named as MNIST's (plain, gzip, xz), or with folders 0 to 9 of pictures; "
        "mnist+FOLDER is MNIST, and in train 20 times each such picture.",
    ),
]
Out = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Where to put it; by default a new folder in runs.")
]
Seed = Annotated[
    int | None, typer.Option(min=0, max=2**32 - 1, help="Names the run: one seed, the same bits.")
]
