"""Write docs/reference/recipes.md from the recipes and from the fields of `Recipe`."""

import ast
import inspect
from dataclasses import MISSING, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pages import DOCS, render, table

from inklab.training import RECIPES, Recipe, published_results
from inklab.training.augmentation.degradation import Degradation
from inklab.training.augmentation.geometric import Augmentation

PAGE = DOCS / "reference" / "recipes.md"
_PLAIN = {
    "name": "The name of the recipe.",
    "optimizer": "The optimizer.",
    "schedule": "How the learning rate changes during training.",
    "weight_decay": "The weight decay of the optimizer.",
    "batch_size": "Images per training step.",
    "steps": "Training steps.",
    "seed": "The random seed: the same seed gives identical results.",
}
"""The meaning of the fields whose names say it, and which have no docstring of their own."""


def recipes_page() -> str:
    """Return the reference of recipes as Markdown: recipes_page.md.j2 with the tables filled in."""
    return render(
        "recipes_page.md.j2",
        recipes=_recipes(),
        fields=_fields(Recipe),
        augmentation=_fields(Augmentation),
        degradation=_fields(Degradation),
    )


def _recipes() -> str:
    """Return a row for every recipe: its network, its training, and its error."""
    rows = []
    results = published_results()
    for name, recipe in RECIPES.items():
        options = ", ".join(f"{key}={value:g}" for key, value in recipe.network_options.items())
        rows.append(
            (
                f"`{name}`",
                f"`{recipe.network}`" + (f" ({options})" if options else ""),
                max(1, len(recipe.members)),
                f"{results[name].parameters:,}",
                recipe.optimizer,
                f"{recipe.learning_rate:g}, {recipe.schedule}",
                f"{recipe.steps:,} x {recipe.batch_size}",
                "yes" if recipe.augmentation.is_random else "no",
                recipe.tta_views,
            )
        )
    heading = ("recipe", "network", "members", "parameters", "optimizer", "learning rate, schedule")
    return table((*heading, "steps x batch size", "augmentation", "views"), *rows)


def _fields(kind: type[Any]) -> str:
    """Return a row for every field of a dataclass, with its default and its docstring."""
    meanings = _PLAIN | _docstrings(kind)
    types = get_type_hints(kind)
    rows = []
    for field in fields(kind):
        if field.default is not MISSING:
            default = f"`{field.default!r}`"
        else:
            default = "required" if field.default_factory is MISSING else "none"
        meaning = meanings[field.name]
        if choices := get_args(types[field.name]) if get_origin(types[field.name]) is Literal else ():
            meaning += f" One of {', '.join(f'`{choice}`' for choice in choices)}."
        rows.append((f"`{field.name}`", default, meaning))
    return table(("field", "default", "meaning"), *rows)


def _docstrings(kind: type[Any]) -> dict[str, str]:
    """Return field -> the string below it in the source."""
    (body,) = (node for node in ast.parse(inspect.getsource(kind)).body if isinstance(node, ast.ClassDef))
    texts: dict[str, str] = {}
    for field, below in zip(body.body, body.body[1:], strict=False):
        is_text = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and is_text:
            texts[field.target.id] = " ".join(str(below.value.value).split()).replace("|", "\\|")  # type: ignore[attr-defined]
    return texts


if __name__ == "__main__":
    PAGE.write_text(recipes_page(), encoding="utf-8")
