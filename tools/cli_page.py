"""Write docs/reference/cli.md from the help texts of the commands."""

from pages import DOCS
from typer import Context
from typer.cli import get_docs_for_click
from typer.main import get_command

from inklab.cli.main import app

PAGE = DOCS / "reference" / "cli.md"


def cli_page() -> str:
    """Return the reference of all commands as Markdown."""
    command = get_command(app)
    text = get_docs_for_click(obj=command, ctx=Context(command), name="inklab", title="Commands")
    note = "Generated from the help texts of the commands by `make docs`.\n"
    title, rest = text.split("\n", 1)
    return f"{title}\n\n{note}{rest.rstrip()}\n"


if __name__ == "__main__":
    PAGE.write_text(cli_page(), encoding="utf-8")
