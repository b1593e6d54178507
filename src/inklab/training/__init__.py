"""Learning: a recipe, the loop that follows it, and the folder that keeps what came of it."""

from inklab.training.augment import STRENGTHS, Augmentation
from inklab.training.catalogue import HEADINGS, Entry, catalogue, parameters_of
from inklab.training.columns import on_ray, prepare_ray, trainings
from inklab.training.interrupt import stopping_on_signals
from inklab.training.live import Snapshot, read_snapshot, watch
from inklab.training.loop import Training
from inklab.training.progress import Progress
from inklab.training.recipe import Recipe
from inklab.training.recipes import RECIPES, find_recipe
from inklab.training.results import Result, read_results
from inklab.training.run import Run
from inklab.training.run_folder import next_free
from inklab.training.shelf import delete_run, rename_run

__all__ = [
    "HEADINGS",
    "RECIPES",
    "STRENGTHS",
    "Augmentation",
    "Entry",
    "Progress",
    "Recipe",
    "Result",
    "Run",
    "Snapshot",
    "Training",
    "catalogue",
    "delete_run",
    "find_recipe",
    "next_free",
    "on_ray",
    "parameters_of",
    "prepare_ray",
    "read_results",
    "read_snapshot",
    "rename_run",
    "stopping_on_signals",
    "trainings",
    "watch",
]
