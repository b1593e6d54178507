"""Networks: float32 images (n, 1, 28, 28) in [0, 1] to logits (n, k); k is 10 for digits."""

from inklab.models.ensemble import Ensemble, first_network
from inklab.models.layers import DropConnect, Dropout, project_max_norm, set_generator
from inklab.models.predict import as_input, digit_logits, predict_logits
from inklab.models.registry import NETWORKS, build_network, is_fully_connected
from inklab.models.summary import Layer, parameter_count, summary, summary_table
from inklab.models.tta import TestTimeAugmentation

__all__ = [
    "NETWORKS",
    "DropConnect",
    "Dropout",
    "Ensemble",
    "Layer",
    "TestTimeAugmentation",
    "as_input",
    "build_network",
    "digit_logits",
    "first_network",
    "is_fully_connected",
    "parameter_count",
    "predict_logits",
    "project_max_norm",
    "set_generator",
    "summary",
    "summary_table",
]
