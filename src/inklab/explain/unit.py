"""Account: how one number in a layer came about from the numbers of the layer below."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inklab.errors import DataError
from inklab.explain.layers import Floats, Layer


@dataclass(frozen=True, eq=False, kw_only=True)
class UnitExplanation:
    """One number, and what made it.

    convolution, normalising, fully connected:   value = sum(window * filter) + bias
    pooling:                                     value = max(window)
    rectifying:                                  value = max(window, 0)
    """

    value: float
    """As the sum or the largest gives it, in float64."""
    window: Floats
    """(maps, rows, columns): what the number looks at; 0 beyond the edges, where a pooling never looks."""
    filter: Floats | None
    """As the window; None where nothing is learned."""
    bias: float
    maps: tuple[int, ...]
    """Which maps of the layer below the window is cut out of."""
    row: int
    """Of the window's first row in the layer below; -1 is one row beyond the edge."""
    column: int

    @property
    def parts(self) -> NDArray[np.float64]:
        """What each map of the window adds to the sum: (maps,); of a largest, the largest itself."""
        if self.filter is None:
            return np.array([self.value])
        parts: NDArray[np.float64] = (self.window.astype(np.float64) * self.filter).sum(axis=(1, 2))
        return parts


def explain_unit(
    layer: Layer, seen: Mapping[str, Floats], map_: int, row: int, column: int
) -> UnitExplanation:
    """Return how a number of a layer came about.

    Args:
        layer: of an open network.
        seen: what `LayerInspector.look` saw of the image.
        map_: which map of the layer; a unit is a map of one pixel.
        row: of the pixel in it.
        column: of the pixel in it.

    Raises:
        DataError: the layer has no such number.
    """
    maps, rows, columns = layer.shape
    if not (0 <= map_ < maps and 0 <= row < rows and 0 <= column < columns):
        asked = f"map {map_}, row {row}, column {column}"
        raise DataError(f"{layer.name} has no {asked}; it has {maps} maps of {rows} x {columns}")
    of_all = layer.kind in {"convolution", "fully connected"}
    chosen = range(layer.below[0]) if of_all else range(map_, map_ + 1)
    height, width = layer.window
    top = row * layer.stride[0] - layer.margin[0]
    left = column * layer.stride[1] - layer.margin[1]
    below = seen[layer.source][chosen.start : chosen.stop]
    inside = below[:, max(top, 0) : top + height, max(left, 0) : left + width]
    window = np.zeros((len(below), height, width), np.float32)
    above, before = max(-top, 0), max(-left, 0)  # rows and columns beyond the edges
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
