"""`inklab recipes`."""

from inklab.cli.commands.options import Json


def recipes(json: Json = False) -> None:
    """List every recipe and what it reaches.

    With the size of its network, the test error published and reproduced, and what training costs.
    """
    from inklab.cli.console import say, say_json, table
    from inklab.training import HEADINGS, catalogue

    entries = catalogue()
    if json:
        say_json([entry.to_dict() for entry in entries])
        return
    say(table([HEADINGS, *(entry.cells for entry in entries)]))
    say("\nErrors are of the 10,000 test images: mean and deviation over n seeds. Training was timed on:")
    for machine in sorted({entry.result.machine for entry in entries if entry.result.machine}):
        say(f"  {machine}")
