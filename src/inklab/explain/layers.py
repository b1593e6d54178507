"""LayerInspector: run an artifact's ONNX network and return the output of every layer."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, helper, numpy_helper

from inklab.constants import IMAGE_SIZE
from inklab.errors import ArtifactError
from inklab.onnxgraph.remove_quantization import remove_quantization
from inklab.recognition import Artifact, OnnxModel, open_session, run_session

Floats: TypeAlias = NDArray[np.float32]
Kind: TypeAlias = Literal["convolution", "pooling", "batch norm", "ReLU", "fully connected"]

_KINDS: Mapping[str, tuple[Kind, str]] = {  # operator -> kind, and the prefix of a name
    "Conv": ("convolution", "conv"),
    "MaxPool": ("pooling", "pool"),
    "BatchNormalization": ("batch norm", "norm"),
    "Relu": ("ReLU", "relu"),
    "Gemm": ("fully connected", "fc"),
    "MatMul": ("fully connected", "fc"),
}
_RESHAPES = {"Reshape", "Flatten"}
_BATCH_SIZE = 100
_AXES = 3  # maps, rows, columns
_MAX_MESSAGE = 200


@dataclass(frozen=True, eq=False, kw_only=True)
class Layer:
    """One layer of a network, as it acts on a single image. A fully connected unit is a map of one pixel."""

    name: str
    kind: Kind
    shape: tuple[int, int, int]
    input_shape: tuple[int, int, int]
    """Output and input shape: maps, rows, columns."""
    parameters: int
    filters: Floats | None = field(repr=False)
    """(maps, input maps or 1, rows, columns): the weights; None for pooling and ReLU."""
    biases: Floats | None = field(repr=False)
    """(maps,)."""
    kernel_size: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    """Rows of zeros above the input, and columns of zeros to its left."""
    source: str = field(repr=False)
    output: str = field(repr=False)
    """Names of the input and the output tensor."""


class LayerInspector:
    """The layers of an artifact's network, and their outputs for an image. It is thread-safe.

    `layers` lists the operators that lie on every path from the image to the logits. Parallel branches, such
    as the samples of DropConnect, are not listed. An int8 network is shown without its quantization, so its
    logits differ slightly from those of the artifact.

    Raises:
        ArtifactError: no layer lies on every path, onnxruntime cannot run the network with its layers as
            outputs, or the file violates the ONNX specification.
    """

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact
        try:
            self._open(artifact)
        except (ValueError, IndexError, KeyError, TypeError, OverflowError) as error:  # a malformed ONNX file
            reason = " ".join(str(error).split())[:_MAX_MESSAGE]
            raise ArtifactError(f"the network cannot be inspected: {reason}") from None

    def _open(self, artifact: Artifact) -> None:
        model = remove_quantization(onnx.load_from_string(artifact.onnx))
        self.network = OnnxModel(model.SerializeToString())
        steps = list(_steps(model))
        if not steps:
            raise ArtifactError(
                f"{artifact.card.name} has no layer on every path from image to logits; ensembles and "
                "test-time augmentation have none. Inspect a single member instead."
            )
        self._input = model.graph.input[0].name
        tensors = {name for node, source in steps for name in (source, node.output[0])}
        self._names = sorted(tensors - {self._input})
        for name in set(self._names) - {output.name for output in model.graph.output}:
            model.graph.output.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
        self._session = open_session(model.SerializeToString())
        self.layers = tuple(self._layers(model, steps))

    def activations(self, image: NDArray[np.uint8]) -> Mapping[str, Floats]:
        """Return the input and output of every layer for an image (28, 28) uint8, ink 255 on background 0.

        Returns:
            Tensor name -> (maps, rows, columns) float32.
        """
        scaled = _scaled(image[np.newaxis])
        maps = {self._input: scaled[0]}
        outputs = run_session(self._session, self._names, {self._input: scaled})
        for name, output in zip(self._names, outputs, strict=True):
            maps[name] = output[0].reshape(output.shape[1:] + (1,) * (4 - output.ndim))  # of units (n, 1, 1)
        return maps

    def penultimate_features(self, images: NDArray[np.uint8]) -> Floats:
        """Return the last layer's inputs for images (n, 28, 28): (n, d); for a single layer the pixels."""
        scaled, source = _scaled(images), self.layers[-1].source
        if source == self._input:
            return scaled.reshape(len(images), -1)
        batches = np.split(scaled, range(_BATCH_SIZE, len(scaled), _BATCH_SIZE))
        features = [run_session(self._session, [source], {self._input: batch})[0] for batch in batches]
        return np.concatenate(features).reshape(len(images), -1)

    def _layers(self, model: ModelProto, steps: list[tuple[NodeProto, str]]) -> Iterator[Layer]:
        weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
        blank = self.activations(np.zeros((IMAGE_SIZE, IMAGE_SIZE), np.uint8))
        shapes = {name: maps.shape for name, maps in blank.items()}
        numbers = Counter[str]()
        for node, source in steps:
            kind, prefix = _KINDS[node.op_type]
            numbers[prefix] += 1
            names = [name for name in node.input[1:] if name in weights]
            attributes = _attributes(node)
            if {len(shapes[node.output[0]]), len(shapes[source])} != {_AXES}:
                raise ArtifactError("the network has layers whose outputs are not maps of rows and columns")
            filters, biases = _filters(node, attributes, [weights[name] for name in names], shapes[source])
            module = names[0].rpartition(".")[0] if names else ""  # conv1 of conv1.weight
            kernel = attributes.get("kernel_shape", (1, 1)) if filters is None else filters.shape[2:]
            yield Layer(
                name=module or f"{prefix}{numbers[prefix]}",
                kind=kind,
                shape=shapes[node.output[0]],
                input_shape=shapes[source],
                parameters=sum(weights[name].size for name in names),
                filters=filters,
                biases=biases,
                kernel_size=tuple(kernel),
                stride=tuple(attributes.get("strides", (1, 1))),
                padding=tuple(attributes.get("pads", (0, 0)))[:2],
                source=source,
                output=node.output[0],
            )


