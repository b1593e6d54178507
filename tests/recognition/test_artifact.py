"""Save and load artifacts; damaged, hostile, and foreign files are refused in one line."""

import json
import os
import struct
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from inklab.errors import ArtifactError, InklabError
from inklab.recognition import Artifact
from inklab.recognition.artifact import MAX_BYTES


@pytest.fixture
def path(artifact: Artifact, tmp_path: Path) -> Path:
    artifact.save(tmp_path / "linear.inklab")
    return tmp_path / "linear.inklab"


def repacked(
    path: Path, change: Callable[[dict[str, bytes]], None], compression: int = zipfile.ZIP_STORED
) -> Path:
    """Return the path of the same artifact with changed contents."""
    with zipfile.ZipFile(path) as file:
        contents = {name: file.read(name) for name in file.namelist()}
    change(contents)
    other = path.with_name("other.inklab")
    with zipfile.ZipFile(other, "w", compression) as file:
        for name, content in contents.items():
            file.writestr(name, content)
    return other


def change_card(**fields: Any) -> Callable[[dict[str, bytes]], None]:
    def change(contents: dict[str, bytes]) -> None:
        contents["card.json"] = json.dumps({**json.loads(contents["card.json"]), **fields}).encode()

    return change


def test_save_and_load(artifact: Artifact, path: Path) -> None:
    loaded = Artifact.load(path)
    assert loaded.card == artifact.card
    assert loaded.onnx == artifact.onnx
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)
    assert_array_equal(loaded.network(images), artifact.network(images))


def test_equal_artifacts_have_equal_bytes(path: Path) -> None:
    before = path.read_bytes()
    assert {entry.date_time for entry in zipfile.ZipFile(path).infolist()} == {(1980, 1, 1, 0, 0, 0)}
    Artifact.load(path).save(str(path))
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["linear.inklab"]


def test_the_card_is_json(path: Path) -> None:
    card = json.loads(zipfile.ZipFile(path).read("card.json"))
    assert card["format"] == 2
    assert card["classes"] == list(range(10))
    assert card["network"].keys() == {"sha256", "size_bytes", "opset", "outputs"}
    assert card["calibration"]["thresholds"]["0.01"] == 0.5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (change_card(network=None), "network is None; expected an object"),
        (change_card(format=1), "its format is 1; expected 2; export it again with `inklab export`$"),
        (change_card(format=3), "its format is 3; expected 2; update inklab$"),
        (change_card(format=[1] * 10**4), "its format is"),
        (change_card(name=7), "name is 7; expected a string"),
        (change_card(classes=list("abcdefghij")), r"expected \[0, 1, 2, .* 9\]"),
        (change_card(input={}), "input is {}; expected"),
        (
            change_card(metrics={"test": {"accuracy": "good"}}),
            "metrics is .*; expected numbers by name, for each split",
        ),
        (change_card(metrics={"test": {"accuracy": 10**400}}), "its card is damaged"),
        (change_card(calibration={}), "calibration lacks rejection_threshold, temperature, thresholds"),
        (
            change_card(calibration={"temperature": 1, "thresholds": {}, "rejection_threshold": 10**400}),
            "its card is damaged",
        ),
        (change_card(versions={"torch": 2}), "the version of torch is 2; expected a string"),
        (change_card(code="import os"), "the card has no field 'code'"),
        (lambda c: c.update({"card.json": b"[]"}), "its format is None"),
        (lambda c: c.update({"card.json": b"{"}), "its card is damaged"),
        (lambda c: c.update({"card.json": b"[" * 10**5}), "its card is damaged"),
        (lambda c: c.update({"card.json": b"\xff"}), "its card is damaged"),
        (
            lambda c: c.update({"card.json": b" " * (2**20 + 1)}),
            "card.json has 1,048,577 bytes; expected at most",
        ),
        (lambda c: c.pop("card.json"), "it does not hold exactly card.json and model.onnx"),
        (lambda c: c.update({"run.py": b""}), "it does not hold exactly card.json and model.onnx"),
        (
            lambda c: c.update({"model.onnx": c["model.onnx"][:-1] + b"\x01"}),
            "its network does not match its card; export it again",
        ),
    ],
)
def test_changed_files_are_refused_in_one_line(
    path: Path, change: Callable[[dict[str, bytes]], None], message: str
) -> None:
    other = repacked(path, change)
    with pytest.raises(ArtifactError, match=message) as caught:
        Artifact.load(other)
    assert str(caught.value).startswith(f"{other}: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700


def test_the_hash_is_checked_before_the_network_is_loaded(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "inklab.recognition.artifact.OnnxModel", lambda _content: pytest.fail("the network was loaded")
    )
    with pytest.raises(ArtifactError, match="does not match its card"):
        Artifact.load(repacked(path, lambda contents: contents.update({"model.onnx": b"other"})))


def test_the_network_entry_of_the_card_is_checked(path: Path) -> None:
    network = json.loads(zipfile.ZipFile(path).read("card.json"))["network"]
    with pytest.raises(ArtifactError, match="'outputs': 10"):
        Artifact.load(repacked(path, change_card(network={**network, "outputs": 11})))


def test_compressed_files_are_refused(path: Path) -> None:
    bomb = repacked(path, lambda c: c.update({"model.onnx": bytes(2**24)}), zipfile.ZIP_DEFLATED)
    with pytest.raises(ArtifactError, match="is compressed; expected it uncompressed"):
        Artifact.load(bomb)


def test_a_false_size_is_refused(path: Path) -> None:
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"PK\x01\x02")  # the last directory entry: the network
    content[entry + 20 : entry + 28] = struct.pack("<II", 2**29, 2**29)
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match="it is damaged"):
        Artifact.load(path)


def test_missing_and_foreign_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"nothing: it does not exist; expected an artifact"):
        Artifact.load(tmp_path / "nothing")
    with pytest.raises(ArtifactError, match="it is not a file"):
        Artifact.load(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ArtifactError, match="it is not a file"):
        Artifact.load(tmp_path / "pipe")
    (tmp_path / "text").write_text("not an artifact")
    with pytest.raises(ArtifactError, match="it is damaged or not an artifact"):
        Artifact.load(tmp_path / "text")


@given(data=st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_raises_nothing_but_an_artifact_error(path: Path, data: st.DataObject) -> None:
    content = path.read_bytes()
    position = data.draw(st.integers(0, len(content) - 1))
    damaged = path.with_name("damaged")
    damaged.write_bytes(
        content[:position]
        + data.draw(st.binary(min_size=1, max_size=4))
        + content[position + data.draw(st.integers(0, 400)) :]
    )
    with suppress(ArtifactError):
        Artifact.load(damaged)


def test_an_artifact_too_large_to_load_is_not_saved(
    artifact: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MAX_BYTES, "model.onnx", 10)
    with pytest.raises(ArtifactError, match=r"its model.onnx has 31,\d+ bytes; expected at most 10"):
        artifact.save(tmp_path / "large.inklab")
    assert not list(tmp_path.iterdir())
    with pytest.raises(InklabError, match="cannot write"):
        monkeypatch.undo()
        artifact.save(tmp_path / "no" / "folder.inklab")
