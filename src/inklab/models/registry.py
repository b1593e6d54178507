"""All networks by name, and `build_network`."""

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import nn

from inklab.constants import IMAGE_SIZE, N_CLASSES
from inklab.errors import RecipeError
from inklab.models.batch_norm_cnn import deep_cnn, fast_cnn
from inklab.models.dropconnect import dropconnect_cnn, dropconnect_mlp
from inklab.models.lesson_cnn import lesson_cnn
from inklab.models.mcdnn import mcdnn_column
from inklab.models.mlp import mlp
from inklab.models.softmax_regression import softmax_regression

NETWORKS: Mapping[str, Callable[..., nn.Sequential]] = MappingProxyType(
    {
        "deep-cnn": deep_cnn,
        "dropconnect-cnn": dropconnect_cnn,
        "dropconnect-mlp": dropconnect_mlp,
        "fast-cnn": fast_cnn,
        "lesson-cnn": lesson_cnn,
        "mcdnn-column": mcdnn_column,
        "mlp": mlp,
        "softmax-regression": softmax_regression,
    }
)
"""Name -> builder. A builder takes the generator of the initial weights, the number of inputs (only if the
network is fully connected), the number of classes, and its options as keyword arguments. It raises a
`RecipeError` if an option is out of range."""


def is_fully_connected(name: str) -> bool:
    """Return whether the network takes any number of inputs, and not only images of 28 x 28."""
    return "inputs" in inspect.signature(NETWORKS[name]).parameters


def build_network(
    name: str,
    options: Mapping[str, float] = MappingProxyType({}),
    *,
    seed: int,
    inputs: int = IMAGE_SIZE**2,
    classes: int = N_CLASSES,
) -> nn.Sequential:
    """Build a network on the CPU; the same seed gives the same initial weights on every machine.

    The network maps float32 images (n, 1, 28, 28) in [0, 1] to logits (n, classes). A fully connected network
    also takes images of other sizes, of `inputs` pixels. `options` are the keyword arguments of its builder.

    Raises:
        RecipeError: an unknown network or option, a value out of range, or an image size that the network
            does not take.

    >>> sum(p.numel() for p in build_network("softmax-regression", seed=0).parameters())
    7850
    """
    if name not in NETWORKS:
        raise RecipeError(f"there is no network {name!r}; expected one of {', '.join(sorted(NETWORKS))}")
    parameters = inspect.signature(NETWORKS[name]).parameters.values()
    known = [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise RecipeError(f"{name} has no option {', '.join(unknown)}; it has {', '.join(known) or 'none'}")
    generator = torch.Generator().manual_seed(seed)
    if is_fully_connected(name):
        return NETWORKS[name](generator, inputs, classes, **options)
    if inputs != IMAGE_SIZE**2:
        size = f"{IMAGE_SIZE} x {IMAGE_SIZE}"
        raise RecipeError(f"{name} takes images of {size} pixels; these have {inputs} pixels each")
    return NETWORKS[name](generator, classes, **options)
