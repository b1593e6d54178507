"""Write docs/reference/real-pictures.md from the measurements of benchmarks/real_pictures.py."""

import json
from typing import Any

from pages import DOCS, ROOT, render, table

PAGE = DOCS / "reference" / "real-pictures.md"
RESULTS = ROOT / "benchmarks" / "real_pictures.json"


def real_pictures_page() -> str:
    """Return the page as Markdown: real_pictures_page.md.j2 with the tables filled in."""
    sets: dict[str, dict[str, Any]] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return render(
        "real_pictures_page.md.j2", answers=_answers(sets), risks=_risks(sets), missed=_missed(sets)
    )


def _answers(sets: dict[str, dict[str, Any]]) -> str:
    """Return a row for every set: how many pictures are read correctly, refused, and read wrongly."""
    heading = ("pictures", "number", "correct", "refused", "wrong", "calibration error")
    rows = [
        (
            name,
            f"{m['n']:,}",
            *(f"{m[key] / m['n']:.2%}" for key in ("right", "refused", "wrong")),
            f"{m['ece']:.2%}",
        )
        for name, m in sets.items()
    ]
    return table(heading, *rows)


def _risks(sets: dict[str, dict[str, Any]]) -> str:
    """Return a row for every set: the errors among the most confident pictures."""
    coverages = list(next(iter(sets.values()))["risk_at_coverage"])
    rows = [
        (name, *("-" if risk is None else f"{risk:.2%}" for risk in m["risk_at_coverage"].values()))
        for name, m in sets.items()
    ]
    return table(("pictures", *(f"{float(coverage):.0%} answered" for coverage in coverages)), *rows)


def _missed(sets: dict[str, dict[str, Any]]) -> str:
    """Return a row for every set: how often the prediction set of an accepted picture misses the digit."""
    rates = list(next(iter(sets.values()))["missed_by_sets"])
    rows = [
        (name, *(f"{missed / (m['n'] - m['refused']):.2%}" for missed in m["missed_by_sets"].values()))
        for name, m in sets.items()
    ]
    return table(("pictures", *(f"allowed: {float(rate):.1%}" for rate in rates)), *rows)


if __name__ == "__main__":
    PAGE.write_text(real_pictures_page(), encoding="utf-8")
