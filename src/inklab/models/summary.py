"""The layers of a network as a table: name, type, output shape, parameters."""

from dataclasses import dataclass

import torch
from torch import nn

from inklab.constants import IMAGE_SIZE
from inklab.models.activations import activations
from inklab.models.ensemble import Ensemble, first_network


@dataclass(frozen=True)
class Layer:
    """One layer of a network."""

    name: str
    kind: str
    """The class and its kernel size, such as `Conv2d 5x5`."""
    shape: tuple[int, ...]
    """The output shape for one image, without the batch axis."""
    parameters: int


def summary(model: nn.Module) -> list[Layer]:
    """Return the layers of a network in the order in which they run.

    >>> from inklab.models import build_network
    >>> [(layer.name, layer.shape) for layer in summary(build_network("softmax-regression", seed=0))]
    [('flatten', (784,)), ('linear', (10,))]
    """
    leaves = [name for name, module in model.named_modules() if not list(module.children())]
    weights = next(model.parameters())  # they may be on the meta device, without values
    was_training = model.training
    try:
        with activations(model, leaves) as outputs, torch.inference_mode():
            model.eval()(weights.new_zeros(1, 1, IMAGE_SIZE, IMAGE_SIZE))
    finally:
        model.train(was_training)
    modules = ((name, model.get_submodule(name), tuple(output.shape[1:])) for name, output in outputs.items())
    return [Layer(name, _kind(module), shape, parameter_count(module)) for name, module, shape in modules]


def summary_table(model: nn.Module) -> tuple[tuple[str, ...], ...]:
    """Return the summary as text: a header row, one row per layer, and the total number of parameters.

    For an ensemble, the layers are those of its first member, and the last row is the total of all members.
    """
    network = first_network(model)
    rows = [
        (layer.name, layer.kind, " x ".join(f"{size:,}" for size in layer.shape), f"{layer.parameters:,}")
        for layer in summary(network)
    ]
    totals = [("Total", "", "", f"{parameter_count(network):,}")]
    if isinstance(model, Ensemble):
        name = f"Total, {len(model.members)} members"
        totals = [("Total, first member", *totals[0][1:]), (name, "", "", f"{parameter_count(model):,}")]
    return (("Layer", "Type", "Output shape", "Parameters"), *rows, *totals)


def parameter_count(model: nn.Module) -> int:
    """Return the number of trainable parameters."""
    return sum(p.numel() for p in model.parameters())


def _kind(module: nn.Module) -> str:
    size = getattr(module, "kernel_size", "")
    size = "x".join(map(str, size)) if isinstance(size, tuple) else size
    return f"{type(module).__name__} {size}".rstrip()
