"""The table of the commands, and how what goes wrong is told."""

import os
import sys
from typing import Annotated

import typer

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

app = typer.Typer(
    name="inklab",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"inklab {version('inklab')}")
        raise typer.Exit


@app.callback()
def inklab(
    _wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A laboratory for handwritten digits: train networks, measure them, look inside."""


app.command()(lesson)
app.command()(recipes)
app.command()(train)
app.command()(evaluate)
app.command()(compare)
app.command()(inspect)
app.command()(export)
app.command()(read)
app.command()(web)
app.command()(data)
app.command()(doctor)


def main(arguments: list[str] | None = None) -> None:
    """Run a command; what goes wrong is told in one line, with exit code 1, and wrong usage with 2."""
    # Threads that spin only briefly before they sleep cost nothing when idle, and on a busy machine save 85%.
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")
    try:
        app(arguments)
    except BrokenPipeError:  # the reader of our output has gone, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("INKLAB_TRACEBACK"):
            raise
        print(f"inklab: {' '.join(_told(error).splitlines())}", file=sys.stderr)
        sys.exit(1)


def _told(error: Exception) -> str:
    match error:
        case InklabError():
            return str(error)
        case ModuleNotFoundError(
            name="torch" | "safetensors" | "matplotlib" | "jinja2" | "onnx" | "onnxscript"
        ):
            return f"this needs {error.name}; install it with: pip install 'inklab[learn]'"
        case ModuleNotFoundError(name="fastapi" | "starlette" | "uvicorn" | "python_multipart"):
            return f"this needs {error.name}; install it with: pip install 'inklab[web]'"
        case ModuleNotFoundError(name="ray"):
            return "this needs Ray; install it with: pip install 'inklab[scale]'"
        case _:
            kind = type(error).__name__
            return f"{kind}: {error}; INKLAB_TRACEBACK=1 shows where, which is what a bug report needs"
