"""Learning: a recipe, the loop that follows it, and the folder that keeps what came of it."""

from inklab.training.loop import Training
from inklab.training.progress import Progress
from inklab.training.published import HEADINGS, Entry, catalogue, parameters_of
from inklab.training.recipe import Recipe
from inklab.training.recipes import RECIPES, find_recipe
from inklab.training.results import Result, read_results
from inklab.training.signals import stopping_on_signals

__all__ = [
    "HEADINGS",
    "RECIPES",
    "Entry",
    "Progress",
    "Recipe",
    "Result",
    "Training",
    "catalogue",
    "find_recipe",
    "parameters_of",
    "read_results",
    "stopping_on_signals",
]
