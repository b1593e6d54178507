"""Write docs/zoo.md and its pictures from what was measured of every recipe; a test holds them together."""

import json
from pathlib import Path

from jinja2 import StrictUndefined, Template
from zoo_pictures import pictures

from inklab.training import HEADINGS, RECIPES, catalogue

DOCS = Path(__file__).parent
BENCHMARKS = DOCS.parent / "benchmarks" / "results.jsonl"
DOTS_PER_INCH = 150


def reproduced() -> str:
    """Return the table of `inklab recipes` as Markdown, with how each published error was chosen."""
    rows = [
        (f"`{entry.recipe.name}`", *entry.cells[1:], entry.result.selection, entry.result.source)
        for entry in catalogue()
    ]
    return _table((*HEADINGS, "how the published one was chosen", "published by"), *rows).replace("+-", "±")


def costs() -> str:
    """Return what each deformation costs, as `benchmarks/augmentation.py` measured it last."""
    lines = map(json.loads, BENCHMARKS.read_text(encoding="utf-8").splitlines())
    found = [line["figures"] for line in lines if line["benchmark"] == "augmentation" and not line["quick"]]
    rows = [(name, f"{microseconds:.1f}") for name, microseconds in found[-1].items()]
    return _table(("deformation", "microseconds an image"), *rows)


def zoo_page() -> str:
    """Return the page as Markdown: zoo.md.j2 with the tables put in."""
    text = (DOCS / "zoo.md.j2").read_text(encoding="utf-8")
    template = Template(text, undefined=StrictUndefined, keep_trailing_newline=True)
    return template.render(reproduced=reproduced(), costs=costs(), recipes=RECIPES)


def _table(*rows: tuple[str, ...]) -> str:
    """Return a Markdown table; the first row is its heading."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def main() -> None:
    """Write the page and draw its pictures."""
    (DOCS / "zoo.md").write_text(zoo_page(), encoding="utf-8")
    for name, figure in pictures():
        figure.savefig(DOCS / "zoo" / f"{name}.png", dpi=DOTS_PER_INCH)


if __name__ == "__main__":
    main()
