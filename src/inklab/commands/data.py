"""`inklab data`."""

from typing import Annotated

import typer

from inklab.commands.options import Json


def data(
    source: Annotated[
        str, typer.Argument(metavar="PATH", help="A folder with IDX files, or mnist.")
    ] = "mnist",
    json: Json = False,
) -> None:
    """Verify a data set and count its digits.

    MNIST comes with inklab; nothing is downloaded.
    """
    from inklab.data import load_data
    from inklab.terminal import say, say_json

    loaded = load_data(source)
    splits = {
        split.name: [int((split.labels == digit).sum()) for digit in range(10)]
        for split in (loaded.train, loaded.valid, loaded.test)
    }
    if json:
        say_json({"name": loaded.name, "checksum": loaded.checksum, "digits": splits})
        return
    say(f"{loaded.name}: whole, images of 28 x 28 pixels, checksum {loaded.checksum:08x}")
    say(f"{'':<8}{'images':>8}   of each digit from 0 to 9")
    for name, counts in splits.items():
        say(f"{name:<8}{sum(counts):>8,}   {' '.join(f'{count:>5,}' for count in counts)}")
