"""Check that an ONNX file is safe to load, before onnxruntime sees it.

A safe file holds one graph of standard operators with all of its weights. It holds no custom operators, no
functions, no subgraphs (so every operator runs once), and no references to other files. The check walks the
protobuf message itself: importing `onnx` takes too long, and onnxruntime tells the contents after loading.

Source: the ONNX specification, onnx.proto, for the field numbers.
"""

from collections.abc import Mapping

from inklab.errors import ArtifactError

OPSET = 20  # the ONNX operator set that `inklab export` writes, and the newest that inklab loads
MIN_OPSET = 17
MAX_FIELDS = 1_000_000  # of a file; they take a second or two to check; the largest ensembles have 100,000

_STANDARD_DOMAINS = {b"", b"ai.onnx"}
_VARINT, _LENGTH_DELIMITED = 0, 2  # protobuf wire types
_FIXED_SIZES = {1: 8, 5: 4}  # wire type -> bytes

_FIELDS: Mapping[str, Mapping[int, str]] = {
    "model": dict.fromkeys((1, 2, 3, 4, 5, 6, 14), "") | {7: "graph", 8: "opset"},
    "opset": {1: "domain", 2: "version"},
    "graph": dict.fromkeys((2, 10, 11, 12, 13, 16), "") | {1: "node", 5: "tensor"},
    "node": dict.fromkeys((1, 3, 4, 6, 9), "") | {2: "output", 5: "attribute", 7: "domain"},
    "attribute": dict.fromkeys((1, 2, 3, 4, 7, 8, 9, 13, 20), "") | {5: "tensor", 10: "tensor"},
    "tensor": dict.fromkeys((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16), "") | {14: "data location"},
}
"""Message -> number of an allowed field -> what the field holds, if the check looks inside."""
_FORBIDDEN: Mapping[tuple[str, int], str] = {
    ("model", 20): "training information",
    ("model", 25): "functions of its own",
    ("graph", 15): "sparse weights",
    ("attribute", 6): "a subgraph",
    ("attribute", 11): "subgraphs",
    ("tensor", 13): "weights in another file",
}


def check_onnx(content: bytes) -> int:
    """Return the opset version of an ONNX file that is safe to load; raise an ArtifactError for others."""
    checker = _Checker()
    try:
        checker.check("model", memoryview(content))
    except IndexError:
        raise ArtifactError("the network ends within a field; the file is damaged") from None
    graphs, opsets = checker.graphs, checker.opsets
    if graphs != 1 or opsets != 1:
        raise ArtifactError(f"the network has {graphs} graphs and {opsets} opsets; expected one each")
    if not MIN_OPSET <= checker.version <= OPSET:
        raise ArtifactError(f"the network has opset {checker.version}; expected {MIN_OPSET} to {OPSET}")
    return checker.version


class _Checker:
    """Walk through a protobuf message; visit at most `MAX_FIELDS` fields and copy none."""

    def __init__(self) -> None:
        self.fields_left = MAX_FIELDS
        self.graphs = self.opsets = self.version = 0

    def check(self, kind: str, message: memoryview) -> None:
        at = 0
        while at < len(message):
            self.fields_left -= 1
            if self.fields_left < 0:
                raise ArtifactError(f"the network has over {MAX_FIELDS:,} fields; expected a smaller one")
            key, at = _varint(message, at)
            number, wire_type = key >> 3, key & 7
            if number not in _FIELDS[kind]:
                part = _FORBIDDEN.get((kind, number), f"field {number} of a {kind}")
                raise ArtifactError(f"the network has {part}; expected one graph of standard operators")
            if wire_type == _VARINT:
                value, at = _varint(message, at)
                self.check_number(_FIELDS[kind][number], value)
                continue
            if wire_type == _LENGTH_DELIMITED:
                size, at = _varint(message, at)
            elif wire_type in _FIXED_SIZES:
                size = _FIXED_SIZES[wire_type]
            else:
                raise ArtifactError(f"the network has a field of wire type {wire_type}; it is no ONNX file")
            if size > len(message) - at:
                raise IndexError
            self.check_bytes(_FIELDS[kind][number], message[at : at + size])
            at += size

    def check_number(self, kind: str, value: int) -> None:
        if kind == "version":
            self.version = value
        elif kind == "data location" and value != 0:
            raise ArtifactError("the network has weights in another file; expected all weights inside")
        elif kind not in {"", "data location"}:
            raise ArtifactError(f"the network has a number in the place of a {kind}; it is no ONNX file")

    def check_bytes(self, kind: str, value: memoryview) -> None:
        self.graphs += kind == "graph"
        self.opsets += kind == "opset"
        if kind in _FIELDS:
            self.check(kind, value)
        elif kind == "domain" and bytes(value) not in _STANDARD_DOMAINS:
            name = bytes(value[:50]).decode(errors="replace")
            raise ArtifactError(
                f"the network has operators of {name!r}; expected standard ONNX operators only"
            )
        elif kind == "output" and not value:
            raise ArtifactError("the network has a node output without a name; the file is damaged")
        elif kind in {"version", "data location"}:
            raise ArtifactError(f"the network has bytes in the place of a {kind}; it is no ONNX file")


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
