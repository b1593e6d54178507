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

__all__ = ["BatchSampler", "Dataset", "Split", "load_idx_folder", "load_mnist", "read_idx", "write_idx"]
__all__ += ["add_images", "load_data", "load_image_folder"]
__all__ += ["NETWORKS", "activations", "build_network", "predict_logits", "summary"]
__all__ += ["RECIPES", "Progress", "Recipe", "Run", "Training", "find_recipe"]
__all__ += ["Report", "evaluate", "filters", "softmax", "tile"]
__all__ += ["Artifact", "DigitClassifier", "Prediction", "PreparedImage", "Recognizer", "prepare_image"]
__all__ += ["ArtifactError", "DataError", "InklabError", "PictureError"]
__all__ += ["RecipeError", "RunError", "TrainingError"]

_MODULES = {
    "data": {"BatchSampler", "Dataset", "Split", "load_idx_folder", "load_mnist", "read_idx", "write_idx"},
    "data.image_folder": {"add_images", "load_image_folder"},
    "data.load": {"load_data"},
    "errors": {name for name in __all__ if name.endswith("Error")},
    "evaluation": {"Report", "evaluate", "softmax"},
    "explain.filters": {"filters"},
    "imaging": {"PreparedImage", "prepare_image"},
    "models": {"NETWORKS", "build_network", "predict_logits", "summary"},
    "models.activations": {"activations"},
    "recognition": {"Artifact", "Prediction", "Recognizer"},
    "report.tiles": {"tile"},
    "runs": {"Run"},
    "sklearn": {"DigitClassifier"},
    "training": {"RECIPES", "Progress", "Recipe", "Training", "find_recipe"},
}


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(importlib.import_module(f"inklab.{module}"), name)
    raise AttributeError(f"module 'inklab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
