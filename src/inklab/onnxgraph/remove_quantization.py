"""Unrounded: a network of eight bits as it would compute, were nothing rounded between its layers.

Only before it is rounded is a number exactly the sum that it is said to be, and one pixel changes an
answer by less than rounding does.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, helper, numpy_helper

from inklab.errors import ArtifactError
from inklab.onnxgraph.fuse_conv_pool import unfuse_conv_pool

_SUMS = {"Conv", "Gemm", "MatMul", "Add"}

Arrays = Mapping[str, NDArray[Any]]


def remove_quantization(model: ModelProto) -> ModelProto:
    """Return a network of floats: weights are those of eight bits, and what is between layers is any number.

    Bytes whose zero is the least that they hold have no place for what is below it, and so rectify the sums
    that are rounded to them; there a Relu is put. What is larger than the bytes hold is kept. What is
    computed in phases is whole again.

    Args:
        model: an artifact's network; one without rounding comes back as it is.

    Raises:
        ArtifactError: numbers come out of bytes that were not rounded to them.
    """
    model = unfuse_conv_pool(model)
    made = ModelProto()
    made.CopyFrom(model)
    learned = {one.name: numpy_helper.to_array(one) for one in made.graph.initializer}
    makers = {name: node for node in model.graph.node for name in node.output}
    answers = {one.name for one in model.graph.output}
    same: dict[str, str] = {}  # of what is left out: the numbers that it rounded
    del made.graph.node[:]
    for node in model.graph.node:
        if node.op_type == "QuantizeLinear":
            continue
        if node.op_type != "DequantizeLinear":
            kept = made.graph.node.add()
            kept.CopyFrom(node)
            for place, name in enumerate(kept.input):
                kept.input[place] = same.get(name, name)
        elif set(node.input) <= set(learned):
            made.graph.initializer.append(numpy_helper.from_array(_weights(node, learned), node.output[0]))
        else:
            before = makers.get(node.input[0])
            if before is None or before.op_type != "QuantizeLinear" or not _undoes(node, before, learned):
                raise ArtifactError("the network has bytes that are no rounded numbers; it cannot be opened")
            source = same.get(before.input[0], before.input[0])
            if _rectifies(node, learned) and source in makers and makers[source].op_type in _SUMS:
                made.graph.node.append(helper.make_node("Relu", [source], [node.output[0]]))
            elif node.output[0] in answers:
                made.graph.node.append(helper.make_node("Identity", [source], [node.output[0]]))
            else:
                same[node.output[0]] = source
    return made


def _undoes(node: NodeProto, before: NodeProto, learned: Arrays) -> bool:
    """Whether a DequantizeLinear has the scale, one above 0, and the zero of the QuantizeLinear before it."""
    if not {*node.input[1:], *before.input[1:]} <= set(learned) or len(node.input) != len(before.input):
        return False
    pairs = zip(node.input[1:], before.input[1:], strict=True)
    alike = all(learned[one].ndim == 0 and learned[one] == learned[other] for one, other in pairs)
    return alike and bool(learned[node.input[1]] > 0)


def _weights(node: NodeProto, learned: Arrays) -> NDArray[np.float32]:
    """Return scale * (q - zero), with a scale for each slice along an axis, or one for all."""
    q, scale, *zeros = (learned[name].astype(np.float64) for name in node.input)
    axis = next((one.i for one in node.attribute if one.name == "axis"), 1)
    shape = [1] * q.ndim
    try:
        if scale.ndim:
            shape[axis] = q.shape[axis]
        zero = zeros[0].reshape(shape) if zeros else 0
        return np.asarray(scale.reshape(shape) * (q - zero), np.float32)
    except (IndexError, ValueError):
        raise ArtifactError(
            f"{node.input[0]} has no scale for each slice along axis {axis}; it is damaged"
        ) from None


def _rectifies(node: NodeProto, learned: Arrays) -> bool:
    """Whether bytes hold nothing below zero."""
    zero = learned[node.input[2]] if len(node.input) > 2 else np.uint8(0)  # noqa: PLR2004  (x, scale, zero)
    return bool(zero == np.iinfo(zero.dtype).min)
