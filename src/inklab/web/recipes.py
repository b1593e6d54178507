"""Recipes as the Train room shows them: what may be changed of each, within which limits; their layers."""

import inspect
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from pydantic import Field

from inklab.errors import RecipeError
from inklab.web.documents import Document

if TYPE_CHECKING:
    from inklab.training import Recipe

MOST_PARAMETERS = 100_000_000
"""Of a network that is started here."""


class Setting(Document):
    """A number that may be changed."""

    name: str
    value: float
    """What the recipe has."""
    least: float
    most: float
    whole: bool
    """Whether it must be a whole number."""
    about: str
    """What it is, for people."""


class RecipeShown(Document):
    """A recipe, and what may be changed of it."""

    name: str
    network: str
    optimizer: str
    schedule: str
    columns: int
    """Of a committee, how many networks it trains; else 0."""
    parameters: int
    """Numbers that are learned, of all columns together."""
    published_error: float | None
    error: float | None
    """The mean test error that was reached here, of the recipe as it comes."""
    seconds: float | None
    """What that took to train, the median, on the machine of the project's figures."""
    settings: list[Setting]
    options: list[Setting]
    """Of the network."""
    strengths: list[Setting]
    """How much images are deformed while training."""
    strengths_seen: bool = False
    """Whether the recipe itself deforms images."""


class LayerShown(Document):
    """A layer of a network."""

    name: str
    kind: str
    shape: list[int]
    """What it puts out for one image."""
    parameters: int


class NetworkAsked(Document):
    """A recipe with options of its network changed."""

    recipe: str = Field(max_length=100)
    options: dict[str, float] = Field({}, max_length=20)


class LayersShown(Document):
    """The layers of a network, of a committee those of its first column."""

    layers: list[LayerShown]
    parameters: int
    """Of one network."""


OPTIONS: Mapping[str, tuple[float, float, bool, str]] = {
    "dropout": (0, 0.99, False, "fraction of units, or of weights, that dropout sets to 0"),
    "input_dropout": (0, 0.99, False, "fraction of input pixels that dropout sets to 0"),
    "units": (1, 10_000, True, "units in each hidden layer"),
    "hidden": (1, 10, True, "hidden layers"),
    "width": (1, 256, True, "channels of the first stage"),
    "digit_width": (0, 28, True, "what digits are stretched to, in pixels; 0 leaves them"),
    "samples": (0, 10_000, True, "quantiles that answer in place of chance; 0 takes the mean network"),
}
"""The options of every network: least, most, whether whole, and what they are."""


def recipes_shown() -> list[RecipeShown]:
    """Return all of them, in the order of the catalogue."""
    from inklab.training import catalogue

    found = []
    for entry in catalogue():
        recipe, result = entry.recipe, entry.result
        found.append(
            RecipeShown(
                name=recipe.name,
                network=recipe.network,
                optimizer=recipe.optimizer,
                schedule=recipe.schedule,
                columns=len(recipe.members),
                parameters=entry.parameters,
                published_error=result.published_error,
                error=result.mean_error if result.errors else None,
                seconds=result.elapsed_s or None,
                settings=_settings(recipe),
                options=options_of(recipe),
                strengths=_strengths(recipe),
                strengths_seen=recipe.augmentation.is_random,
            )
        )
    return found


def _settings(recipe: "Recipe") -> list[Setting]:
    def setting(name: str, least: float, most: float, about: str, *, whole: bool = True) -> Setting:
        value = getattr(recipe, name)
        return Setting(name=name, value=value, least=least, most=most, whole=whole, about=about)

    return [
        setting("steps", 1, 10**9, "how many batches it learns from"),
        setting("batch_size", 1, 100_000, "images in a step"),
        setting("learning_rate", 1e-9, 1e3, "the size of a step", whole=False),
        setting("seed", 0, 2**32 - 1, "names the run: the same seed gives the same bits"),
    ]


def options_of(recipe: "Recipe") -> list[Setting]:
    """Return what may be changed of the network, but for what the columns of a committee set themselves."""
    from inklab.models import NETWORKS

    found = []
    for name, parameter in inspect.signature(NETWORKS[recipe.network]).parameters.items():
        if parameter.kind is not parameter.KEYWORD_ONLY or any(name in one for one in recipe.members):
            continue
        least, most, whole, about = OPTIONS[name]
        value = recipe.network_options.get(name, parameter.default)
        found.append(Setting(name=name, value=value, least=least, most=most, whole=whole, about=about))
    return found


_ABOUT_STRENGTHS: Mapping[str, str] = {
    "rotation": "degrees, to either side",
    "scale": "the part by which digits grow or shrink",
    "shear": "slant, in pixels for each pixel of height",
    "translate": "pixels, across and down",
    "crop": "whole pixels by which the window moves",
    "elastic_alpha": "how much strokes are bent",
    "elastic_sigma": "how smoothly they are bent, in pixels",
}


def _strengths(recipe: "Recipe") -> list[Setting]:
    from inklab.training.augmentation.geometric import STRENGTHS

    return [
        Setting(
            name=name,
            value=getattr(recipe.augmentation, name),
            least=0,
            most=most,
            whole=name == "crop",
            about=_ABOUT_STRENGTHS[name],
        )
        for name, most in STRENGTHS.items()
    ]


def with_options(asked: NetworkAsked) -> "Recipe":
    """Return a recipe with options of its network changed.

    Raises:
        RecipeError: there is no such recipe or option, or the network would be too large.
    """
    from inklab.training import find_recipe, parameters_of

    recipe = find_recipe(asked.recipe)
    for name in asked.options:
        if any(name in one for one in recipe.members):
            raise RecipeError(f"columns of {recipe.name} differ in their {name}; leave it")
    recipe = replace(recipe, network_options={**recipe.network_options, **asked.options})
    count = parameters_of(recipe.networks[0])
    if count > MOST_PARAMETERS:
        raise RecipeError(f"the network has {count:,} parameters; expected at most {MOST_PARAMETERS:,}")
    return recipe


def layers_shown(recipe: "Recipe") -> LayersShown:
    """Return the layers of a recipe's network, which is built for that, without its numbers."""
    import torch

    from inklab.models import build_network, summary

    one = recipe.networks[0]
    with torch.device("meta"):  # shapes are counted, no weight is drawn
        network = build_network(one.network, one.network_options, seed=0)
    found = summary(network.to("meta"))
    layers = [LayerShown(**{**asdict(layer), "shape": list(layer.shape)}) for layer in found]
    return LayersShown(layers=layers, parameters=sum(layer.parameters for layer in found))
