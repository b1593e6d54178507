"""Artifact: a network and its card in one file, an uncompressed zip of `model.onnx` and `card.json`."""

import hashlib
import json
import math
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from io import BytesIO
from pathlib import Path
from typing import Any, Self

from inklab.constants import IMAGE_SIZE, N_CLASSES
from inklab.errors import ArtifactError, DataError
from inklab.recognition.calibration import Calibration
from inklab.recognition.onnx_model import OnnxModel
from inklab.utils.atomic import write_bytes
from inklab.utils.text import quoted
from inklab.utils.validation import as_object, as_text, expect

FORMAT = 2
CARD, NETWORK = "card.json", "model.onnx"
MAX_BYTES = {CARD: 2**20, NETWORK: 2**29}

_FIXED: dict[str, Any] = {  # the same in every card
    "classes": list(range(N_CLASSES)),
    "input": {
        "shape": [IMAGE_SIZE, IMAGE_SIZE],
        "pixels": "uint8, ink 255 on background 0, sized and centered as in MNIST",
        "network_input": "float32 (n, 1, 28, 28), pixels / 255",
    },
}


@dataclass(frozen=True, kw_only=True)
class Card:
    """How a network was trained and calibrated, and its measured results."""

    name: str  # of the recipe
    calibration: Calibration
    trained_on: str
    calibrated_on: str
    metrics: Mapping[str, Mapping[str, float]]
    """Name of a split or test -> metrics: {"valid": {"accuracy": 0.994}, "network": {"bits": 32}}."""
    recipe: Mapping[str, Any] = field(
        default_factory=dict
    )  # as `Recipe.to_dict` returns it, if there was one
    versions: Mapping[str, str] = field(default_factory=dict)  # of the libraries that made the artifact
    commit: str = ""  # of inklab, if the artifact was made from a git checkout

    def to_dict(self) -> dict[str, Any]:
        """Return the card as a JSON object."""
        return _FIXED | vars(self) | {"calibration": self.calibration.to_dict()}

    @classmethod
    def from_dict(cls, document: object) -> Self:
        """Return the card of a JSON object; raise a DataError if a field is missing, unknown, or wrong."""
        names = [field.name for field in fields(cls)]
        values = as_object("the card", document, {*_FIXED, *names})
        for name, value in _FIXED.items():
            expect(values[name] == value, name, values[name], f"{value}")
        for name in ("name", "trained_on", "calibrated_on", "commit"):
            as_text(name, values[name])
        metrics = values["metrics"]
        expect(_are_metrics(metrics), "metrics", metrics, "numbers by name, for each split")
        for name in ("recipe", "versions"):
            expect(isinstance(values[name], dict), name, values[name], "an object")
        for library, version in values["versions"].items():
            as_text(f"the version of {library}", version)
        calibration = Calibration.from_dict(values["calibration"])
        return cls(**{name: values[name] for name in names} | {"calibration": calibration})


@dataclass(frozen=True, eq=False)
class Artifact:
    """A network, as the content of an ONNX file, and its card; see `load`.

    Raises:
        ArtifactError: the network is not safe to run, see `inklab.recognition.onnx_check`.
    """

    onnx: bytes = field(repr=False)
    card: Card
    network: OnnxModel = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "network", OnnxModel(self.onnx))

    def __reduce__(self) -> tuple[type[Self], tuple[bytes, Card]]:
        """Pickle the file and the card: a loaded network cannot be pickled."""
        return type(self), (self.onnx, self.card)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the artifact to `path` atomically; equal artifacts give equal bytes.

        Raises:
            ArtifactError: the artifact is larger than `load` allows.
            InklabError: `path` cannot be written.
        """
        network = {**_file_entry(self.onnx), "opset": self.network.opset, "outputs": self.network.outputs}
        card = {"format": FORMAT, "network": network, **self.card.to_dict()}
        text = json.dumps(card, indent=2) + "\n"
        buffer = BytesIO()
        with zipfile.ZipFile(buffer, "w") as file:
            for name, content in ((CARD, text.encode()), (NETWORK, self.onnx)):
                _check_size(name, len(content))
                file.writestr(zipfile.ZipInfo(name), content)  # ZipInfo: with a str, zipfile adds the time
        write_bytes(Path(path), buffer.getvalue())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return the artifact of a file, after checking that it is complete and safe to run.

        Raises:
            ArtifactError: the file is missing, damaged, too large, of another format, does not match its
                card, or is not safe to run.
        """
        name = quoted(os.fspath(path))
        try:
            content = _unpack(Path(path))
            onnx = content[NETWORK]
            entry, card = _parse_card(json.loads(content[CARD]))
            file_entry = _file_entry(onnx)
            if not file_entry.items() <= entry.items():
                raise ArtifactError("its network does not match its card; export it again")
            artifact = cls(onnx, card)
            expected = {**file_entry, "opset": artifact.network.opset, "outputs": artifact.network.outputs}
            expect(entry == expected, "network", entry, str(expected))
        except OSError as error:
            raise ArtifactError(f"{name} cannot be read: {error.strerror or error}") from None
        except (ArtifactError, DataError) as error:
            raise ArtifactError(f"{name}: {error}") from None
        except (ValueError, RecursionError, OverflowError):  # not UTF-8, not JSON, or too large for a float
            raise ArtifactError(f"{name}: its card is damaged; export it again") from None
        return artifact


def _file_entry(onnx: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(onnx).hexdigest(), "size_bytes": len(onnx)}


def _unpack(path: Path) -> dict[str, bytes]:
    if not path.is_file():
        problem = "is not a file" if path.exists() else "does not exist"
        raise ArtifactError(f"it {problem}; expected an artifact, as `inklab export` writes it")
    try:
        with zipfile.ZipFile(path) as file:
            entries = file.infolist()
            if sorted(entry.filename for entry in entries) != [CARD, NETWORK]:
                raise ArtifactError(f"it does not hold exactly {CARD} and {NETWORK}; expected an artifact")
            for entry in entries:
                _check_size(entry.filename, entry.file_size)
                # A stored entry cannot unpack to more bytes than the file has.
                if entry.compress_type != zipfile.ZIP_STORED:
                    raise ArtifactError(f"its {entry.filename} is compressed; expected it uncompressed")
            return {entry.filename: file.read(entry) for entry in entries}
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError):
        problem = "it is damaged or not an artifact; expected a file that `inklab export` wrote"
        raise ArtifactError(problem) from None


def _parse_card(document: object) -> tuple[dict[str, Any], Card]:
    """Return the card's `network` entry, and the card."""
    values = document if isinstance(document, dict) else {}
    version = values.pop("format", None)
    if version != FORMAT:
        is_newer = isinstance(version, int) and version > FORMAT
        advice = "update inklab" if is_newer else "export it again with `inklab export`"
        raise ArtifactError(f"its format is {str(version)[:20]}; expected {FORMAT}; {advice}")
    entry = as_object("network", values.pop("network", None), {"sha256", "size_bytes", "opset", "outputs"})
    return entry, Card.from_dict(values)


def _check_size(name: str, size_bytes: int) -> None:
    if size_bytes > MAX_BYTES[name]:
        raise ArtifactError(f"its {name} has {size_bytes:,} bytes; expected at most {MAX_BYTES[name]:,}")


def _are_metrics(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(metrics, dict)
        and all(type(number) in {int, float} and math.isfinite(number) for number in metrics.values())
        for metrics in value.values()
    )
