"""Networks: float32 images (n, 1, 28, 28) in [0, 1] to logits (n, 10)."""

from inklab.models.layers import Dropout, set_generator
from inklab.models.layout import Layer, layout, layout_rows, parameter_count
from inklab.models.networks import NETWORKS, build_network
from inklab.models.predict import as_input, predict_logits

__all__ = [
    "NETWORKS",
    "Dropout",
    "Layer",
    "as_input",
    "build_network",
    "layout",
    "layout_rows",
    "parameter_count",
    "predict_logits",
    "set_generator",
]
