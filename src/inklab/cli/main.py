"""The `inklab` command: its subcommands, and how errors become one line."""

import errno
import io
import os
import sys
from typing import Annotated

import typer
from typer import Option

from inklab.cli.commands.compare import compare
from inklab.cli.commands.data import data
from inklab.cli.commands.doctor import doctor
from inklab.cli.commands.evaluate import evaluate
from inklab.cli.commands.export import export
from inklab.cli.commands.inspect import inspect
from inklab.cli.commands.lesson import lesson
from inklab.cli.commands.read import read
from inklab.cli.commands.recipes import recipes
from inklab.cli.commands.train import train
from inklab.cli.commands.web import web
from inklab.errors import InklabError

COMMANDS = (lesson, recipes, train, evaluate, compare, inspect, export, read, web, data, doctor)

_EXTRAS = {  # the module of a missing package -> the extra that installs it
    **dict.fromkeys(
        ("torch", "safetensors", "matplotlib", "jinja2", "onnx", "onnxscript", "sklearn"), "learn"
    ),
    **dict.fromkeys(("fastapi", "starlette", "uvicorn", "python_multipart"), "web"),
    "ray": "scale",
}

app = typer.Typer(name="inklab", no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
for command in COMMANDS:
    app.command()(command)


def _print_version(is_given: bool) -> None:
    if is_given:
        from importlib.metadata import version

        typer.echo(f"inklab {version('inklab')}")
        raise typer.Exit


@app.callback()
def inklab(
    _version: Annotated[
        bool, Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A laboratory for handwritten digits: train networks, evaluate them, look inside, read pictures."""


def main(arguments: list[str] | None = None) -> None:
    """Run a command; an error is printed as one line with exit code 1, wrong usage with exit code 2."""
    # Idle OpenMP threads that sleep early cost nothing, and save 85% of the time on a busy machine.
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")
    if isinstance(sys.stdout, io.TextIOWrapper):  # a name that the terminal cannot show ends no command
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app(arguments, prog_name="inklab")
    except BrokenPipeError:  # the process that read our output has ended, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("INKLAB_TRACEBACK"):
            raise
        typer.echo(f"inklab: {' '.join(_message(error).splitlines())}", err=True)
        sys.exit(1)


def _message(error: Exception) -> str:
    if isinstance(error, InklabError):
        return str(error)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "no space is left for the output; free some, then run the command again"
    if isinstance(error, ModuleNotFoundError) and error.name in _EXTRAS:
        return f"{error.name} is not installed; install it with: pip install 'inklab[{_EXTRAS[error.name]}]'"
    return f"{type(error).__name__}: {error}; set INKLAB_TRACEBACK=1 to see where, and report it as a bug"
