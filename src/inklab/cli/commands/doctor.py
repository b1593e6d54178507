"""`inklab doctor`."""

import typer

from inklab.cli.commands.options import Json


def doctor(json: Json = False) -> None:
    """Check that inklab works on this machine.

    Checks versions, processor, and data, and trains a small network for a second.
    """
    from inklab.cli.console import print_json
    from inklab.cli.diagnostics import run_checks

    checks = []
    for check in run_checks():
        checks.append(check)
        if not json:
            typer.echo(str(check))
    if json:
        print_json([check.to_dict() for check in checks])
    if not all(check.is_ok for check in checks):
        raise typer.Exit(1)
