"""What a network is made of: every layer with the shape it puts out and the parameters it holds."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from inklab.models.ensemble import Ensemble, first_network


@dataclass(frozen=True)
class Layer:
    """One layer of a network, as it acts on a single image."""

    name: str
    kind: str
    """The class, with what sets it apart: `Conv2d 5x5`."""
    shape: tuple[int, ...]
    """The shape of its output for one image, without the batch axis."""
    parameters: int


def summary(model: nn.Module) -> list[Layer]:
    """List the layers of a network in the order in which an image passes them.

    >>> from inklab.models import build_network
    >>> [(layer.name, layer.shape) for layer in summary(build_network("softmax-regression", seed=0))]
    [('flatten', (784,)), ('linear', (10,))]
    """
    layers: list[Layer] = []
    names = {module: name for name, module in model.named_modules()}

    def note(module: nn.Module, _inputs: Any, output: Tensor) -> None:
        count = sum(p.numel() for p in module.parameters())
        layers.append(Layer(names[module], _kind(module), tuple(output.shape[1:]), count))

    leaves = [module for module in model.modules() if not list(module.children())]
    hooks = [module.register_forward_hook(note) for module in leaves]
    device = next(model.parameters()).device
    was_training = model.training
    try:
        with torch.inference_mode():
            model.eval()(torch.zeros(1, 1, 28, 28, device=device))
    finally:
        model.train(was_training)
        for hook in hooks:
            hook.remove()
    return layers


def summary_table(model: nn.Module) -> tuple[tuple[str, ...], ...]:
    """Return the layout as text: a heading, then a row a layer with name, kind, output shape, parameters.

    Of a committee they are the layers of its first column, and what all columns hold is the last row.
    """
    network = first_network(model)
    rows = [
        (layer.name, layer.kind, " x ".join(map(str, layer.shape)), f"{layer.parameters:,}")
        for layer in summary(network)
    ]
    totals = [("in all", "", "", f"{parameter_count(network):,}")]
    if isinstance(model, Ensemble):
        columns = f"in all {len(model.columns)} columns"
        totals = [("in the first column", *totals[0][1:]), (columns, "", "", f"{parameter_count(model):,}")]
    return (("Layer", "Kind", "Puts out", "Parameters"), *rows, *totals)


def parameter_count(model: nn.Module) -> int:
    """Return how many numbers the network learns."""
    return sum(p.numel() for p in model.parameters())


def _kind(module: nn.Module) -> str:
    name = type(module).__name__
    match module:
        case nn.Conv2d():
            return f"{name} {module.kernel_size[0]}x{module.kernel_size[1]}"
        case nn.MaxPool2d():
            return f"{name} {module.kernel_size}"
        case _:
            return name
