"""What the layers of a network put out."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inklab.models import predict_logits


@contextmanager
def activations(model: nn.Module, names: Iterable[str]) -> Iterator[dict[str, Tensor]]:
    """Collect the outputs of the named layers during the block; the hooks end with it.

    Args:
        model: any network.
        names: of layers, as `layout` lists them.

    Yields:
        Layer name -> the output of its latest call, (n, ...); a copy, so that a later layer which works in
        place does not change it.

    Raises:
        AttributeError: the network has no layer of such a name.
    """
    seen: dict[str, Tensor] = {}

    def keep(name: str, _module: nn.Module, _inputs: Any, output: Tensor) -> None:
        seen[name] = output.detach().clone()

    with ExitStack() as hooks:
        for name in names:
            handle = model.get_submodule(name).register_forward_hook(partial(keep, name))
            hooks.callback(handle.remove)
        yield seen


def feature_maps(model: nn.Module, image: NDArray[np.uint8], name: str) -> NDArray[np.float32]:
    """Return the maps that a convolution makes of one image, before the layer that follows it.

    Args:
        model: any network.
        image: (28, 28) uint8.
        name: of a layer, as `layout` lists it.

    Returns:
        (c, h, w) float32.
    """
    with activations(model, [name]) as seen, torch.inference_mode():
        predict_logits(model, image[np.newaxis])
    return seen[name][0].float().cpu().numpy()
