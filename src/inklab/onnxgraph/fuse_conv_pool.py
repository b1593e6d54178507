"""Phases: a first convolution and the pooling after it, computed where four pixels are one.

To gather 25 numbers at each of 784 places takes longer than to multiply them. So the image is laid out as
four of half its size, its phases: the pixels of its even and of its odd rows and columns. There a window of
3 x 3 places holds all that the four windows of a pool look at, each map becomes four, and the largest of the
four is what the pool would keep:

    max over a, b in {0, 1} of  sum over y, x of  w[y, x] image[2i + a + y - 2, 2j + b + x - 2]

The sums are of the same whole numbers, so no answer changes by a bit.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

Array = NDArray[Any]

_WINDOW, _POOL, _WIDE = 5, 2, 6
"""What a convolution looks at, a pool, and all windows of a pool together, in pixels."""
_PHASES, _PLACES = _POOL**2, _WIDE // _POOL
_ONES = {"strides": [1, 1], "dilations": [1, 1]}
_CONVOLUTION: Mapping[str, Any] = {**_ONES, "kernel_shape": [_WINDOW] * 2, "pads": [2] * 4}
_OF_PHASES: Mapping[str, Any] = {**_ONES, "kernel_shape": [_PLACES] * 2, "pads": [1] * 4}
_POOLING: Mapping[str, Any] = {**_ONES, "kernel_shape": [_POOL] * 2, "pads": [0] * 4, "strides": [_POOL] * 2}

_WHOLE = ("DequantizeLinear", "Conv", "QuantizeLinear", "DequantizeLinear", "MaxPool", "QuantizeLinear")
_PARTED = ("SpaceToDepth", "DequantizeLinear", "Conv", "QuantizeLinear", "Split", "Max")
"""What the bytes of the images pass, before and after."""


def fuse_conv_pool(model: ModelProto) -> ModelProto:
    """Return a network of eight bits with its first convolution in phases, or as it is where that cannot be.

    It can if the convolution looks at 5 x 5 pixels of the images themselves, and a pool of 2 x 2 follows.

    Args:
        model: for images of an even size, as `quantize_static_int8` makes it; stays as it is.
    """
    passed = _passed(model.graph, _WHOLE)
    if not passed:
        return model
    reads, convolves, rounds, reads_again, pools, rounds_again = passed
    alike = rounds.input[1:] == reads_again.input[1:] == rounds_again.input[1:]
    can_be = alike and _has(convolves, _CONVOLUTION) and _has(pools, _POOLING)
    if not can_be or not _learned(model.graph, convolves):
        return model
    image, largest = reads.input[0], rounds_again.output[0]
    phases, four = f"{image}_phases", [f"{largest}_{number}" for number in range(_PHASES)]
    nodes = [
        helper.make_node("SpaceToDepth", [image], [phases], blocksize=_POOL),
        helper.make_node("DequantizeLinear", [phases, *reads.input[1:]], reads.output),
        helper.make_node("Conv", convolves.input, convolves.output, **_OF_PHASES),
        rounds,
        helper.make_node("Split", rounds.output, four, axis=1, num_outputs=_PHASES),
        helper.make_node("Max", four, [largest]),
    ]
    return _replaced(model, passed, nodes, _part)


def unfuse_conv_pool(model: ModelProto) -> ModelProto:
    """Return the network that `fuse_conv_pool` made this one of, or this where it did not."""
    passed = _passed(model.graph, _PARTED)
    if not passed:
        return model
    parts, reads, convolves, rounds, _, keeps_largest = passed
    learned = _learned(model.graph, convolves)
    if not learned or not all(_is_parted(one) for one in learned):
        return model
    rounded, numbers = rounds.output[0], f"{rounds.output[0]}_numbers"
    nodes = [
        helper.make_node("DequantizeLinear", [parts.input[0], *reads.input[1:]], reads.output),
        helper.make_node("Conv", convolves.input, convolves.output, **_CONVOLUTION),
        rounds,
        helper.make_node("DequantizeLinear", [rounded, *rounds.input[1:]], [numbers]),
        helper.make_node("MaxPool", [numbers], [f"{numbers}_pooled"], **_POOLING),
        helper.make_node("QuantizeLinear", [f"{numbers}_pooled", *rounds.input[1:]], keeps_largest.output),
    ]
    made = _replaced(model, passed, nodes, _join)
    return made if fuse_conv_pool(made) == model else model


def _passed(graph: GraphProto, kinds: Sequence[str]) -> list[NodeProto]:
    """Return the nodes of these kinds that follow the bytes of the images, if nothing else reads between."""
    uses = _uses(graph)
    passed: list[NodeProto] = []
    name = graph.input[0].name
    for kind in ("QuantizeLinear", *kinds):
        after = [node for node in graph.node if name in node.input]
        read_once = all(uses[one] == 1 for node in passed for one in node.output)
        if [node.op_type for node in after] != [kind] or not read_once:
            return []
        passed += after
        name = after[0].output[0]
    return passed[1:]


def _learned(graph: GraphProto, convolves: NodeProto) -> list[TensorProto]:
    """Return filters and biases, with the scales and zeros of both, if nothing else reads them."""
    uses, makers = _uses(graph), {name: node for node in graph.node for name in node.output}
    known = {one.name: one for one in graph.initializer}
    found: list[TensorProto] = []
    for name in convolves.input[1:]:
        maker = makers.get(name)
        if maker is None or maker.op_type != "DequantizeLinear" or not _has(maker, {"axis": 0}):
            return []
        if not set(maker.input) <= set(known) or any(uses[one] != 1 for one in (name, *maker.input)):
            return []
        found += [known[one] for one in maker.input]
    return found


def _uses(graph: GraphProto) -> Counter[str]:
    """Return how often each tensor is read, by a node or by who runs the network."""
    read = [name for node in graph.node for name in node.input]
    return Counter([*read, *(one.name for one in graph.output)])


def _has(node: NodeProto, attributes: Mapping[str, Any]) -> bool:
    """Whether all of these attributes are said of a node."""
    said = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    return all(said.get(name) == value for name, value in attributes.items())


def _replaced(
    model: ModelProto, old: Sequence[NodeProto], new: Sequence[NodeProto], turn: Callable[[Array], Array]
) -> ModelProto:
    """Return a model with new nodes where the old ones end, and what the convolution has learned turned."""
    made = ModelProto()
    made.CopyFrom(model)
    del made.graph.node[:]
    for node in model.graph.node:
        made.graph.node.extend(new if node == old[-1] else [] if node in old else [node])
    (convolves,) = (node for node in new if node.op_type == "Conv")
    for one in _learned(made.graph, convolves):
        one.CopyFrom(numpy_helper.from_array(turn(numpy_helper.to_array(one)), one.name))
    return made


def _is_parted(learned: TensorProto) -> bool:
    """Whether an array has a shape that `_part` returns."""
    maps, window = list(learned.dims[:1]), list(learned.dims[1:])
    return any(maps) and maps[0] % _PHASES == 0 and window in ([], [_PHASES, _PLACES, _PLACES])


def _part(learned: Array) -> Array:
    """Return filters (m, 1, 5, 5) as (4m, 4, 3, 3), or what else is said of m maps as (4m,)."""
    if learned.ndim == 1:
        return np.tile(learned, _PHASES)
    wide = np.zeros((_POOL, _POOL, len(learned), _WIDE, _WIDE), learned.dtype)
    for a in range(_POOL):
        for b in range(_POOL):
            wide[a, b, :, a : a + _WINDOW, b : b + _WINDOW] = learned[:, 0]
    cells = wide.reshape(-1, _PLACES, _POOL, _PLACES, _POOL)  # (4m, place down, phase down, across, across)
    return cells.transpose(0, 2, 4, 1, 3).reshape(-1, _PHASES, _PLACES, _PLACES)


def _join(learned: Array) -> Array:
    """Return what `_part` was given."""
    first = learned[: len(learned) // _PHASES]  # those whose windows begin at even rows and columns
    if learned.ndim == 1:
        return first
    cells = first.reshape(-1, _POOL, _POOL, _PLACES, _PLACES).transpose(0, 3, 1, 4, 2)
    return cells.reshape(-1, 1, _WIDE, _WIDE)[:, :, :_WINDOW, :_WINDOW]
