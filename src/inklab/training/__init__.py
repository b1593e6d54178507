"""Recipes, the training loop, and the published results of each recipe.

The names of `_MODULES` are loaded when first used, so that the published results can be read without torch.
"""

import importlib
from typing import TYPE_CHECKING, Any

from inklab.training.published import TABLE_HEADINGS, PublishedResult, published_results
from inklab.training.signals import stopping_on_signals

if TYPE_CHECKING:
    from inklab.training.loop import Training
    from inklab.training.progress import Progress
    from inklab.training.recipe import Recipe
    from inklab.training.recipes import RECIPES, count_parameters, find_recipe

__all__ = ["RECIPES", "Progress", "Recipe", "Training", "count_parameters", "find_recipe"]
__all__ += ["TABLE_HEADINGS", "PublishedResult", "published_results", "stopping_on_signals"]

_MODULES = {
    "loop": {"Training"},
    "progress": {"Progress"},
    "recipe": {"Recipe"},
    "recipes": {"RECIPES", "count_parameters", "find_recipe"},
}


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(importlib.import_module(f"inklab.training.{module}"), name)
    raise AttributeError(f"module 'inklab.training' has no attribute {name!r}")
