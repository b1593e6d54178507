"""The layers of a recipe's network as a table, for a terminal and a page alike."""

from inklab.models import build_network, layout, parameter_count
from inklab.training import Recipe


def layers_table(recipe: Recipe) -> tuple[tuple[str, ...], ...]:
    """Return a heading and a row for each layer: its name, kind, output shape and parameters."""
    model = build_network(recipe.network, recipe.network_options, seed=recipe.seed)
    rows = [
        (layer.name, layer.kind, " x ".join(map(str, layer.shape)), f"{layer.parameters:,}")
        for layer in layout(model)
    ]
    total = ("in all", "", "", f"{parameter_count(model):,}")
    return (("Layer", "Kind", "Puts out*", "Parameters*"), *rows, total)
