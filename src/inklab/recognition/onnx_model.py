"""The network of an artifact: which ONNX files are safe to run, and running them.

An ONNX file is a protobuf message. The `onnx` package would parse it, but takes longer to load than all of
reading a digit may take, and onnxruntime does not say what it loads before it has loaded it. So the few rules
are checked here, on the bytes: a network is one graph of standard operators with its weights inside. It holds
no operators of others, no functions, no graphs within the graph (so that every operator runs once), and names
no other files.

Source: the ONNX specification, onnx.proto, whose field numbers these are.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from inklab.errors import ArtifactError, DataError
from inklab.utils.hardware import cores

OPSET = 20
"""The version of ONNX's operators that `inklab export` writes, and the newest that is read."""
OLDEST_OPSET = 17
MEMORY_BYTES = 2**31
"""What all networks of a process may take together while they compute."""

_BATCH = 64  # what a core's cache holds of most networks
_MOST_FIELDS = 1_000_000  # a walk of under a second; the largest committees have some 100,000
_STANDARD = {b"", b"ai.onnx"}
_VARINT, _LONG, _BYTES, _SHORT = 0, 1, 2, 5  # protobuf's wire types
_FIXED_SIZES = {_LONG: 8, _SHORT: 4}

_MODEL = {1, 2, 3, 4, 5, 6, 7, 8, 14}
_MODEL_GRAPH, _MODEL_OPSET = 7, 8
_OPSET_DOMAIN, _OPSET_VERSION = 1, 2
_GRAPH = {1, 2, 5, 10, 11, 12, 13, 16}
_GRAPH_NODE, _GRAPH_TENSOR = 1, 5
_NODE = {1, 2, 3, 4, 5, 6, 7, 9}
_NODE_OUTPUT, _NODE_ATTRIBUTE, _NODE_DOMAIN = 2, 5, 7
_ATTRIBUTE = {1, 2, 3, 4, 5, 7, 8, 9, 10, 13, 20}
_ATTRIBUTE_TENSORS = {5, 10}
_TENSOR = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16}
_TENSOR_ELSEWHERE = 14
_FOREIGN: Mapping[tuple[str, int], str] = {
    ("model", 20): "training information",
    ("model", 25): "functions of its own",
    ("graph", 15): "sparse weights",
    ("attribute", 6): "a graph within the graph",
    ("attribute", 11): "graphs within the graph",
    ("tensor", 13): "weights in another file",
}


