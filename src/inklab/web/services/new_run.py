"""The recipe and the data of a new run, from the request of the Train page."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from inklab.errors import RecipeError
from inklab.web.services.drawings import Drawings
from inklab.web.services.recipe_settings import NetworkRequest, recipe_with_options

if TYPE_CHECKING:
    from inklab.training import Recipe

MAX_LOG_INTERVALS = 200
"""Reports of a run that the page starts, unless its recipe has more."""

_MIN_LOG_EVERY = 10  # steps between two reports, so that they cost little time


class RunRequest(NetworkRequest):
    """A new run: a recipe, and the settings that differ from it."""

    name: str = Field("", max_length=100)
    """The name of the run; by default the name of the recipe, with a number if there is such a run."""
    steps: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    seed: int | None = None
    validations: int | None = Field(None, ge=1, le=1000)
    """How often the validation set is evaluated during training."""
    augmentation: dict[str, float] = Field({}, max_length=20)
    """Augmentation settings by name."""
    data: Literal["mnist", "mnist+drawings", "folder"] = "mnist"
    folder: str = Field("", max_length=4000)
    """The path of a folder on this computer, if the data are `folder`."""


def requested_recipe(request: RunRequest) -> "Recipe":
    """Return the recipe of a new run."""
    from inklab.training.augmentation.geometric import LIMITS

    recipe = recipe_with_options(request)
    for name in request.augmentation:
        if name not in LIMITS:
            raise RecipeError(f"augmentation has no {name[:100]!r}; it has {', '.join(LIMITS)}")
    changes = request.model_dump(include={"steps", "batch_size", "learning_rate", "seed"}, exclude_none=True)
    recipe = replace(recipe, **changes, augmentation=replace(recipe.augmentation, **request.augmentation))
    log_every = min(recipe.log_every, max(_MIN_LOG_EVERY, recipe.steps // MAX_LOG_INTERVALS))
    validations = request.validations or max(5, recipe.steps // recipe.eval_every)
    eval_every = log_every * max(1, round(recipe.steps / validations / log_every))
    return replace(recipe, log_every=log_every, eval_every=eval_every)


def requested_source(request: RunRequest, drawings: Drawings) -> str:
    """Return the data source of a new run."""
    from inklab.data.load import MNIST, MNIST_PREFIX

    if request.data == "mnist":
        return MNIST
    if request.data == "mnist+drawings":
        return MNIST_PREFIX + str(drawings.copy())
    if not request.folder:
        raise RecipeError("folder is empty; enter the path of a folder with subfolders 0 to 9 of pictures")
    return request.folder if Path(request.folder).is_absolute() else f"./{request.folder}"
