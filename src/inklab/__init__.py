"""inklab: a laboratory for handwritten digits.

The names below are the table of contents. Each is loaded when it is first used, so that `import inklab`
costs nothing, and looking at data or figures never loads torch.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inklab.data import Batches, DataSet, Split, load_folder, load_mnist, read_idx, write_idx
    from inklab.errors import (
        ArtifactError,
        DataError,
        InklabError,
        PictureError,
        RecipeError,
        RunError,
        TrainingError,
    )
    from inklab.estimator import DigitClassifier
    from inklab.evaluation import Report, evaluate, softmax
    from inklab.imaging import Placed, to_image
    from inklab.inspection import activations, filters, tile
    from inklab.models import NETWORKS, build_network, layout, predict_logits
    from inklab.pictures import load_pictures, with_pictures
    from inklab.recognition import Artifact, Reading, Recogniser
    from inklab.sources import load_data
    from inklab.training import RECIPES, Progress, Recipe, Run, Training, find_recipe

__all__ = [
    "NETWORKS",
    "RECIPES",
    "Artifact",
    "ArtifactError",
    "Batches",
    "DataError",
    "DataSet",
    "DigitClassifier",
    "InklabError",
    "PictureError",
    "Placed",
    "Progress",
    "Reading",
    "Recipe",
    "RecipeError",
    "Recogniser",
    "Report",
    "Run",
    "RunError",
    "Split",
    "Training",
    "TrainingError",
    "activations",
    "build_network",
    "evaluate",
    "filters",
    "find_recipe",
    "layout",
    "load_data",
    "load_folder",
    "load_mnist",
    "load_pictures",
    "predict_logits",
    "read_idx",
    "softmax",
    "tile",
    "to_image",
    "with_pictures",
    "write_idx",
]

_ROOMS = {
    "errors": {
        "ArtifactError",
        "DataError",
        "InklabError",
        "PictureError",
        "RecipeError",
        "RunError",
        "TrainingError",
    },
    "data": {
        "Batches",
        "DataSet",
        "Split",
        "load_folder",
        "load_mnist",
        "read_idx",
        "write_idx",
    },
    "imaging": {"Placed", "to_image"},
    "evaluation": {"Report", "evaluate", "softmax"},
    "pictures": {"load_pictures", "with_pictures"},
    "sources": {"load_data"},
    "models": {"NETWORKS", "build_network", "layout", "predict_logits"},
    "recognition": {"Artifact", "Reading", "Recogniser"},
    "training": {"RECIPES", "Progress", "Recipe", "Run", "Training", "find_recipe"},
    "inspection": {"activations", "filters", "tile"},
    "estimator": {"DigitClassifier"},
}


def __getattr__(name: str) -> Any:
    for room, names in _ROOMS.items():
        if name in names:
            return getattr(importlib.import_module(f"inklab.{room}"), name)
    raise AttributeError(f"module 'inklab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
