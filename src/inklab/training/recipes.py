"""The recipes by name."""

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

import torch

from inklab.errors import RecipeError
from inklab.models import build_network, parameter_count
from inklab.training.augmentation.geometric import Augmentation
from inklab.training.recipe import Recipe

_FAST = Recipe(
    name="fast-99",
    network="fast-cnn",
    network_options={"width": 16},
    optimizer="adam",
    learning_rate=1e-2,
    schedule="linear",
    beta1=0.7,
    beta2=0.9,
    label_smoothing=0.1,
    batch_size=128,
    steps=240,
    precision="auto",
    log_every=60,
    eval_every=240,
)
_LONG = replace(_FAST, network_options={}, log_every=500, eval_every=500)

_RECIPES = (
    Recipe(
        name="lesson-softmax", network="softmax-regression", learning_rate=0.5, steps=1000, eval_every=100
    ),
    _LESSON_CNN := Recipe(
        name="lesson-cnn",
        network="lesson-cnn",
        network_options={"dropout": 0.5},
        optimizer="adam",
        learning_rate=1e-4,
        steps=1100,
        precision="auto",
    ),
    replace(_LESSON_CNN, name="lesson-cnn-full", steps=20_000, eval_every=1000),
    _FAST,
    replace(
        _FAST,
        name="fast-99.5",
        network_options={"width": 32},
        augmentation=Augmentation(rotation=10, scale=0.1, shear=0.1, translate=2),
        steps=1200,
        log_every=100,
        eval_every=600,
    ),
    _MLP := Recipe(
        name="mlp",
        network="mlp",
        network_options={"units": 800},
        optimizer="adam",
        learning_rate=1e-3,
        schedule="linear",
        batch_size=100,
        steps=11_000,
        precision="auto",
        log_every=500,
        eval_every=5500,
    ),
    _MLP_DROPOUT := replace(
        _MLP,
        name="mlp-dropout",
        network_options={"units": 2048, "dropout": 0.5, "input_dropout": 0.2},
        learning_rate=2e-3,
        steps=22_000,
    ),
    _MLP_DROPOUT_DEEP := replace(
        _MLP_DROPOUT,
        name="mlp-dropout-deep",
        network_options={**_MLP_DROPOUT.network_options, "hidden": 2},
        learning_rate=1e-3,
        max_weight_norm=3,
        batch_size=250,
        steps=26_000,
    ),
    replace(
        _MLP_DROPOUT_DEEP,
        name="mlp-dropout-full",
        network_options={**_MLP_DROPOUT_DEEP.network_options, "units": 8192},
        steps=400_000,
        eval_every=20_000,
    ),
    _DROPCONNECT_MLP := replace(
        _MLP,
        name="dropconnect-mlp",
        network="dropconnect-mlp",
        network_options={"units": 800, "hidden": 2, "dropout": 0.5, "samples": 32},
        label_smoothing=0.1,
        ema_decay=0.999,
        members=({},) * 5,
        steps=22_000,
    ),
    replace(_DROPCONNECT_MLP, name="dropconnect-mlp-full", steps=550_000, eval_every=55_000),
    _DROPCONNECT_CNN := replace(
        _LONG,
        name="dropconnect-cnn",
        network="dropconnect-cnn",
        ema_decay=0.999,
        augmentation=Augmentation(rotation=10, scale=0.1, shear=0.1, crop=1),
        members=({},) * 5,
        steps=4500,
        eval_every=1500,
    ),
    replace(_DROPCONNECT_CNN, name="dropconnect-cnn-full", steps=430_000, eval_every=43_000),
    _MCDNN := replace(
        _LONG,
        name="mcdnn",
        network="mcdnn-column",
        augmentation=Augmentation(rotation=10, scale=0.1, shear=0.1, translate=2, elastic_alpha=20),
        members=tuple({"digit_width": width} for width in (10, 12, 14, 16, 18, 20, 0)),
        steps=15_000,
        eval_every=5000,
    ),
    replace(_MCDNN, name="mcdnn-full", members=_MCDNN.members * 5, steps=344_000, eval_every=43_000),
    _APAC := replace(
        _LONG,
        name="apac",
        network="deep-cnn",
        network_options={"width": 24},
        ema_decay=0.999,
        augmentation=_MCDNN.augmentation,
        tta_views=32,
        steps=6500,
        eval_every=2500,
    ),
    replace(
        _APAC, name="apac-full", network_options={"width": 64}, tta_views=128, steps=64_500, eval_every=6500
    ),
    _COMMITTEE := replace(
        _APAC,
        name="committee",
        augmentation=Augmentation(rotation=8, scale=0.08, shear=0.08, translate=1, elastic_alpha=15),
        tta_views=16,
        members=({}, {}, *({"digit_width": width} for width in (20, 18, 16))),
        steps=8000,
        eval_every=2000,
    ),
    replace(
        _COMMITTEE,
        name="committee-full",
        network_options={"width": 64},
        members=_COMMITTEE.members * 3,
        steps=64_500,
        eval_every=6500,
    ),
)

RECIPES: Mapping[str, Recipe] = MappingProxyType({recipe.name: recipe for recipe in _RECIPES})
"""Name -> recipe. To change a recipe, use `dataclasses.replace` or `find_recipe`."""


def find_recipe(name: str, **changes: Any) -> Recipe:
    """Return the recipe of this name, with the given fields changed.

    Raises:
        RecipeError: there is no recipe of this name, or a value is not allowed.

    >>> find_recipe("lesson-cnn", steps=5, seed=3).seed
    3
    """
    if name not in RECIPES:
        close = get_close_matches(name, RECIPES, n=1)
        hint = f"did you mean {close[0]}?" if close else f"choose one of {', '.join(RECIPES)}"
        raise RecipeError(f"there is no recipe {name!r}; {hint}")
    return replace(RECIPES[name], **changes)


def count_parameters(recipe: Recipe) -> int:
    """Return the number of trained parameters, of all ensemble members together.

    Raises:
        RecipeError: the network does not take its options.
    """
    with torch.device("meta"):  # shapes only, no weights
        singles = recipe.single_recipes
        networks = (build_network(each.network, each.network_options, seed=0) for each in singles)
        return sum(map(parameter_count, networks))
