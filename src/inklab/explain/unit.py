"""How one value in a layer is computed from the layer's input."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inklab.errors import DataError
from inklab.explain.layers import Floats, Layer


@dataclass(frozen=True, eq=False, kw_only=True)
class UnitExplanation:
    """One value of a layer, and how it is computed.

    convolution, batch norm, fully connected:   value = sum(window * filter) + bias
    pooling:                                    value = max(window)
    ReLU:                                       value = max(window, 0)
    """

    value: float
    """Recomputed in float64."""
    window: Floats
    """(maps, rows, columns): the part of the layer's input that the value depends on; 0 in the padding, which
    pooling ignores."""
    filter: Floats | None
    """The weights, of the window's shape; None for pooling and ReLU."""
    bias: float
    maps: tuple[int, ...]
    """The indices of the input maps in the window."""
    row: int
    """The window's first row in the layer's input; -1 is one row into the padding."""
    column: int

    @property
    def parts(self) -> NDArray[np.float64]:
        """(maps,): the contribution of each input map to the sum; for a maximum, the value itself."""
        if self.filter is None:
            return np.array([self.value])
        parts: NDArray[np.float64] = (self.window.astype(np.float64) * self.filter).sum(axis=(1, 2))
        return parts


def explain_unit(
    layer: Layer, activations: Mapping[str, Floats], map_: int, row: int, column: int
) -> UnitExplanation:
    """Return how one value of a layer is computed.

    The layer is one of `LayerInspector.layers`; the activations are those of `LayerInspector.activations`. A
    fully connected unit is a map of one pixel.

    Raises:
        DataError: the layer has no such value.
    """
    maps, rows, columns = layer.shape
    if not (0 <= map_ < maps and 0 <= row < rows and 0 <= column < columns):
        raise DataError(
            f"{layer.name} has no map {map_}, row {row}, column {column}; "
            f"it has {maps} maps of {rows} x {columns}"
        )
    uses_all_maps = layer.kind in {"convolution", "fully connected"}
    chosen = range(layer.input_shape[0]) if uses_all_maps else range(map_, map_ + 1)
    height, width = layer.kernel_size
    top = row * layer.stride[0] - layer.padding[0]
    left = column * layer.stride[1] - layer.padding[1]
    inputs = activations[layer.source][chosen.start : chosen.stop]
    inside = inputs[:, max(top, 0) : top + height, max(left, 0) : left + width]
    window = np.zeros((len(inputs), height, width), np.float32)
    above, before = max(-top, 0), max(-left, 0)  # rows and columns in the padding
    window[:, above : above + inside.shape[1], before : before + inside.shape[2]] = inside
    filter_ = None if layer.filters is None else layer.filters[map_]
    bias = 0.0 if layer.biases is None else float(layer.biases[map_])
    if filter_ is not None:
        value = float((window.astype(np.float64) * filter_).sum()) + bias
    elif layer.kind == "pooling":
        value = float(inside.max())
    else:
        value = max(float(window.max()), 0.0)
    return UnitExplanation(
        value=value, window=window, filter=filter_, bias=bias, maps=tuple(chosen), row=top, column=left
    )
