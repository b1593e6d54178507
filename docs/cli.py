"""Write docs/cli.md from the help of the commands; a test holds the two together."""

from pathlib import Path

from typer import Context
from typer.cli import get_docs_for_click
from typer.main import get_command

from inklab.cli.main import app

PAGE = Path(__file__).with_name("cli.md")


def commands_page() -> str:
    """Return the reference of all commands as Markdown."""
    command = get_command(app)
    text = get_docs_for_click(obj=command, ctx=Context(command), name="inklab", title="The commands")
    note = "Generated from the help of the commands by `make docs`.\n"
    title, rest = text.split("\n", 1)
    return f"{title}\n\n{note}{rest.rstrip()}\n"


if __name__ == "__main__":
    PAGE.write_text(commands_page(), encoding="utf-8")
