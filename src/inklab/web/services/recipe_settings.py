"""The recipes with the settings that the Train page can change, and their limits."""

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import Field

from inklab.errors import RecipeError
from inklab.web.schemas import Schema

if TYPE_CHECKING:
    from inklab.training import PublishedResult, Recipe

MAX_PARAMETERS = 100_000_000
"""Parameters of a network that the page may train."""


class Setting(Schema):
    """A number that can be changed."""

    name: str
    value: float
    """The value in the recipe."""
    minimum: float
    maximum: float
    integer: bool
    """Whether the value must be a whole number."""
    description: str


class RecipeSummary(Schema):
    """A recipe with its settings and its measured results."""

    name: str
    members: int
    """The number of members of an ensemble; 0 for a single network."""
    parameters: int
    """The number of trained parameters; of an ensemble, the sum over its members."""
    error: float | None
    """The mean test error that this project measured with the unchanged recipe."""
    training_s: float | None
    """The median training time in seconds on the project's test machine."""
    settings: list[Setting]
    options: list[Setting]
    """The options of the network."""
    augmentation: list[Setting]
    is_augmented: bool
    """Whether the unchanged recipe uses augmentation."""


class LayerSummary(Schema):
    """A layer of a network."""

    name: str
    kind: str
    shape: tuple[int, ...]
    """The shape of its output for one image."""
    parameters: int


class NetworkRequest(Schema):
    """A recipe with changed network options."""

    recipe: str = Field(max_length=100)
    options: dict[str, float] = Field({}, max_length=20)


class NetworkSummary(Schema):
    """The layers of a network; of an ensemble, those of its first member."""

    layers: list[LayerSummary]
    parameters: int


_Limits = tuple[float, float, bool, str]  # minimum, maximum, whether an integer, description
_SETTINGS: Mapping[str, _Limits] = {
    "steps": (1, 10**9, True, "number of training batches"),
    "batch_size": (1, 100_000, True, "images per step"),
    "learning_rate": (1e-9, 1e3, False, "step size of the optimizer"),
    "seed": (0, 2**32 - 1, True, "the same seed gives identical results"),
}
_OPTIONS: Mapping[str, _Limits] = {
    "dropout": (0, 0.99, False, "fraction of units, or of weights, that a training step drops"),
    "input_dropout": (0, 0.99, False, "fraction of pixels that a training step drops"),
    "units": (1, 10_000, True, "units of each hidden layer"),
    "hidden": (1, 10, True, "number of hidden layers"),
    "width": (1, 256, True, "channels of the first stage"),
    "digit_width": (0, 28, True, "width in pixels that digits are scaled to; 0 keeps their width"),
    "samples": (0, 10_000, True, "quantiles that replace random masks; 0 uses the mean weights"),
}
_AUGMENTATION: Mapping[str, str] = {
    "rotation": "largest rotation, in degrees",
    "scale": "largest change of size, a fraction",
    "shear": "largest slant, in pixels per pixel of height",
    "translate": "largest shift, in pixels",
    "crop": "largest shift of the crop, in whole pixels",
    "elastic_alpha": "strength of the elastic distortion",
    "elastic_sigma": "smoothness of the elastic distortion, in pixels",
}


def recipe_summaries() -> list[RecipeSummary]:
    """Return all recipes, in the order of `RECIPES`."""
    from inklab.training import RECIPES, published_results

    return [_summary(RECIPES[name], result) for name, result in published_results().items()]


def _summary(recipe: "Recipe", result: "PublishedResult") -> RecipeSummary:
    from inklab.training.augmentation.geometric import LIMITS

    return RecipeSummary(
        name=recipe.name,
        members=len(recipe.members),
        parameters=result.parameters,
        error=result.mean_error if result.errors else None,
        training_s=result.elapsed_s or None,
        settings=[_setting(name, getattr(recipe, name), limits) for name, limits in _SETTINGS.items()],
        options=network_settings(recipe),
        augmentation=[
            _setting(
                name, getattr(recipe.augmentation, name), (0, maximum, name == "crop", _AUGMENTATION[name])
            )
            for name, maximum in LIMITS.items()
        ],
        is_augmented=recipe.augmentation.is_random,
    )


def network_settings(recipe: "Recipe") -> list[Setting]:
    """Return the network options of a recipe, except those in which the members of an ensemble differ."""
    from inklab.models import NETWORKS

    parameters = inspect.signature(NETWORKS[recipe.network]).parameters
    return [
        _setting(name, recipe.network_options.get(name, parameter.default), _OPTIONS[name])
        for name, parameter in parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY and not any(name in member for member in recipe.members)
    ]


def _setting(name: str, value: Any, limits: _Limits) -> Setting:
    minimum, maximum, integer, description = limits
    return Setting(
        name=name, value=value, minimum=minimum, maximum=maximum, integer=integer, description=description
    )


def recipe_with_options(request: NetworkRequest) -> "Recipe":
    """Return a recipe with changed network options."""
    from inklab.training import count_parameters, find_recipe

    recipe = find_recipe(request.recipe)
    for name in request.options:
        if any(name in member for member in recipe.members):
            raise RecipeError(f"the members of {recipe.name} differ in {name}, so it cannot be changed")
    recipe = replace(recipe, network_options={**recipe.network_options, **request.options})
    parameters = count_parameters(recipe.single_recipes[0])
    if parameters > MAX_PARAMETERS:
        raise RecipeError(f"the network has {parameters:,} parameters; expected at most {MAX_PARAMETERS:,}")
    return recipe


def network_summary(recipe: "Recipe") -> NetworkSummary:
    """Return the layers of a recipe's network, which is built without memory for its weights."""
    import torch

    from inklab.models import build_network, summary

    first = recipe.single_recipes[0]
    with torch.device("meta"):
        network = build_network(first.network, first.network_options, seed=0)
    layers = [LayerSummary.model_validate(layer) for layer in summary(network.to("meta"))]
    return NetworkSummary(layers=layers, parameters=sum(layer.parameters for layer in layers))
