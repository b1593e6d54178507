"""What the scripts that generate pages share: where the pages are, tables, and templates."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import StrictUndefined, Template

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def table(heading: Sequence[object], *rows: Sequence[object]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in (heading, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(heading), *lines[1:]])


def render(template: str, **values: object) -> str:
    """Return a template of this folder with its values filled in."""
    text = (Path(__file__).parent / template).read_text(encoding="utf-8")
    return Template(text, undefined=StrictUndefined, keep_trailing_newline=True).render(**values)
