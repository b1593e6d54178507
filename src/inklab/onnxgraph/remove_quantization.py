"""Turn a quantized network into one of floats that rounds nothing between its layers.

Explanations need exact sums, and a single pixel may change the output by less than the rounding.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, helper, numpy_helper

from inklab.errors import ArtifactError
from inklab.onnxgraph.fuse_conv_pool import unfuse_conv_pool

_SUMS = {"Conv", "Gemm", "MatMul", "Add"}

Arrays = Mapping[str, NDArray[Any]]


def remove_quantization(model: ModelProto) -> ModelProto:
    """Return the network in floats: it keeps the rounded weights, and rounds no activation.

    An activation whose zero point is the smallest integer cannot be negative, so its quantization acts as a
    ReLU; the result has a Relu node there. Activations above the quantized range are kept. A fused first
    convolution is unfused. A network without quantization comes back unchanged.

    Raises:
        ArtifactError: a node dequantizes integers that no node quantized.
    """
    model = unfuse_conv_pool(model)
    result = deepcopy(model)
    del result.graph.node[:]
    initializers = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    producers = {name: node for node in model.graph.node for name in node.output}
    outputs = {output.name for output in model.graph.output}
    sources: dict[str, str] = {}  # output of a removed node -> the tensor that it was quantized from
    for node in model.graph.node:
        if node.op_type == "QuantizeLinear":
            continue
        if node.op_type != "DequantizeLinear":
            kept = result.graph.node.add()
            kept.CopyFrom(node)
            kept.input[:] = [sources.get(name, name) for name in node.input]
        elif set(node.input) <= set(initializers):
            weights = numpy_helper.from_array(_dequantize(node, initializers), node.output[0])
            result.graph.initializer.append(weights)
        else:
            quantize = producers.get(node.input[0])
            if quantize is None or not _is_inverse(node, quantize, initializers):
                raise ArtifactError("the network dequantizes integers that no node quantized; cannot open it")
            source = sources.get(quantize.input[0], quantize.input[0])
            after_sum = source in producers and producers[source].op_type in _SUMS
            if after_sum and _acts_as_relu(node, initializers):
                result.graph.node.append(helper.make_node("Relu", [source], [node.output[0]]))
            elif node.output[0] in outputs:
                result.graph.node.append(helper.make_node("Identity", [source], [node.output[0]]))
            else:
                sources[node.output[0]] = source
    return result


def _is_inverse(dequantize: NodeProto, quantize: NodeProto, initializers: Arrays) -> bool:
    """Whether both nodes have the same zero point and the same positive scale, one for all numbers."""
    parameters, others = dequantize.input[1:], quantize.input[1:]
    is_alike = quantize.op_type == "QuantizeLinear" and len(parameters) == len(others)
    if not is_alike or not {*parameters, *others} <= set(initializers):
        return False
    values, expected = ([initializers[name] for name in names] for names in (parameters, others))
    are_equal = all(a.ndim == 0 and a == b for a, b in zip(values, expected, strict=True))
    return are_equal and bool(values[0] > 0)


def _dequantize(node: NodeProto, initializers: Arrays) -> NDArray[np.float32]:
    """Return scale * (q - zero point), with one scale, or one for each slice along an axis."""
    q, scale, *zero_points = (initializers[name].astype(np.float64) for name in node.input)
    axis = next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 1)
    shape = [1] * q.ndim
    try:
        if scale.ndim:
            shape[axis] = q.shape[axis]
        zero_point = zero_points[0].reshape(shape) if zero_points else 0
        return np.asarray(scale.reshape(shape) * (q - zero_point), np.float32)
    except (IndexError, ValueError):
        problem = f"{node.input[0]} lacks a scale for each slice along axis {axis}"
        raise ArtifactError(f"{problem}; the file is damaged") from None


def _acts_as_relu(node: NodeProto, initializers: Arrays) -> bool:
    """Whether the zero point is the smallest integer, so that no negative number can be represented."""
    zero_point = initializers[node.input[2]] if len(node.input) > 2 else np.uint8(0)  # noqa: PLR2004
    return bool(zero_point == np.iinfo(zero_point.dtype).min)
