"""Write docs/explanation/zoo.md and its pictures from the measured results of every recipe."""

import json

from pages import DOCS, ROOT, render, table
from zoo_figures import figures

from inklab.training import RECIPES, TABLE_HEADINGS, published_results

PAGE = DOCS / "explanation" / "zoo.md"
PICTURES = DOCS / "images" / "zoo"
BENCHMARKS = ROOT / "benchmarks" / "results.jsonl"
DOTS_PER_INCH = 150
_LABELS = {
    "translate": "translation",
    "elastic_alpha": "elastic deformation",
    "width 14": "width normalized to 14",
}
"""Row of the benchmark -> how the page names it."""


def reproduced() -> str:
    """Return the table of `inklab recipes` as Markdown."""
    rows = [(f"`{name}`", *result.table_row[1:]) for name, result in published_results().items()]
    return table(TABLE_HEADINGS, *rows).replace("+-", "±")


def sources() -> str:
    """Return the source of every published error, and how it was chosen."""
    rows = [(f"`{name}`", result.source, result.selection) for name, result in published_results().items()]
    return table(("recipe", "source", "how the published error was chosen"), *rows)


def costs() -> str:
    """Return the cost of each augmentation in the latest run of `benchmarks/augmentation.py`."""
    lines = map(json.loads, BENCHMARKS.read_text(encoding="utf-8").splitlines())
    *_, latest = (line for line in lines if line["benchmark"] == "augmentation" and not line["quick"])
    rows = [
        (_LABELS.get(name, name), f"{microseconds:.1f}") for name, microseconds in latest["figures"].items()
    ]
    return table(("augmentation", "microseconds per image"), *rows)


def zoo_page() -> str:
    """Return the page as Markdown: zoo_page.md.j2 with the tables filled in."""
    return render(
        "zoo_page.md.j2", reproduced=reproduced(), sources=sources(), costs=costs(), recipes=RECIPES
    )


def main() -> None:
    """Write the page and draw its pictures."""
    PAGE.write_text(zoo_page(), encoding="utf-8")
    for name, figure in figures():
        figure.savefig(PICTURES / f"{name}.png", dpi=DOTS_PER_INCH)


if __name__ == "__main__":
    main()
