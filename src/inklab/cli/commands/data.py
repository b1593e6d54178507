"""`inklab data`."""

from typing import Annotated

import typer
from typer import Argument

from inklab.cli.commands.options import Json


def data(
    source: Annotated[
        str,
        Argument(
            metavar="PATH", help="mnist, a folder of IDX files, or a folder with pictures in folders 0 to 9."
        ),
    ] = "mnist",
    json: Json = False,
) -> None:
    """Check a data set and count its digits.

    MNIST is part of inklab; nothing is downloaded. Pictures lie in folders 0 to 9, alone or inside train,
    valid, and test. Without valid, a tenth of the pictures becomes the validation set; without test, a tenth
    becomes the test set; both are chosen by name. Pictures are prepared as `inklab read` prepares them.
    Those that cannot be prepared are skipped, and stderr says which and why.
    """
    from dataclasses import asdict

    from inklab.cli.console import print_json, warn_of_skipped
    from inklab.data.overview import overview

    data_set = overview(source)
    warn_of_skipped(data_set)
    if json:
        print_json(asdict(data_set))
        return
    typer.echo(f"{data_set.name}: complete, images of 28 x 28 pixels, checksum {data_set.checksum}")
    typer.echo(f"{'':<8}{'images':>8}   count of each digit from 0 to 9")
    for name, counts in data_set.digits.items():
        typer.echo(f"{name:<8}{sum(counts):>8,}   {' '.join(f'{count:>5,}' for count in counts)}")
