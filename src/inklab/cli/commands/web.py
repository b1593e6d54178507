"""`inklab web`."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from inklab.cli.commands.options import RUNS

_MIN_TOKEN_LENGTH = 16


def web(
    port: Annotated[int, Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 2828,
    host: Annotated[
        str, Option(help="Address to listen on; any address other than localhost needs --token.")
    ] = "127.0.0.1",
    token: Annotated[
        str | None,
        Option(
            metavar="SECRET",
            envvar="INKLAB_TOKEN",
            help="Secret that every request must carry, of at least 16 characters.",
        ),
    ] = None,
    runs: Annotated[
        Path,
        Option(
            metavar="FOLDER", help="Folder of the runs; your drawings go to the folder drawings beside it."
        ),
    ] = RUNS,
    open_: Annotated[bool, Option("--open/--no-open", help="Open the page in a browser.")] = True,
) -> None:
    """Open the workbench in the browser: draw, train, and look inside.

    Starts a service on this machine, which other machines cannot reach unless --host allows it. Ctrl-C stops
    the service; training runs that it started continue.
    """
    if token is not None and len(token) < _MIN_TOKEN_LENGTH:
        raise typer.BadParameter(
            f"--token has {len(token)} characters; expected at least {_MIN_TOKEN_LENGTH}"
        )
    if token is not None and not all("!" <= letter <= "~" for letter in token):
        raise typer.BadParameter(
            "--token has characters that no HTTP header can carry; expected ASCII without spaces"
        )
    from inklab.web import Workbench
    from inklab.web.server import serve

    def on_start(page: str) -> None:
        typer.echo(f"The workbench is at {page} (Ctrl-C stops it)")
        if token is not None:
            typer.echo(f"It listens on {host}; anyone with that address and its token can use it.")
        if open_ and _has_screen():
            import webbrowser

            webbrowser.open(page)

    workbench = Workbench(runs=runs, drawings=runs.absolute().parent / "drawings")
    serve(workbench, host=host, port=port, token=token, on_start=on_start)


def _has_screen() -> bool:
    """Whether a graphical browser can open; else `webbrowser` would open a text browser in this terminal."""
    return sys.platform == "darwin" or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