def _steps(model: ModelProto) -> Iterator[tuple[NodeProto, str]]:
    """Yield the layers that lie on every path from the image to the logits, each with its input tensor.

    ONNX lists nodes in an order in which they can be computed. A node lies on every path if, once it is
    computed, no other tensor that depends on the image is still needed.
    """
    graph = model.graph
    uses = Counter(name for node in graph.node if node.op_type != "Shape" for name in node.input)
    weights = {tensor.name for tensor in graph.initializer}
    needed = {graph.input[0].name}
    unreshaped: dict[str, str] = {}  # a reshaped tensor -> the tensor with the same numbers before it
    for node in graph.node:
        if node.op_type == "Shape" or not needed & set(node.input):
            continue
        for name in node.input:
            uses[name] -= 1
        needed = {name for name in needed if uses[name]} | set(node.output[:1])
        source = unreshaped.get(node.input[0], node.input[0])
        if node.op_type in _RESHAPES:
            unreshaped[node.output[0]] = source
        elif needed == {node.output[0]} and _is_supported(node, weights):
            yield node, source


def _is_supported(node: NodeProto, weights: set[str]) -> bool:
    """Whether the node is a layer that `explain_unit` can explain."""
    if node.op_type not in _KINDS or not set(node.input[1:]) <= weights:
        return False
    attributes = _attributes(node)
    is_plain = attributes.get("auto_pad", b"NOTSET") == b"NOTSET" and attributes.get("group", 1) == 1
    return is_plain and set(attributes.get("dilations", (1,))) == {1} and not attributes.get("transA", 0)


def _attributes(node: NodeProto) -> dict[str, Any]:
    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}


def _filters(
    node: NodeProto, attributes: Mapping[str, Any], weights: list[NDArray[Any]], input_shape: tuple[int, ...]
) -> tuple[Floats | None, Floats | None]:
    """Return filters and biases, such that each output is sum(filter * window) + bias; None without any."""
    match node.op_type:
        case "Conv":
            return weights[0], weights[1] if len(weights) > 1 else None
        case "BatchNormalization":
            scale, shift, mean, variance = (tensor.astype(np.float64) for tensor in weights)
            factor = scale / np.sqrt(variance + attributes.get("epsilon", 1e-5))  # (maps,)
            filters, biases = factor.reshape(-1, 1, 1, 1), shift - mean * factor
            return filters.astype(np.float32), biases.astype(np.float32)
        case "Gemm" | "MatMul":
            if weights[0].ndim != 2:  # noqa: PLR2004  (a matrix)
                raise ArtifactError("the network multiplies by several matrices at once")
            matrix = weights[0] if attributes.get("transB", 0) else weights[0].T  # (units, inputs)
            biases = None
            if len(weights) > 1:
                biases = np.broadcast_to(attributes.get("beta", 1.0) * weights[1], (1, len(matrix))).ravel()
            filters = attributes.get("alpha", 1.0) * matrix
            return filters.reshape(-1, *input_shape).astype(np.float32), biases
        case _:
            return None, None


def _scaled(images: NDArray[np.uint8]) -> Floats:
    """Return images (n, h, w) as network inputs (n, 1, h, w) in [0, 1]."""
    return images[:, np.newaxis].astype(np.float32) / np.float32(255)