class OnnxModel:
    """A network that can run: images (n, 1, 28, 28) to logits (n, 10), or 11 with one for "no digit".

    Any number of threads may use it at once; each computes on its own core.

    Args:
        content: an ONNX file.

    Raises:
        ArtifactError: it is no ONNX file, does not follow the rules above, or has other shapes.
    """

    def __init__(self, content: bytes) -> None:
        self.opset = check_onnx(content)
        self._session = open_session(content)
        self._input, self.outputs = self._check_shapes()

    def __call__(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the logits (n, outputs) of a batch of images (n, 28, 28), on this thread.

        Raises:
            ArtifactError: the network fails, or answers something else.
        """
        scaled = np.multiply(images[:, np.newaxis], np.float32(1 / 255), dtype=np.float32)
        (logits,) = run_session(self._session, None, {self._input: scaled})
        if logits.shape != (len(images), self.outputs):
            raise ArtifactError(f"the network answers {logits.shape}; expected {len(images), self.outputs}")
        return logits

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the logits (n, outputs) of any number of images, a batch on every core.

        Args:
            images: (n, 28, 28) uint8, ink bright on 0, placed as MNIST places it.

        Raises:
            DataError: the images are of another type or shape.
            ArtifactError: the network fails, or answers something else.
        """
        dtype, shape = getattr(images, "dtype", None), getattr(images, "shape", ())
        if dtype != np.uint8 or shape[1:] != (28, 28):
            came = f"{dtype} {shape}" if dtype else f"of type {type(images).__name__}"
            raise DataError(f"the images are {came}; expected uint8 (n, 28, 28), ink 255 on 0")
        batches = [images[start : start + _BATCH] for start in range(0, len(images), _BATCH)]
        if len(batches) <= 1:
            return self(images)
        with ThreadPoolExecutor(min(len(batches), cores())) as pool:
            return np.concatenate(list(pool.map(self, batches)))

    def _check_shapes(self) -> tuple[str, int]:
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        try:
            found = [(one.type, one.shape) for one in (*inputs, *outputs)]
            name = str(inputs[0].name) if inputs else ""
        except UnicodeDecodeError:
            raise ArtifactError("the network has names that are no text; it is damaged") from None
        match found:
            case [
                ("tensor(float)", [str() | None, 1, 28, 28]),
                ("tensor(float)", [str() | None, 10 | 11 as k]),
            ]:
                return name, int(k)
        expected = "float images (n, 1, 28, 28) to logits (n, 10) or (n, 11), for any n"
        raise ArtifactError(f"the network maps {found}; expected {expected}"[:400])


def open_session(content: bytes) -> onnxruntime.InferenceSession:
    """Return what computes a network that is known to be safe, on the caller's core, in the bounded memory.

    Raises:
        ArtifactError: onnxruntime cannot load it.
    """
    _bound_memory()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what is wrong is raised, not printed
    options.add_session_config_entry("session.load_model_format", "ONNX")
    options.add_session_config_entry("session.use_env_allocators", "1")
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own kinds have no common base but this
        raise ArtifactError(f"the network cannot be loaded: {_first_line(error)}") from None


def run_session(
    session: onnxruntime.InferenceSession,
    names: Sequence[str] | None,
    inputs: Mapping[str, NDArray[np.float32]],
) -> list[NDArray[np.float32]]:
    """Return the outputs of these names, or all of them.

    Raises:
        ArtifactError: the network fails.
    """
    try:
        found: list[NDArray[np.float32]] = session.run(names, inputs)
    except Exception as error:  # as in `open_session`
        raise ArtifactError(f"the network cannot be run: {_first_line(error)}") from None
    return found


def check_onnx(content: bytes) -> int:
    """Return the opset of a network that is safe to load; see the rules of this module.

    Raises:
        ArtifactError: a rule is broken, or the bytes are no ONNX file.
    """
    try:
        return _Walk().check_model(memoryview(content))
    except IndexError:
        raise ArtifactError("the network ends within a field; it is damaged") from None


class _Walk:
    """A walk through a protobuf message that visits a bounded number of fields, and copies none."""

    def __init__(self) -> None:
        self.left = _MOST_FIELDS

    def check_model(self, model: memoryview) -> int:
        opsets, graphs = [], 0
        for number, value in self.fields("model", model, _MODEL):
            if number == _MODEL_OPSET:
                opsets.append(self.opset(_message(value)))
            elif number == _MODEL_GRAPH:
                graphs += 1
                self.check_graph(_message(value))
        if len(opsets) != 1 or graphs != 1:
            raise ArtifactError(
                f"the network has {graphs} graphs and {len(opsets)} opsets; expected one each"
            )
        return opsets[0]

    def opset(self, message: memoryview) -> int:
        version = 0
        for number, value in self.fields("opset", message, {_OPSET_DOMAIN, _OPSET_VERSION}):
            if number == _OPSET_DOMAIN:
                _check_standard(bytes(_message(value)))
            else:
                version = value if isinstance(value, int) else 0
        if not OLDEST_OPSET <= version <= OPSET:
            raise ArtifactError(f"the network is of opset {version}; expected {OLDEST_OPSET} to {OPSET}")
        return version

    def check_graph(self, graph: memoryview) -> None:
        for number, value in self.fields("graph", graph, _GRAPH):
            if number == _GRAPH_NODE:
                self.check_node(_message(value))
            elif number == _GRAPH_TENSOR:
                self.check_tensor(_message(value))

    def check_node(self, node: memoryview) -> None:
        for number, value in self.fields("node", node, _NODE):
            if number == _NODE_DOMAIN:
                _check_standard(bytes(_message(value)))
            elif number == _NODE_OUTPUT and not _message(value):
                raise ArtifactError("the network has a node with an output that has no name; it is damaged")
            elif number == _NODE_ATTRIBUTE:
                for inner, part in self.fields("attribute", _message(value), _ATTRIBUTE):
                    if inner in _ATTRIBUTE_TENSORS:
                        self.check_tensor(_message(part))

    def check_tensor(self, tensor: memoryview) -> None:
        for number, value in self.fields("tensor", tensor, _TENSOR):
            if number == _TENSOR_ELSEWHERE and value != 0:
                raise ArtifactError("the network holds weights in another file; expected all of them inside")

    def fields(
        self, kind: str, message: memoryview, known: set[int]
    ) -> Iterator[tuple[int, "memoryview | int"]]:
        """Yield the number and the value of each field: whole numbers, else the bytes."""
        at = 0
        while at < len(message):
            self.left -= 1
            if self.left < 0:
                raise ArtifactError(f"the network has over {_MOST_FIELDS:,} parts; expected a smaller one")
            key, at = _varint(message, at)
            number, wire = key >> 3, key & 7
            if number not in known:
                what = _FOREIGN.get((kind, number), f"field {number} of a {kind}")
                raise ArtifactError(f"the network holds {what}; expected one graph of standard operators")
            if wire == _VARINT:
                value, at = _varint(message, at)
                yield number, value
                continue
            if wire == _BYTES:
                size, at = _varint(message, at)
            elif wire in _FIXED_SIZES:
                size = _FIXED_SIZES[wire]
            else:
                raise ArtifactError(f"the network has a field of wire type {wire}; it is no ONNX file")
            if size > len(message) - at:
                raise IndexError
            yield number, message[at : at + size]
            at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """Return a whole number in protobuf's seven bits a byte, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004  (the eighth bit says that more follows)
            return value, at
    raise ArtifactError("the network holds a number of over ten bytes; it is no ONNX file")


def _message(value: "memoryview | int") -> memoryview:
    if isinstance(value, int):
        raise ArtifactError("the network holds a number in the place of a part; it is no ONNX file")
    return value


def _check_standard(domain: bytes) -> None:
    if domain not in _STANDARD:
        name = domain[:50].decode(errors="replace")
        raise ArtifactError(f"the network has operators of {name!r}; expected ONNX's own only")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:300] if str(error) else type(error).__name__


@cache
def _bound_memory() -> None:
    """Give all networks of this process one arena that ends at `MEMORY_BYTES`: a hostile one fails there."""
    cpu = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    sizes = onnxruntime.OrtArenaCfg({"max_mem": MEMORY_BYTES, "arena_extend_strategy": 1})
    onnxruntime.create_and_register_allocator(cpu, sizes)
