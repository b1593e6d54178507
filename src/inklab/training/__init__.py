"""Recipes, the training loop, and the published results of each recipe.

Each name is loaded when it is first used, so that the published results can be read without torch.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inklab.training.loop import Training
    from inklab.training.progress import Progress
    from inklab.training.published import TABLE_HEADINGS, PublishedResult, published_results
    from inklab.training.recipe import Recipe
    from inklab.training.recipes import RECIPES, count_parameters, find_recipe
    from inklab.training.signals import stopping_on_signals

__all__ = [
    "RECIPES",
    "TABLE_HEADINGS",
    "Progress",
    "PublishedResult",
    "Recipe",
    "Training",
    "count_parameters",
    "find_recipe",
    "published_results",
    "stopping_on_signals",
]

_MODULES = {
    "loop": {"Training"},
    "progress": {"Progress"},
    "published": {"TABLE_HEADINGS", "PublishedResult", "published_results"},
    "recipe": {"Recipe"},
    "recipes": {"RECIPES", "count_parameters", "find_recipe"},
    "signals": {"stopping_on_signals"},
}


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(importlib.import_module(f"inklab.training.{module}"), name)
    raise AttributeError(f"module 'inklab.training' has no attribute {name!r}")
