"""Every network by name, and how to build one."""

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import nn

from inklab.constants import IMAGE_SIZE, N_CLASSES
from inklab.errors import RecipeError
from inklab.models.cnn import lesson_cnn
from inklab.models.deep import deep_cnn
from inklab.models.fast import fast_cnn
from inklab.models.mlp import dropconnect_mlp, mlp
from inklab.models.multicolumn import dropconnect_cnn, mcdnn_column
from inklab.models.softmax import softmax_regression

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
"""Name -> builder, which takes the generator that draws the first weights, the size of an image where the
network is fully connected, how many classes there are, and its options by name."""


def is_fully_connected(name: str) -> bool:
    """Whether the network of this name takes any number of inputs, and not only images of 28 x 28."""
    return "inputs" in inspect.signature(NETWORKS[name]).parameters


def build_network(
    name: str,
    options: Mapping[str, float] = MappingProxyType({}),
    *,
    seed: int,
    inputs: int = IMAGE_SIZE * IMAGE_SIZE,
    classes: int = N_CLASSES,
) -> nn.Sequential:
    """Build a network on the CPU; the same seed gives the same first weights on every machine.

    The network maps float32 images (n, 1, 28, 28) in [0, 1] to logits (n, classes); a fully connected one
    takes images of any other size, too.

    Args:
        name: one of `NETWORKS`.
        options: what its builder takes by name.
        seed: draws the first weights.
        inputs: how many numbers an image has, at least 1.
        classes: how many logits come out, at least 1.

    Raises:
        RecipeError: no network of that name, an option it does not have, a value it cannot take, or images
            of another size than it looks at.

    >>> sum(p.numel() for p in build_network("softmax-regression", seed=0).parameters())
    7850
    """
    if name not in NETWORKS:
        raise RecipeError(f"no network is called {name!r}; choose one of {', '.join(sorted(NETWORKS))}")
    known = [
        p.name for p in inspect.signature(NETWORKS[name]).parameters.values() if p.kind is p.KEYWORD_ONLY
    ]
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise RecipeError(f"{name} has no option {', '.join(unknown)}; it has {', '.join(known) or 'none'}")
    generator = torch.Generator().manual_seed(seed)
    if is_fully_connected(name):
        return NETWORKS[name](generator, inputs, classes, **options)
    if inputs != IMAGE_SIZE * IMAGE_SIZE:
        raise RecipeError(
            f"{name} looks at images of {IMAGE_SIZE} x {IMAGE_SIZE} pixels; there are {inputs} numbers each"
        )
    return NETWORKS[name](generator, classes, **options)
