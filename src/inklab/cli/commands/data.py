"""`inklab data`."""

from typing import Annotated

import typer

from inklab.cli.commands.options import Json


def data(
    source: Annotated[
        str, typer.Argument(metavar="PATH", help="A folder with IDX files or with folders 0 to 9, or mnist.")
    ] = "mnist",
    json: Json = False,
) -> None:
    """Verify a data set and count its digits.

    MNIST comes with inklab; nothing is downloaded. Pictures lie in folders 0 to 9, alone or in train, valid
    and test; alone, a tenth is valid and a tenth test, chosen by their names. They are read as by `inklab
    read`, and those that cannot be are left out, with a line for each of the first, and one for other files.
    """
    from inklab.cli.console import say, say_json, tell_left_out
    from inklab.data.load import load_data

    loaded = load_data(source)
    tell_left_out(loaded)
    splits = {
        split.name: [int((split.labels == digit).sum()) for digit in range(10)]
        for split in (loaded.train, loaded.valid, loaded.test)
    }
    if json:
        say_json(
            {"name": loaded.name, "checksum": loaded.checksum, "digits": splits, "skipped": loaded.skipped}
        )
        return
    say(f"{loaded.name}: whole, images of 28 x 28 pixels, checksum {loaded.checksum:08x}")
    say(f"{'':<8}{'images':>8}   of each digit from 0 to 9")
    for name, counts in splits.items():
        say(f"{name:<8}{sum(counts):>8,}   {' '.join(f'{count:>5,}' for count in counts)}")
