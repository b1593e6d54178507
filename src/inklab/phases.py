"""Phases: a first convolution and the pooling after it, computed where four pixels are one.

To gather 25 numbers at each of 784 places takes longer than to multiply them. So the image is laid out as
four of half its size, its phases: the pixels of its even and of its odd rows and columns. There one place
has all that the four windows of a pool look at, each map becomes four, and the pool keeps the largest:

    max over a, b in {0, 1} of  sum over y, x of  w[y, x] image[2i + a + y - 2, 2j + b + x - 2]

The sums are of the same whole numbers, so no answer changes by a bit.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

Array = NDArray[Any]

_WINDOW, _POOL, _WIDE = 5, 2, 6
"""What a convolution looks at, a pool, and all windows of a pool together, in pixels."""
_PHASES = _POOL**2
_CELLS = _WIDE // _POOL
_CONVOLVES: Mapping[str, Any] = {"kernel_shape": [_WINDOW] * 2, "pads": [2] * 4, "strides": [1] * 2}
_IN_PHASES: Mapping[str, Any] = {"kernel_shape": [_CELLS] * 2, "pads": [1] * 4, "strides": [1] * 2}
_POOLS: Mapping[str, Any] = {"kernel_shape": [_POOL] * 2, "pads": [0] * 4, "strides": [_POOL] * 2}

_WHOLE = ("DequantizeLinear", "Conv", "QuantizeLinear", "DequantizeLinear", "MaxPool", "QuantizeLinear")
_PARTED = ("SpaceToDepth", "DequantizeLinear", "Conv", "QuantizeLinear", "Split", "Max")
"""What the bytes of the images pass, before and after."""


def in_phases(model: ModelProto) -> ModelProto:
    """Return a network of eight bits with its first convolution in phases, or as it is where that cannot be.

    It can if the convolution looks at 5 x 5 pixels of the images themselves, and a pool of 2 x 2 follows.

    Args:
        model: for images of an even size, as `in_eight_bits` makes it; stays as it is.
    """
    found = _passed(model, _WHOLE)
    if not found:
        return model
    reads, convolves, rounds, _, pools, rounds_again = found
    alike = rounds.input[1:] == rounds_again.input[1:]
    if not (alike and _does(convolves, _CONVOLVES) and _does(pools, _POOLS)):
        return model
    image, largest = reads.input[0], rounds_again.output[0]
    phases, parts = f"{image}_phases", [f"{largest}_{number}" for number in range(_PHASES)]
    nodes = [
        helper.make_node("SpaceToDepth", [image], [phases], blocksize=_POOL),
        helper.make_node("DequantizeLinear", [phases, *reads.input[1:]], reads.output),
        helper.make_node("Conv", convolves.input, convolves.output, **_IN_PHASES),
        rounds,
        helper.make_node("Split", rounds.output, parts, axis=1, num_outputs=_PHASES),
        helper.make_node("Max", parts, [largest]),
    ]
    return _replaced(model, found, nodes, _part)


def whole(model: ModelProto) -> ModelProto:
    """Return the network that `in_phases` made this one of, or this where it did not."""
    found = _passed(model, _PARTED)
    if not found:
        return model
    parts, reads, convolves, rounds, _, largest = found
    if not all(_is_parted(one) for one in _learned(model, convolves)):
        return model
    maps, numbers = rounds.output[0], f"{rounds.output[0]}_numbers"
    nodes = [
        helper.make_node("DequantizeLinear", [parts.input[0], *reads.input[1:]], reads.output),
        helper.make_node("Conv", convolves.input, convolves.output, **_CONVOLVES),
        rounds,
        helper.make_node("DequantizeLinear", [maps, *rounds.input[1:]], [numbers]),
        helper.make_node("MaxPool", [numbers], [f"{numbers}_pooled"], **_POOLS),
        helper.make_node("QuantizeLinear", [f"{numbers}_pooled", *rounds.input[1:]], largest.output),
    ]
    made = _replaced(model, found, nodes, _join)
    return made if in_phases(made) == model else model


def _passed(model: ModelProto, kinds: Sequence[str]) -> list[NodeProto]:
    """Return the nodes of these kinds that follow the bytes of the images, each alone in it; else none."""
    found: list[NodeProto] = []
    passed = model.graph.input[0].name
    for kind in ("QuantizeLinear", *kinds):
        after = [node for node in model.graph.node if passed in node.input]
        if [node.op_type for node in after] != [kind]:
            return []
        found += after
        passed = after[0].output[0]
    return found[1:]


def _does(node: NodeProto, wanted: Mapping[str, Any]) -> bool:
    said = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    return all(said.get(name) == value for name, value in wanted.items())


def _replaced(
    model: ModelProto,
    old: Sequence[NodeProto],
    new: Sequence[NodeProto],
    turn: Callable[[Array], Array],
) -> ModelProto:
    """Return the model with other nodes where some end, and what the convolution has learned turned."""
    made = ModelProto()
    made.CopyFrom(model)
    del made.graph.node[:]
    for node in model.graph.node:
        made.graph.node.extend(new if node == old[-1] else [] if node in old else [node])
    (convolves,) = (node for node in old if node.op_type == "Conv")
    for one in _learned(made, convolves):
        one.CopyFrom(numpy_helper.from_array(turn(numpy_helper.to_array(one)), one.name))
    return made


def _learned(model: ModelProto, convolves: NodeProto) -> list[TensorProto]:
    """Return what a convolution has learned: filters and biases, with the scales and zeros of both."""
    makers = [node for node in model.graph.node if node.output[0] in convolves.input[1:]]
    names = {name for node in makers for name in node.input}
    return [one for one in model.graph.initializer if one.name in names]


def _is_parted(learned: TensorProto) -> bool:
    """Whether an array has a shape that `_part` returns."""
    maps, window = list(learned.dims[:1]), list(learned.dims[1:])
    return any(maps) and maps[0] % _PHASES == 0 and window in ([], [_PHASES, _CELLS, _CELLS])


def _part(learned: Array) -> Array:
    """Return filters (m, 1, 5, 5) as (4m, 4, 3, 3), or what else there is for each map (m,) as (4m,)."""
    if learned.ndim == 1:
        return np.tile(learned, _PHASES)
    maps = len(learned)
    wide = np.zeros((_POOL, _POOL, maps, _WIDE, _WIDE), learned.dtype)
    for a in range(_POOL):
        for b in range(_POOL):
            wide[a, b, :, a : a + _WINDOW, b : b + _WINDOW] = learned[:, 0]
    cells = wide.reshape(_PHASES * maps, _CELLS, _POOL, _CELLS, _POOL).transpose(0, 2, 4, 1, 3)
    return cells.reshape(-1, _PHASES, _CELLS, _CELLS)


def _join(learned: Array) -> Array:
    """Return what `_part` was given."""
    maps = len(learned) // _PHASES
    if learned.ndim == 1:
        return learned[:maps]
    cells = learned[:maps].reshape(maps, _POOL, _POOL, _CELLS, _CELLS).transpose(0, 3, 1, 4, 2)
    return cells.reshape(maps, 1, _WIDE, _WIDE)[:, :, :_WINDOW, :_WINDOW]
