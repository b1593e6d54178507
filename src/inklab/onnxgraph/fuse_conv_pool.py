"""Compute a first convolution and its max pooling as one convolution over 2 x 2 space-to-depth.

A 5 x 5 convolution gathers 25 pixels at each of 784 positions, which takes longer than the multiplications.
SpaceToDepth turns the image into four half-size images, the pixels of even and odd rows and columns. There,
one 3 x 3 window covers all pixels of the four positions that a 2 x 2 pool compares. The fused convolution has
four maps for each original map, one per pooled position; an elementwise maximum replaces the pooling:

    max over a, b in {0, 1} of  sum over y, x of  w[y, x] image[2i + a + y - 2, 2j + b + x - 2]

A quantized network sums integers, so its outputs stay identical bit for bit.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

Array = NDArray[Any]

_KERNEL, _POOL = 5, 2
_POSITIONS = _POOL**2  # positions of a pool, and channels of the space-to-depth input
_WINDOW = _KERNEL + _POOL - 1  # side of the window of all positions of a pool, in pixels
_FUSED_KERNEL = _WINDOW // _POOL
_UNIT = {"strides": [1, 1], "dilations": [1, 1]}
_CONV: Mapping[str, Any] = {**_UNIT, "kernel_shape": [_KERNEL] * 2, "pads": [2] * 4}
_FUSED_CONV: Mapping[str, Any] = {**_UNIT, "kernel_shape": [_FUSED_KERNEL] * 2, "pads": [1] * 4}
_MAX_POOL: Mapping[str, Any] = {**_UNIT, "kernel_shape": [_POOL] * 2, "pads": [0] * 4, "strides": [_POOL] * 2}

# The operators after the quantized images, before and after the fusion.
_OPERATORS = ("DequantizeLinear", "Conv", "QuantizeLinear", "DequantizeLinear", "MaxPool", "QuantizeLinear")
_FUSED_OPERATORS = ("SpaceToDepth", "DequantizeLinear", "Conv", "QuantizeLinear", "Split", "Max")


def fuse_conv_pool(model: ModelProto) -> ModelProto:
    """Return a quantized network with its first convolution and pooling fused; the argument is not changed.

    The same object comes back unless it begins with a 5 x 5 convolution of images of an even size and a 2 x 2
    max pooling, as `quantize_static_int8` returns them.
    """
    nodes = _nodes_after_input(model.graph, _OPERATORS)
    if not nodes:
        return model
    dequantize, conv, quantize, dequantize_again, pool, quantize_again = nodes
    same_scale = quantize.input[1:] == dequantize_again.input[1:] == quantize_again.input[1:]
    matches = same_scale and _has_attributes(conv, _CONV) and _has_attributes(pool, _MAX_POOL)
    if not matches or not _conv_parameters(model.graph, conv):
        return model
    image, pooled = dequantize.input[0], quantize_again.output[0]
    phases = f"{image}_phases"  # exported networks hold this name, and `unfuse_conv_pool` compares names
    positions = [f"{pooled}_{position}" for position in range(_POSITIONS)]
    fused = [
        helper.make_node("SpaceToDepth", [image], [phases], blocksize=_POOL),
        helper.make_node("DequantizeLinear", [phases, *dequantize.input[1:]], dequantize.output),
        helper.make_node("Conv", conv.input, conv.output, **_FUSED_CONV),
        quantize,
        helper.make_node("Split", quantize.output, positions, axis=1, num_outputs=_POSITIONS),
        helper.make_node("Max", positions, [pooled]),
    ]
    return _replace_nodes(model, nodes, fused, _fuse_parameter)


def unfuse_conv_pool(model: ModelProto) -> ModelProto:
    """Return the network from which `fuse_conv_pool` made this one, or the same object if it did not."""
    nodes = _nodes_after_input(model.graph, _FUSED_OPERATORS)
    if not nodes:
        return model
    space_to_depth, dequantize, conv, quantize, _, maximum = nodes
    parameters = _conv_parameters(model.graph, conv)
    if not parameters or not all(map(_has_fused_shape, parameters)):
        return model
    image, quantized = space_to_depth.input[0], quantize.output[0]
    dequantized, pooled = f"{quantized}_numbers", f"{quantized}_numbers_pooled"
    unfused = [
        helper.make_node("DequantizeLinear", [image, *dequantize.input[1:]], dequantize.output),
        helper.make_node("Conv", conv.input, conv.output, **_CONV),
        quantize,
        helper.make_node("DequantizeLinear", [quantized, *quantize.input[1:]], [dequantized]),
        helper.make_node("MaxPool", [dequantized], [pooled], **_MAX_POOL),
        helper.make_node("QuantizeLinear", [pooled, *quantize.input[1:]], maximum.output),
    ]
    original = _replace_nodes(model, nodes, unfused, _unfuse_parameter)
    return original if fuse_conv_pool(original) == model else model


def _nodes_after_input(graph: GraphProto, operators: Sequence[str]) -> list[NodeProto]:
    """Return the chain of these operators after the quantized images; [] if other nodes read inside it."""
    uses, name = _use_counts(graph), graph.input[0].name
    chain: list[NodeProto] = []
    for operator in ("QuantizeLinear", *operators):
        readers = [node for node in graph.node if name in node.input]
        read_once = all(uses[output] == 1 for node in chain for output in node.output)
        if [node.op_type for node in readers] != [operator] or not read_once:
            return []
        chain += readers
        name = readers[0].output[0]
    return chain[1:]


def _conv_parameters(graph: GraphProto, conv: NodeProto) -> list[TensorProto]:
    """Return the weights and biases of a convolution, with their scales and zero points.

    The list is empty if another node reads one of them, or if they are not quantized per map.
    """
    uses, producers = _use_counts(graph), {name: node for node in graph.node for name in node.output}
    initializers = {tensor.name: tensor for tensor in graph.initializer}
    parameters: list[TensorProto] = []
    for name in conv.input[1:]:
        producer = producers.get(name, NodeProto())
        is_per_map = producer.op_type == "DequantizeLinear" and _has_attributes(producer, {"axis": 0})
        is_read_once = all(uses[tensor] == 1 for tensor in (name, *producer.input))
        if not (is_per_map and is_read_once and set(producer.input) <= set(initializers)):
            return []
        parameters += [initializers[tensor] for tensor in producer.input]
    return parameters


def _use_counts(graph: GraphProto) -> Counter[str]:
    """Return how often each tensor is read, by a node or as an output of the graph."""
    inputs = (name for node in graph.node for name in node.input)
    return Counter([*inputs, *(output.name for output in graph.output)])


def _has_attributes(node: NodeProto, expected: Mapping[str, Any]) -> bool:
    attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    return all(attributes.get(name) == value for name, value in expected.items())


def _replace_nodes(
    model: ModelProto, old: Sequence[NodeProto], new: Sequence[NodeProto], convert: Callable[[Array], Array]
) -> ModelProto:
    """Return a copy with new nodes in place of the old ones, and the parameters of their Conv converted."""
    copy = deepcopy(model)
    del copy.graph.node[:]
    for node in model.graph.node:
        copy.graph.node.extend(new if node == old[-1] else [] if node in old else [node])
    (conv,) = (node for node in new if node.op_type == "Conv")
    for tensor in _conv_parameters(copy.graph, conv):
        tensor.CopyFrom(numpy_helper.from_array(convert(numpy_helper.to_array(tensor)), tensor.name))
    return copy


def _has_fused_shape(parameter: TensorProto) -> bool:
    """Whether `_fuse_parameter` returns arrays of this shape."""
    maps, *kernel = parameter.dims or [0]
    return maps != 0 and maps % _POSITIONS == 0 and kernel in ([], [_POSITIONS, _FUSED_KERNEL, _FUSED_KERNEL])


def _fuse_parameter(parameter: Array) -> Array:
    """Return weights (m, 1, 5, 5) as (4m, 4, 3, 3), or another parameter of m maps as (4m,)."""
    if parameter.ndim == 1:
        return np.tile(parameter, _POSITIONS)
    windows = np.zeros((_POOL, _POOL, len(parameter), _WINDOW, _WINDOW), parameter.dtype)
    for a, b in np.ndindex(_POOL, _POOL):
        windows[a, b, :, a : a + _KERNEL, b : b + _KERNEL] = parameter[:, 0]
    blocks = windows.reshape(-1, *[_FUSED_KERNEL, _POOL] * 2)  # (4m, row, phase, column, phase)
    return blocks.transpose(0, 2, 4, 1, 3).reshape(-1, _POSITIONS, _FUSED_KERNEL, _FUSED_KERNEL)


def _unfuse_parameter(parameter: Array) -> Array:
    """Return the parameter from which `_fuse_parameter` made this one."""
    first = parameter[: len(parameter) // _POSITIONS]  # the maps of the position at even rows and columns
    if parameter.ndim == 1:
        return first
    blocks = first.reshape(-1, _POOL, _POOL, _FUSED_KERNEL, _FUSED_KERNEL).transpose(0, 3, 1, 4, 2)
    return blocks.reshape(-1, 1, _WINDOW, _WINDOW)[:, :, :_KERNEL, :_KERNEL]
