"""OpenNetwork: a network whose every layer can be seen at work on an image."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, helper, numpy_helper

from inklab.errors import ArtifactError
from inklab.onnxgraph.remove_quantization import remove_quantization
from inklab.recognition import Artifact, OnnxModel, open_session, run_session

Floats: TypeAlias = NDArray[np.float32]
Kind: TypeAlias = Literal["convolution", "pooling", "normalising", "rectifying", "fully connected"]

_KINDS: Mapping[str, Kind] = {
    "Conv": "convolution",
    "MaxPool": "pooling",
    "BatchNormalization": "normalising",
    "Relu": "rectifying",
    "Gemm": "fully connected",
    "MatMul": "fully connected",
}
_SHORT: Mapping[Kind, str] = {
    "convolution": "conv",
    "pooling": "pool",
    "normalising": "norm",
    "rectifying": "relu",
    "fully connected": "fc",
}
_BATCH = 100
_AXES = 3  # maps, rows, columns
_SAME_NUMBERS = {"Reshape", "Flatten"}


@dataclass(frozen=True, eq=False, kw_only=True)
class Layer:
    """One layer of an open network, as it acts on a single image."""

    name: str
    kind: Kind
    shape: tuple[int, int, int]
    """Of what it puts out: maps, rows, columns; a unit is a map of one pixel."""
    below: tuple[int, int, int]
    """Of what it looks at."""
    parameters: int
    filters: Floats | None = field(repr=False)
    """(maps, maps below or 1, rows, columns): what each map looks for; None where nothing is learned."""
    biases: Floats | None = field(repr=False)
    """(maps,): what is added to each map."""
    window: tuple[int, int]
    """Rows and columns that a pixel looks at."""
    stride: tuple[int, int] = (1, 1)
    margin: tuple[int, int] = (0, 0)
    """Rows and columns of nothing above and left of the layer below."""
    source: str = field(repr=False)
    """The tensor that it looks at."""
    output: str = field(repr=False)
    """The tensor that it puts out."""


class LayerInspector:
    """A network with its layers laid open; any number of threads may look at once.

    Layers are what every image passes on its way to the logits, one after the other. What happens beside that
    way, as in DropConnect's draws, is not listed. A network of eight bits is shown as it computes before it
    rounds, so its logits differ a little from the artifact's.

    Args:
        artifact: its network is taken apart.

    Raises:
        ArtifactError: no layer is passed by every image, onnxruntime cannot run it with its layers as
            outputs, or something in it is not as ONNX has it.
    """

    def __init__(self, artifact: Artifact) -> None:
        try:
            self._open(artifact)
        except (ValueError, IndexError, KeyError, TypeError, OverflowError) as error:  # whoever made it
            raise ArtifactError(
                f"the network cannot be opened: {' '.join(str(error).split())[:200]}"
            ) from None

    def _open(self, artifact: Artifact) -> None:
        model = remove_quantization(onnx.load_from_string(artifact.onnx))
        self.artifact = artifact
        self.network = OnnxModel(model.SerializeToString())
        steps = list(_steps(model))
        if not steps:
            raise ArtifactError(
                f"{artifact.card.name} has no layer that every image passes, as a committee and many "
                f"views have none; open one of its columns, or the network behind the views"
            )
        self._input = model.graph.input[0].name
        seen = {name for node, source in steps for name in (source, node.output[0])}
        self._names = sorted(seen - {self._input})
        for name in set(self._names) - {one.name for one in model.graph.output}:
            model.graph.output.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
        self._session = open_session(model.SerializeToString())
        self.layers = tuple(self._layers(model, steps))

    def look(self, image: NDArray[np.uint8]) -> Mapping[str, Floats]:
        """Return what every layer puts out and looks at: tensor -> (maps, rows, columns) float32.

        Args:
            image: (28, 28) uint8, ink 255 on 0.
        """
        scaled = image[np.newaxis, np.newaxis].astype(np.float32) / np.float32(255)  # (1, 1, 28, 28)
        found = run_session(self._session, self._names, {self._input: scaled})
        seen = {name: _as_maps(one) for name, one in zip(self._names, found, strict=True)}
        return {self._input: scaled[0], **seen}

    def penultimate_features(self, images: NDArray[np.uint8]) -> Floats:
        """Return what the last layer weighs, (n, d) float32; of a single layer the image.

        Args:
            images: (n, 28, 28) uint8, ink 255 on 0.
        """
        scaled = images[:, np.newaxis].astype(np.float32) / np.float32(255)  # (n, 1, 28, 28)
        source = self.layers[-1].source
        if source == self._input:
            return scaled.reshape(len(images), -1)
        batches = np.split(scaled, range(_BATCH, len(scaled), _BATCH))
        found = [run_session(self._session, [source], {self._input: batch})[0] for batch in batches]
        return np.concatenate(found).reshape(len(images), -1)

    def _layers(self, model: ModelProto, steps: list[tuple[NodeProto, str]]) -> Iterator[Layer]:
        learned = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
        shapes = {name: one.shape for name, one in self.look(np.zeros((28, 28), np.uint8)).items()}
        numbers = Counter[str]()
        for node, source in steps:
            kind = _KINDS[node.op_type]
            numbers[kind] += 1
            names = [name for name in node.input[1:] if name in learned]
            said = {one.name: helper.get_attribute_value(one) for one in node.attribute}
            if {len(shapes[node.output[0]]), len(shapes[source])} != {_AXES}:
                raise ArtifactError("the network has layers that are no maps of rows and columns")
            filters, biases = _weights(node, said, [learned[name] for name in names], shapes[source])
            owner = names[0].rpartition(".")[0] if names else ""  # conv1 of conv1.weight
            yield Layer(
                name=owner or f"{_SHORT[kind]}{numbers[kind]}",
                kind=kind,
                shape=shapes[node.output[0]],
                below=shapes[source],
                parameters=sum(learned[name].size for name in names),
                filters=filters,
                biases=biases,
                window=filters.shape[2:] if filters is not None else tuple(said.get("kernel_shape", (1, 1))),
                stride=tuple(said.get("strides", (1, 1))),
                margin=tuple(said.get("pads", (0, 0)))[:2],
                source=source,
                output=node.output[0],
            )


def _steps(model: ModelProto) -> Iterator[tuple[NodeProto, str]]:
    """Yield the nodes of known kinds that every image passes, each with the tensor that it looks at.

    A node is passed by every image if, once it is computed, nothing else that depends on the image is still
    waited for. ONNX lists nodes in an order in which they can be computed.
    """
    graph = model.graph
    uses = Counter(name for node in graph.node if node.op_type != "Shape" for name in node.input)
    learned = {one.name for one in graph.initializer}
    waited = {graph.input[0].name}
    origin: dict[str, str] = {}  # of a tensor that holds the numbers of another in another shape
    for node in graph.node:
        if node.op_type == "Shape" or not waited & set(node.input):
            continue
        for name in node.input:
            uses[name] -= 1
        waited = {name for name in waited if uses[name]} | set(node.output[:1])
        source = origin.get(node.input[0], node.input[0])
        if node.op_type in _SAME_NUMBERS:
            origin[node.output[0]] = source
        elif waited == {node.output[0]} and _is_known(node, learned):
            yield node, source


def _is_known(node: NodeProto, learned: set[str]) -> bool:
    """Whether a node is a layer whose numbers `explain_unit` can explain."""
    if node.op_type not in _KINDS or not set(node.input[1:]) <= learned:
        return False
    said = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    plain = said.get("auto_pad", b"NOTSET") == b"NOTSET" and said.get("group", 1) == 1
    return plain and set(said.get("dilations", (1,))) == {1} and not said.get("transA", 0)


def _weights(
    node: NodeProto, said: Mapping[str, Any], learned: list[NDArray[Any]], below: tuple[int, ...]
) -> tuple[Floats | None, Floats | None]:
    """Return filters and biases, so that each number is sum(filter * window) + bias; None where none are."""
    match node.op_type:
        case "Conv":
            return learned[0], learned[1] if len(learned) > 1 else None
        case "BatchNormalization":
            scale, shift, mean, variance = (one.astype(np.float64) for one in learned)
            factor = scale / np.sqrt(variance + said.get("epsilon", 1e-5))  # (maps,)
            filters = factor.reshape(-1, 1, 1, 1).astype(np.float32)
            return filters, (shift - mean * factor).astype(np.float32)
        case "Gemm" | "MatMul":
            if learned[0].ndim != 2:  # noqa: PLR2004  (a matrix)
                raise ArtifactError("the network multiplies by several matrices at once")
            weights = learned[0] if said.get("transB", 0) else learned[0].T  # (units, numbers below)
            biases = None
            if len(learned) > 1:
                biases = np.broadcast_to(said.get("beta", 1.0) * learned[1], (1, len(weights))).ravel()
            return (said.get("alpha", 1.0) * weights).reshape(-1, *below).astype(np.float32), biases
        case _:
            return None, None


def _as_maps(found: Floats) -> Floats:
    """Return what came out for one image as maps: (1, units) becomes (units, 1, 1)."""
    maps: Floats = found[0].reshape(found.shape[1:] + (1,) * (4 - found.ndim))
    return maps
