"""`inklab doctor`."""

import typer

from inklab.cli.commands.options import Json


def doctor(json: Json = False) -> None:
    """Is it working?

    Looks at versions, processor and data, and trains a small network for a second.
    """
    from inklab.cli.console import say, say_json
    from inklab.cli.diagnostics import examine

    checks = []
    for check in examine():
        checks.append(check)
        if not json:
            say(str(check))
    if json:
        say_json(
            [
                {"name": one.name, "right": one.is_right, "found": one.found, "remedy": one.remedy}
                for one in checks
            ]
        )
    if not all(check.is_right for check in checks):
        raise typer.Exit(1)
