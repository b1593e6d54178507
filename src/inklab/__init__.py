"""inklab: a laboratory for handwritten digits.

The names below are the table of contents. Each is loaded when it is first used, so that `import inklab`
costs nothing, and looking at data or figures never loads torch.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inklab.data import BatchSampler, Dataset, Split, load_idx_folder, load_mnist, read_idx, write_idx
    from inklab.data.image_folder import add_images, load_image_folder
    from inklab.data.load import load_data
    from inklab.errors import (
        ArtifactError,
        DataError,
        InklabError,
        PictureError,
        RecipeError,
        RunError,
        TrainingError,
    )
    from inklab.evaluation import Report, evaluate, softmax
    from inklab.explain.filters import filters
    from inklab.imaging import PreparedImage, prepare_image
    from inklab.models import NETWORKS, build_network, predict_logits, summary
    from inklab.models.activations import activations
    from inklab.recognition import Artifact, Prediction, Recognizer
    from inklab.report.tiles import tile
    from inklab.runs import Run
    from inklab.sklearn import DigitClassifier
    from inklab.training import RECIPES, Progress, Recipe, Training, find_recipe

__all__ = [
    "NETWORKS",
    "RECIPES",
    "Artifact",
    "ArtifactError",
    "BatchSampler",
    "DataError",
    "Dataset",
    "DigitClassifier",
    "InklabError",
    "PictureError",
    "Prediction",
    "PreparedImage",
    "Progress",
    "Recipe",
    "RecipeError",
    "Recognizer",
    "Report",
    "Run",
    "RunError",
    "Split",
    "Training",
    "TrainingError",
    "activations",
    "add_images",
    "build_network",
    "evaluate",
    "filters",
    "find_recipe",
    "load_data",
    "load_idx_folder",
    "load_image_folder",
    "load_mnist",
    "predict_logits",
    "prepare_image",
    "read_idx",
    "softmax",
    "summary",
    "tile",
    "write_idx",
]

_MODULES = {
    "errors": {
        "ArtifactError",
        "DataError",
        "InklabError",
        "PictureError",
        "RecipeError",
        "RunError",
        "TrainingError",
    },
    "data": {"BatchSampler", "Dataset", "Split", "load_idx_folder", "load_mnist", "read_idx", "write_idx"},
    "data.image_folder": {"load_image_folder", "add_images"},
    "data.load": {"load_data"},
    "imaging": {"PreparedImage", "prepare_image"},
    "evaluation": {"Report", "evaluate", "softmax"},
    "models": {"NETWORKS", "build_network", "summary", "predict_logits"},
    "recognition": {"Artifact", "Prediction", "Recognizer"},
    "training": {"RECIPES", "Progress", "Recipe", "Training", "find_recipe"},
    "runs": {"Run"},
    "models.activations": {"activations"},
    "explain.filters": {"filters"},
    "report.tiles": {"tile"},
    "sklearn": {"DigitClassifier"},
}


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(importlib.import_module(f"inklab.{module}"), name)
    raise AttributeError(f"module 'inklab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
