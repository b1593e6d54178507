"""Write docs/zoo.md from what was measured of every recipe; a test holds the two together."""

from pathlib import Path

from jinja2 import StrictUndefined, Template

from inklab.models import build_network, parameter_count
from inklab.training import RECIPES, Recipe, Result, read_results

DOCS = Path(__file__).parent


def row(recipe: Recipe, result: Result) -> str:
    """Return a row of the table: what the recipe is, what it costs, and what it reaches."""
    network = build_network(recipe.network, recipe.network_options, seed=0)
    parameters = f"{parameter_count(network):,}"
    if recipe.columns:
        parameters = f"{len(recipe.columns)} x {parameters}"
    published = "-" if result.published_error is None else f"{result.published_error:.2%}"
    ours = f"{result.mean_error:.2%} ± {result.deviation:.2%}, n = {len(result.seeds)}"
    threads = result.machine.rpartition(", ")[2]
    cost = f"{result.elapsed_s:,.1f} s on {threads}"
    return f"| `{recipe.name}` | {parameters} | {published} | {ours} | {cost} | {result.source} |"


def zoo_page() -> str:
    """Return the page as Markdown: zoo.md.j2 with the table put in."""
    results = read_results()
    heading = "| recipe | parameters | published error | error here | training | published by |"
    rows = [row(recipe, results[name]) for name, recipe in RECIPES.items()]
    text = (DOCS / "zoo.md.j2").read_text(encoding="utf-8")
    template = Template(text, undefined=StrictUndefined, keep_trailing_newline=True)
    return template.render(table="\n".join([heading, "|" + "---|" * 6, *rows]), recipes=RECIPES)


if __name__ == "__main__":
    (DOCS / "zoo.md").write_text(zoo_page(), encoding="utf-8")
