"""`inklab web`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from inklab.cli.commands.options import RUNS

_SHORTEST_TOKEN = 16


def web(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where it listens; 0 takes a free one.")] = 2828,
    host: Annotated[
        str, typer.Option(help="The address it listens on; any but this machine's own needs --token.")
    ] = "127.0.0.1",
    token: Annotated[
        str | None,
        typer.Option(
            metavar="SECRET", envvar="INKLAB_TOKEN", help="What every request must bring, 16 letters or more."
        ),
    ] = None,
    runs: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where the runs are; own drawings go into drawings beside.")
    ] = RUNS,
    open_: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")] = True,
) -> None:
    """Open the workbench: draw, train and look inside, in the browser.

    One local page and the service behind it, for this machine only unless it is told otherwise.
    Ctrl-C stops it; trainings that it started go on.
    """
    if token is not None and len(token) < _SHORTEST_TOKEN:
        raise typer.BadParameter(f"--token has {len(token)} letters; expected at least {_SHORTEST_TOKEN}")
    if token is not None and not all("!" <= letter <= "~" for letter in token):
        raise typer.BadParameter(
            "--token has letters that no header can carry; expected ASCII without spaces"
        )
    from inklab.cli.console import say
    from inklab.web import Workbench
    from inklab.web.serve import serve

    def started(page: str) -> None:
        say(f"The workbench is at {page} (Ctrl-C stops it)")
        if token is not None:
            say(f"It listens on {host}; whoever has that address with its token can use it.")
        if open_ and _has_screen():
            import webbrowser

            webbrowser.open(page)

    workbench = Workbench(runs=runs, drawings=runs.absolute().parent / "drawings")
    serve(workbench, host=host, port=port, token=token, on_start=started)


def _has_screen() -> bool:
    """Whether a page can be shown; elsewhere `webbrowser` would open one in letters, over this terminal."""
    import os

    return sys.platform == "darwin" or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
