"""Check that an ONNX file is safe to load, before onnxruntime sees it.

A safe file holds one graph of standard operators with all of its weights. It holds no custom operators, no
functions, no subgraphs (so every operator runs once), and no references to other files.

The check walks the protobuf message itself: the `onnx` package takes longer to import than reading a digit
may take, and onnxruntime reports the contents of a file only after loading it.

Source: the ONNX specification, onnx.proto, for the field numbers.
"""

from collections.abc import Iterator, Mapping

from inklab.errors import ArtifactError

OPSET = 20
"""The version of the ONNX operator set that `inklab export` writes, and the newest that inklab loads."""
MIN_OPSET = 17
MAX_FIELDS = 1_000_000
"""Protobuf fields in a file: checking them takes under a second; the largest ensembles have about 100,000."""

_STANDARD_DOMAINS = {b"", b"ai.onnx"}
_VARINT, _LENGTH_DELIMITED = 0, 2  # protobuf wire types
_FIXED_SIZES = {1: 8, 5: 4}  # wire type -> bytes

_MODEL = {1, 2, 3, 4, 5, 6, 7, 8, 14}  # the allowed fields of each message
_MODEL_GRAPH, _MODEL_OPSET = 7, 8
_OPSET_DOMAIN, _OPSET_VERSION = 1, 2
_GRAPH = {1, 2, 5, 10, 11, 12, 13, 16}
_GRAPH_NODE, _GRAPH_TENSOR = 1, 5
_NODE = {1, 2, 3, 4, 5, 6, 7, 9}
_NODE_OUTPUT, _NODE_ATTRIBUTE, _NODE_DOMAIN = 2, 5, 7
_ATTRIBUTE = {1, 2, 3, 4, 5, 7, 8, 9, 10, 13, 20}
_ATTRIBUTE_TENSORS = {5, 10}
_TENSOR = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16}
_TENSOR_DATA_LOCATION = 14
_FORBIDDEN: Mapping[tuple[str, int], str] = {
    ("model", 20): "training information",
    ("model", 25): "functions of its own",
    ("graph", 15): "sparse weights",
    ("attribute", 6): "a subgraph",
    ("attribute", 11): "subgraphs",
    ("tensor", 13): "weights in another file",
}


def check_onnx(content: bytes) -> int:
    """Return the opset version of an ONNX file that is safe to load.

    Raises:
        ArtifactError: the file breaks a rule of this module, or is no ONNX file.
    """
    try:
        return _Checker().check_model(memoryview(content))
    except IndexError:
        raise ArtifactError("the network ends within a field; the file is damaged") from None


class _Checker:
    """Walk through a protobuf message; visit at most `MAX_FIELDS` fields and copy none."""

    def __init__(self) -> None:
        self.fields_left = MAX_FIELDS

    def check_model(self, model: memoryview) -> int:
        opsets, n_graphs = [], 0
        for number, value in self.fields("model", model, _MODEL):
            if number == _MODEL_OPSET:
                opsets.append(self.check_opset(_message(value)))
            elif number == _MODEL_GRAPH:
                n_graphs += 1
                self.check_graph(_message(value))
        if len(opsets) != 1 or n_graphs != 1:
            raise ArtifactError(
                f"the network has {n_graphs} graphs and {len(opsets)} opsets; expected one each"
            )
        return opsets[0]

    def check_opset(self, opset: memoryview) -> int:
        version = 0
        for number, value in self.fields("opset", opset, {_OPSET_DOMAIN, _OPSET_VERSION}):
            if number == _OPSET_DOMAIN:
                _check_domain(_message(value))
            else:
                version = value if isinstance(value, int) else 0
        if not MIN_OPSET <= version <= OPSET:
            raise ArtifactError(f"the network has opset {version}; expected {MIN_OPSET} to {OPSET}")
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
                _check_domain(_message(value))
            elif number == _NODE_OUTPUT and not _message(value):
                raise ArtifactError("the network has a node output without a name; the file is damaged")
            elif number == _NODE_ATTRIBUTE:
                for attribute_number, attribute in self.fields("attribute", _message(value), _ATTRIBUTE):
                    if attribute_number in _ATTRIBUTE_TENSORS:
                        self.check_tensor(_message(attribute))

    def check_tensor(self, tensor: memoryview) -> None:
        for number, value in self.fields("tensor", tensor, _TENSOR):
            if number == _TENSOR_DATA_LOCATION and value != 0:
                raise ArtifactError("the network has weights in another file; expected all weights inside")

    def fields(
        self, kind: str, message: memoryview, allowed: set[int]
    ) -> Iterator[tuple[int, "memoryview | int"]]:
        """Yield the number and the value of each field: an int for varints, else the bytes."""
        at = 0
        while at < len(message):
            self.fields_left -= 1
            if self.fields_left < 0:
                raise ArtifactError(f"the network has over {MAX_FIELDS:,} fields; expected a smaller one")
            key, at = _varint(message, at)
            number, wire_type = key >> 3, key & 7
            if number not in allowed:
                part = _FORBIDDEN.get((kind, number), f"field {number} of a {kind}")
                raise ArtifactError(f"the network has {part}; expected one graph of standard operators")
            if wire_type == _VARINT:
                value, at = _varint(message, at)
                yield number, value
                continue
            if wire_type == _LENGTH_DELIMITED:
                size, at = _varint(message, at)
            elif wire_type in _FIXED_SIZES:
                size = _FIXED_SIZES[wire_type]
            else:
                raise ArtifactError(f"the network has a field of wire type {wire_type}; it is no ONNX file")
            if size > len(message) - at:
                raise IndexError
            yield number, message[at : at + size]
            at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """Return the protobuf varint at a position, and the position after it."""
    value = 0
    for shift in range(0, 70, 7):
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004  (the eighth bit says that more bytes follow)
            return value, at
    raise ArtifactError("the network has a varint of over ten bytes; it is no ONNX file")


def _message(value: "memoryview | int") -> memoryview:
    if isinstance(value, int):
        raise ArtifactError("the network has a number in the place of a message; it is no ONNX file")
    return value


def _check_domain(domain: memoryview) -> None:
    if bytes(domain) not in _STANDARD_DOMAINS:
        name = bytes(domain[:50]).decode(errors="replace")
        raise ArtifactError(f"the network has operators of {name!r}; expected standard ONNX operators only")
