"""Quantize the convolutions of a network to 8-bit integers, which makes it smaller and faster."""

from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import QuantFormat, QuantType, quant_pre_process, quantize_static

from inklab.data.sampler import evenly_spaced
from inklab.errors import ArtifactError
from inklab.onnxgraph.fuse_conv_pool import fuse_conv_pool

MAX_IMAGES = 1024  # that set the ranges of the activations
_BATCH_SIZE = 64
_MIN_PRODUCTS = 64  # per output, from which a shifted zero point is faster; a first convolution has 25
_MAX_PAIR = 128  # sum of two weights: times an activation of 255 it is 32,640, and int16 holds up to 32,767


def quantize_static_int8(network: bytes, images: NDArray[np.uint8]) -> bytes:
    """Return an ONNX file whose convolutions, max poolings, and ReLUs compute with 8-bit integers.

        x ~ scale * (q - zero point),   q in [0, 255], scale from the largest activation of the images

    Weights have one scale per map and use seven bits, so that processors which add products in int16 do not
    overflow. Fully connected layers stay in float32. A first convolution is fused with its pooling, see
    `fuse_conv_pool`; see also `shift_weight_zero_points`.

    Args:
        network: an ONNX file, as `to_onnx` returns it for a network from `fold_batch_norm`.
        images: (n, 28, 28) uint8; up to `MAX_IMAGES` of them, evenly spaced, set the ranges.

    Raises:
        ArtifactError: the network has no convolution.

    Source: Jacob et al. 2018, Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-
    Only Inference.
    """
    model = onnx.load_from_string(network)
    if not any(node.op_type == "Conv" for node in model.graph.node):
        raise ArtifactError("the network has no convolution to quantize; export it without --int8")
    images = images[evenly_spaced(len(images), MAX_IMAGES)]  # because an image folder is sorted by digit
    with TemporaryDirectory() as folder:
        prepared, quantized = Path(folder, "prepared.onnx"), Path(folder, "quantized.onnx")
        quant_pre_process(model, prepared, skip_optimization=True, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            quantized,
            _image_reader(images, model.graph.input[0].name),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "MaxPool", "Relu"],
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return strip_metadata(fuse_conv_pool(shift_weight_zero_points(onnx.load(quantized))))


def shift_weight_zero_points(model: onnx.ModelProto) -> onnx.ModelProto:
    """Shift the integer weights of large convolutions and their zero points; return the changed model.

    The outputs stay the same. For zero points of 0, onnxruntime 1.32 uses its own kernels, which do not use
    AMX. For others it multiplies matrices: measured, 0.6 times the duration with AMX, and 1.14 times with
    VNNI alone.
    """
    producers = {node.output[0]: node for node in model.graph.node}
    initializers = {tensor.name: tensor for tensor in model.graph.initializer}
    shifts: dict[str, np.int8] = {}
    for node in model.graph.node:
        if node.op_type == "Conv":
            name, _, zero_point = producers[node.input[1]].input
            weights = onnx.numpy_helper.to_array(initializers[name])
            if weights[0].size >= _MIN_PRODUCTS:
                shifts[name] = shifts[zero_point] = _weight_shift(weights)
    for name, shift in shifts.items():
        values = onnx.numpy_helper.to_array(initializers[name])
        initializers[name].CopyFrom(onnx.numpy_helper.from_array(values + shift, name))
    return model


def strip_metadata(model: onnx.ModelProto) -> bytes:
    """Return the bytes of a network without metadata, docstrings, and non-standard operator sets."""
    standard = [opset for opset in model.opset_import if opset.domain in {"", "ai.onnx"}]
    del model.opset_import[:]
    model.opset_import.extend(standard)
    model.graph.ClearField("value_info")
    for message in (model, model.graph, *model.graph.node, *model.graph.initializer):
        message.ClearField("metadata_props")
        message.ClearField("doc_string")
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _weight_shift(weights: NDArray[np.int8]) -> np.int8:
    """Return the shift 1 or -1 of weights (m, k, h, w), or 0 if both could overflow int16.

    Processors without VNNI add the products of two weights in int16, with activations of up to 255.
    """
    in_order = weights.transpose(0, 2, 3, 1).reshape(len(weights), -1)  # in the order of multiplication
    pairs = np.pad(in_order, ((0, 0), (0, in_order.shape[1] % 2))).reshape(-1, 2).sum(axis=1, dtype=int)
    for shift in (1, -1):
        if np.abs(pairs + 2 * shift).max() <= _MAX_PAIR:
            return np.int8(shift)
    return np.int8(0)


def _image_reader(images: NDArray[np.uint8], name: str) -> SimpleNamespace:
    """Return an object whose `get_next` passes images to onnxruntime, one batch at a time, then None."""
    batches = (
        images[start : start + _BATCH_SIZE, np.newaxis] for start in range(0, len(images), _BATCH_SIZE)
    )
    inputs = ({name: batch.astype(np.float32) / np.float32(255)} for batch in batches)
    return SimpleNamespace(get_next=lambda: next(inputs, None))
