"""The outputs of a network's layers."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from torch import Tensor, nn


@contextmanager
def activations(model: nn.Module, names: Iterable[str]) -> Iterator[dict[str, Tensor]]:
    """Collect the outputs of the named layers during the block, and remove the hooks at its end.

    Yields:
        Layer name -> the output (n, ...) of its latest call, in the order in which the layers ran. Each is a
        copy, so a later in-place layer does not change it.

    Raises:
        AttributeError: the network has no layer of that name.
    """
    outputs: dict[str, Tensor] = {}

    def record(name: str, _module: nn.Module, _inputs: Any, output: Tensor) -> None:
        outputs[name] = output.detach().clone()

    with ExitStack() as hooks:
        for name in names:
            hooks.enter_context(model.get_submodule(name).register_forward_hook(partial(record, name)))
        yield outputs
