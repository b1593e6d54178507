"""Eight bits: a network that computes with small whole numbers, and is smaller and faster for it."""

from collections import OrderedDict
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import QuantFormat, QuantType, quant_pre_process, quantize_static
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from inklab.errors import ArtifactError
from inklab.onnxgraph.fuse_conv_pool import fuse_conv_pool

SEEN = 1024
"""So many images say how large the numbers become that a layer puts out."""
_BATCH = 64
_MANY = 64
"""Products for each number that a convolution puts out; a first one, with 25, is slower for another zero."""
_PAIR = 128
"""What two weights may add up to: with 255 for a byte, 32,640 of the 32,767 that sixteen bits hold."""
_ROUNDED = ("Conv", "MaxPool", "Relu")


def fold_batch_norm(model: nn.Module) -> nn.Module:
    """Return a network that answers as the model does, with each normalisation inside its convolution.

        relu(a max(W x) + b) = max(relu(a W x + b)),   a > 0

    What rises with its input may change places with taking the largest. Before that stands the convolution,
    into whose weights the normalisation goes, and which rectifies at no cost when it rounds.

    Args:
        model: stays as it is.
    """
    if isinstance(model, nn.Sequential):
        return _folded(model)
    copied = deepcopy(model).eval()
    for name, part in model.named_children():
        setattr(copied, name, fold_batch_norm(part))
    return copied


def quantize_static_int8(network: bytes, images: NDArray[np.uint8]) -> bytes:
    """Return a network whose convolutions, poolings and rectifiers have numbers of eight bits.

        x ~ scale * (q - zero),   q a byte,   the scale such that the largest that is seen is just held

    Weights have a scale for each map and seven bits, so that a processor that adds up products in sixteen
    bits does not overflow. What is fully connected, as the logits are, is computed as before. A first
    convolution goes into phases, see `fuse_conv_pool`; where products are many, the zero of weights is not 0.

    Args:
        network: an ONNX file, as `to_onnx` gives it of a folded model.
        images: (n, 28, 28) uint8; `SEEN` of them, evenly spaced, say how large numbers become.

    Returns:
        An ONNX file of standard operators: between QuantizeLinear and DequantizeLinear all is eight bits.

    Raises:
        ArtifactError: the network has no convolution.

    Source: Jacob et al. 2018, Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-
    Only Inference.
    """
    model = onnx.load_from_string(network)
    if not any(node.op_type == "Conv" for node in model.graph.node):
        raise ArtifactError(
            "the network has no convolution, so eight bits gain nothing; export it without them"
        )
    with TemporaryDirectory() as folder:
        prepared, written = Path(folder, "prepared.onnx"), Path(folder, "written.onnx")
        quant_pre_process(model, prepared, skip_optimization=True, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            written,
            _Images(images[_spread(len(images), SEEN)], model.graph.input[0].name),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(_ROUNDED),
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return strip_metadata(fuse_conv_pool(shift_weight_zero_points(onnx.load(written))))


def shift_weight_zero_points(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the same network, changed: weights of which many products are added up have another zero than 0.

    Where it is 0, onnxruntime 1.32 computes with code of its own that does not know AMX; where it is not, it
    multiplies matrices, which took 0.6 of the time with AMX, and 1.14 with VNNI alone. Weights move along, so
    that all numbers stay the same.
    """
    makers = {node.output[0]: node for node in model.graph.node}
    learned = {one.name: one for one in model.graph.initializer}
    moves: dict[str, np.int8] = {}
    for node in model.graph.node:
        if node.op_type == "Conv":
            name, _, zero = makers[node.input[1]].input
            filters = onnx.numpy_helper.to_array(learned[name])
            if filters[0].size >= _MANY:
                moves[name] = moves[zero] = _move(filters)
    for name, move in moves.items():
        values = onnx.numpy_helper.to_array(learned[name])
        learned[name].CopyFrom(onnx.numpy_helper.from_array(values + move, name))
    return model


def _move(filters: NDArray[np.int8]) -> np.int8:
    """Return 1 or -1, by which weights (m, k, h, w) can move, or 0 if that could overflow sixteen bits.

    Processors without VNNI add up the products of two weights at a time, with bytes of up to 255.
    """
    in_order = filters.transpose(0, 2, 3, 1).reshape(len(filters), -1)  # as they are multiplied: maps last
    pairs = np.pad(in_order, ((0, 0), (0, in_order.shape[1] % 2))).reshape(-1, 2).sum(axis=1, dtype=int)
    for move in (1, -1):
        if np.abs(pairs + 2 * move).max() <= _PAIR:
            return np.int8(move)
    return np.int8(0)


def _spread(n: int, most: int) -> NDArray[np.int64]:
    """Return which of n to take, evenly from the first to the last: those of a folder come digit by digit."""
    return np.linspace(0, n - 1, min(n, most)).astype(np.int64)


class _Images:
    """Hands images to onnxruntime, a batch at a time."""

    def __init__(self, images: NDArray[np.uint8], name: str) -> None:
        self._batches = (images[start : start + _BATCH] for start in range(0, len(images), _BATCH))
        self._name = name

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        batch = next(self._batches, None)
        if batch is None:
            return None
        return {self._name: batch[:, np.newaxis].astype(np.float32) / np.float32(255)}


def _folded(layers: nn.Sequential) -> nn.Sequential:
    kept: list[tuple[str, nn.Module]] = []
    for name, layer in deepcopy(layers).eval().named_children():
        at = len(kept)
        if kept and isinstance(kept[-1][1], nn.MaxPool2d) and _rises(layer):
            at -= 1
        owner, before = kept[at - 1] if at else ("", None)
        if isinstance(before, nn.Conv2d) and isinstance(layer, nn.BatchNorm2d):
            kept[at - 1] = owner, fuse_conv_bn_eval(before, layer)
        else:
            kept.insert(at, (name, layer))
    return nn.Sequential(OrderedDict(kept)).eval()


def _rises(layer: nn.Module) -> bool:
    """Whether what a layer puts out rises with what comes in, each number by itself."""
    return isinstance(layer, nn.ReLU) or (
        isinstance(layer, nn.BatchNorm2d) and bool((layer.weight > 0).all())
    )


def strip_metadata(model: onnx.ModelProto) -> bytes:
    """Return a network's bytes as an artifact may hold them: standard operators alone, and no notes."""
    standard = [one for one in model.opset_import if one.domain in {"", "ai.onnx"}]
    del model.opset_import[:]
    model.opset_import.extend(standard)
    model.graph.ClearField("value_info")
    for part in (model, model.graph, *model.graph.node, *model.graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    content: bytes = model.SerializeToString(deterministic=True)
    return content
