"""Artifact: a network with its card, in one file; the only thing that passes from learning to reading.

The file is a zip, uncompressed, of `model.onnx` and `card.json`. Nothing in it is code.
"""

import hashlib
import json
import math
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Self

from inklab.constants import N_CLASSES
from inklab.errors import ArtifactError, DataError
from inklab.recognition.calibration import Calibration
from inklab.recognition.onnx_model import OnnxModel
from inklab.utils.atomic import write_bytes
from inklab.utils.validation import as_object, as_text, expect

FORMAT = 1
CARD, NETWORK = "card.json", "model.onnx"
MOST_BYTES = {CARD: 2**20, NETWORK: 2**29}
INPUT = {
    "shape": [28, 28],
    "pixels": "uint8; ink bright, up to 255, on 0; size and place of the digit as in MNIST",
    "network_takes": "float32 (n, 1, 28, 28), pixels / 255",
}
"""What every artifact takes."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """What is to be known of a network before it is believed."""

    name: str
    """Of the recipe."""
    calibration: Calibration
    trained_on: str
    calibrated_on: str
    metrics: Mapping[str, Mapping[str, float]]
    """What was measured, by what: {"valid": {"accuracy": 0.994}, "network": {"bits": 32}}."""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    """As `Recipe.to_dict` gives it; empty where there was none."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Of the libraries that made it."""
    commit: str = ""
    """Of inklab, where it was made from a checkout."""

    def to_dict(self) -> dict[str, Any]:
        """Return the card as what a JSON document can hold."""
        return {
            "name": self.name,
            "classes": list(range(N_CLASSES)),
            "input": INPUT,
            "doubt": self.calibration.to_dict(),
            "trained_on": self.trained_on,
            "calibrated_on": self.calibrated_on,
            "figures": {split: dict(found) for split, found in self.metrics.items()},
            "recipe": dict(self.recipe),
            "versions": dict(self.versions),
            "commit": self.commit,
        }

    @classmethod
    def from_dict(cls, document: object) -> Self:
        """Return the card that `to_dict` gave.

        Raises:
            DataError: a field that is missing, unknown or of the wrong kind.
        """
        names = ("name", "classes", "input", "doubt", "trained_on", "calibrated_on", "figures")
        said = as_object("the card", document, {*names, "recipe", "versions", "commit"})
        expect(
            said["classes"] == list(range(N_CLASSES)), "classes", said["classes"], "the digits from 0 to 9"
        )
        expect(said["input"] == INPUT, "input", said["input"], f"{INPUT}")
        expect(_are_figures(said["figures"]), "figures", said["figures"], "names with numbers by name")
        recipe, versions = said["recipe"], said["versions"]
        expect(isinstance(recipe, dict), "recipe", recipe, "an object")
        expect(isinstance(versions, dict), "versions", versions, "an object")
        return cls(
            name=as_text("name", said["name"]),
            calibration=Calibration.from_dict(said["doubt"]),
            trained_on=as_text("trained_on", said["trained_on"]),
            calibrated_on=as_text("calibrated_on", said["calibrated_on"]),
            metrics=said["figures"],
            recipe=recipe,
            versions={name: as_text(f"the version of {name}", one) for name, one in versions.items()},
            commit=as_text("commit", said["commit"]),
        )


@dataclass(frozen=True, eq=False)
class Artifact:
    """A network with its card; see `read`.

    Args:
        onnx: the network's file.
        card: what is known of it.

    Raises:
        ArtifactError: the network is not one that is safe to run, see `inklab.recognition.onnx_model`.
    """

    onnx: bytes = field(repr=False)
    card: Card
    network: OnnxModel = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "network", OnnxModel(self.onnx))

    def __reduce__(self) -> tuple[type[Self], tuple[bytes, Card]]:
        """Pickle the file and the card: a network that is loaded cannot be."""
        return type(self), (self.onnx, self.card)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the artifact to `path`, whole or not at all; the same artifact gives the same bytes.

        Raises:
            ArtifactError: it is larger than one that can be read.
            InklabError: the place cannot be written to.
        """
        card = {"format": FORMAT, "network": self._stated(), **self.card.to_dict()}
        buffer = BytesIO()
        with zipfile.ZipFile(buffer, "w") as file:
            text = json.dumps(card, indent=2) + "\n"
            for name, content in ((CARD, text.encode()), (NETWORK, self.onnx)):
                _check_size(name, len(content))
                file.writestr(zipfile.ZipInfo(name), content)  # a name alone would be given the time
        write_bytes(Path(path), buffer.getvalue())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return the artifact in a file, once it is known to be whole and safe to run.

        Raises:
            ArtifactError: it is missing, damaged, too large, not what its card says, or not safe to run.
        """
        path = Path(path)
        try:
            content = _unpacked(path)
            onnx, document = content[NETWORK], json.loads(content[CARD])
            stated, card = _parted(document)
            if not _file_of(onnx).items() <= stated.items():
                raise ArtifactError("its network is not the one that its card tells of; export it again")
            artifact = cls(onnx, card)
            expect(artifact._stated() == stated, "network", stated, f"{artifact._stated()}")
        except OSError as error:
            raise ArtifactError(f"{path} cannot be read: {error.strerror or error}") from None
        except (ArtifactError, DataError) as error:
            raise ArtifactError(f"{path}: {error}") from None
        except (ValueError, RecursionError, OverflowError):  # not UTF-8, not JSON, a number no float holds
            raise ArtifactError(f"{path}: its card is damaged; export it again") from None
        return artifact

    def _stated(self) -> dict[str, Any]:
        """Return what the card states of the network."""
        return {**_file_of(self.onnx), "opset": self.network.opset, "outputs": self.network.outputs}


def _file_of(onnx: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(onnx).hexdigest(), "size_bytes": len(onnx)}


def _unpacked(path: Path) -> dict[str, bytes]:
    if not path.is_file():
        what = "is not a file" if path.exists() else "does not exist"
        raise ArtifactError(f"it {what}; expected an artifact, as `inklab export` makes it")
    try:
        with zipfile.ZipFile(path) as file:
            entries = file.infolist()
            if sorted(entry.filename for entry in entries) != [CARD, NETWORK]:
                raise ArtifactError(f"it does not hold {CARD} and {NETWORK} alone; expected an artifact")
            for entry in entries:
                _check_size(entry.filename, entry.file_size)
                # What is stored as it is cannot unpack to more than the file holds.
                if entry.compress_type != zipfile.ZIP_STORED:
                    raise ArtifactError(f"its {entry.filename} is compressed; expected it as it is")
            return {entry.filename: file.read(entry) for entry in entries}
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError):
        raise ArtifactError("it is damaged, or no artifact; expected what `inklab export` wrote") from None


def _parted(document: object) -> tuple[dict[str, Any], Card]:
    """Return what the card states of the network, and the rest."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        came = document.get("format") if isinstance(document, dict) else None
        raise ArtifactError(f"its format is {came!r}; expected {FORMAT}; is it of a newer inklab?"[:200])
    rest = {name: value for name, value in document.items() if name not in {"format", "network"}}
    stated = as_object("network", document.get("network"), {"sha256", "size_bytes", "opset", "outputs"})
    return stated, Card.from_dict(rest)


def _check_size(name: str, size_bytes: int) -> None:
    if size_bytes > MOST_BYTES[name]:
        raise ArtifactError(f"its {name} has {size_bytes:,} bytes; expected at most {MOST_BYTES[name]:,}")


def _are_figures(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(found, dict)
        and all(type(one) in {int, float} and math.isfinite(one) for one in found.values())
        for found in value.values()
    )
