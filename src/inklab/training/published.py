"""The catalogue: every recipe beside what was published of it and what it reaches here."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch

from inklab.models import build_network, parameter_count
from inklab.training.recipe import Recipe
from inklab.training.recipes import RECIPES
from inklab.training.results import Result, read_results

HEADINGS = ("recipe", "parameters", "published", "error here", "of its parts alone", "training")


@dataclass(frozen=True)
class Entry:
    """A recipe with its result."""

    recipe: Recipe
    result: Result

    @property
    def parameters(self) -> int:
        """The number of weights that are learned, of all columns together."""
        return sum(map(parameters_of, self.recipe.networks))

    def to_dict(self) -> dict[str, Any]:
        """Return the entry as what a JSON document can hold."""
        return {**self.recipe.to_dict(), "parameters": self.parameters, **self.result.to_dict()}

    @property
    def cells(self) -> tuple[str, ...]:
        """What a table says of it, under `HEADINGS`."""
        result = self.result
        return (
            self.recipe.name,
            f"{self.parameters:,}",
            "-" if result.published_error is None else f"{result.published_error:.2%}",
            _reproduced(result),
            _parts(result.alone),
            _cost(result),
        )


def parameters_of(recipe: Recipe) -> int:
    """Return how many numbers the network of a recipe learns.

    Raises:
        RecipeError: an option that the network does not take.
    """
    return _parameters_of(recipe.network, frozenset(recipe.network_options.items()))


@cache
def _parameters_of(network: str, options: frozenset[tuple[str, float]]) -> int:
    with torch.device("meta"):  # shapes are counted, no weight is drawn
        return parameter_count(build_network(network, dict(options), seed=0))


def catalogue() -> list[Entry]:
    """Return an entry for every recipe, in the order of `RECIPES`."""
    results = read_results()
    return [Entry(recipe, results[name]) for name, recipe in RECIPES.items()]


def _reproduced(result: Result) -> str:
    if not result.errors:
        return "not trained here"
    deviation = f" +- {result.deviation:.2%}" if len(result.seeds) > 1 else ""
    return f"{result.mean_error:.2%}{deviation}, n = {len(result.seeds)}"


def _parts(alone: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {error:.2%}" for name, error in alone.items()) or "-"


def _cost(result: Result) -> str:
    if not result.errors:
        return "-"
    threads = result.machine.rpartition(", ")[2]
    return f"{result.elapsed_s:,.1f} s, {threads}"
