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


@pytest.fixture
def path(artifact: Artifact, tmp_path: Path) -> Path:
    artifact.save(tmp_path / "linear.inklab")
    return tmp_path / "linear.inklab"


def repacked(
    path: Path, change: Callable[[dict[str, bytes]], None], compression: int = zipfile.ZIP_STORED
) -> Path:
    """Return the same artifact with other contents, in another file."""
    with zipfile.ZipFile(path) as file:
        contents = {name: file.read(name) for name in file.namelist()}
    change(contents)
    other = path.with_name("other.inklab")
    with zipfile.ZipFile(other, "w", compression) as file:
        for name, content in contents.items():
            file.writestr(name, content)
    return other


def on_card(**fields: Any) -> Callable[[dict[str, bytes]], None]:
    def change(contents: dict[str, bytes]) -> None:
        contents["card.json"] = json.dumps({**json.loads(contents["card.json"]), **fields}).encode()

    return change


def test_written_and_read(artifact: Artifact, path: Path) -> None:
    found = Artifact.load(path)
    assert found.card == artifact.card
    assert found.onnx == artifact.onnx
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)
    assert_array_equal(found.network(images), artifact.network(images))


def test_the_same_artifact_has_the_same_bytes(path: Path) -> None:
    before = path.read_bytes()
    assert {entry.date_time for entry in zipfile.ZipFile(path).infolist()} == {(1980, 1, 1, 0, 0, 0)}
    Artifact.load(path).save(str(path))
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == ["linear.inklab"]


def test_the_card_is_for_people(path: Path) -> None:
    card = json.loads(zipfile.ZipFile(path).read("card.json"))
    assert card["format"] == 1
    assert card["classes"] == list(range(10))
    assert card["network"].keys() == {"sha256", "size_bytes", "opset", "outputs"}
    assert card["doubt"]["thresholds"]["0.01"] == 0.5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (on_card(network=None), "network is None; expected an object"),
        (on_card(format=2), "its format is 2; expected 1; is it of a newer inklab"),
        (on_card(format=[1] * 10**4), "its format is"),
        (on_card(name=7), "name is 7; expected a text"),
        (on_card(classes=list("abcdefghij")), "expected the digits from 0 to 9"),
        (on_card(input={}), "input is {}; expected"),
        (on_card(metrics={"test": {"accuracy": "good"}}), "figures is .*; expected names with numbers"),
        (on_card(metrics={"test": {"accuracy": 10**400}}), "its card is damaged"),
        (on_card(calibration={}), "doubt lacks least_score, temperature, thresholds"),
        (
            on_card(calibration={"temperature": 1, "thresholds": {}, "rejection_threshold": 10**400}),
            "its card is damaged",
        ),
        (on_card(versions={"torch": 2}), "the version of torch is 2; expected a text"),
        (on_card(code="import os"), "the card has no field 'code'"),
        (lambda c: c.update({"card.json": b"[]"}), "its format is None"),
        (lambda c: c.update({"card.json": b"{"}), "its card is damaged"),
        (lambda c: c.update({"card.json": b"[" * 10**5}), "its card is damaged"),
        (lambda c: c.update({"card.json": b"\xff"}), "its card is damaged"),
        (
            lambda c: c.update({"card.json": b" " * (2**20 + 1)}),
            "card.json has 1,048,577 bytes; expected at most",
        ),
        (lambda c: c.pop("card.json"), "it does not hold card.json and model.onnx alone"),
        (lambda c: c.update({"run.py": b""}), "it does not hold card.json and model.onnx alone"),
        (
            lambda c: c.update({"model.onnx": c["model.onnx"][:-1] + b"\x01"}),
            "its network is not the one that its card tells of; export it again",
        ),
    ],
)
def test_what_is_not_as_it_should_be(
    path: Path, change: Callable[[dict[str, bytes]], None], message: str
) -> None:
    other = repacked(path, change)
    with pytest.raises(ArtifactError, match=message) as refused:
        Artifact.load(other)
    assert str(refused.value).startswith(f"{other}: ")
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 700


def test_a_hash_is_checked_before_the_network_is_loaded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "inklab.recognition.artifact.OnnxModel", lambda _content: pytest.fail("it was loaded")
    )
    with pytest.raises(ArtifactError, match="not the one that its card tells of"):
        Artifact.load(repacked(path, lambda contents: contents.update({"model.onnx": b"other"})))


def test_what_a_card_says_of_the_network_is_checked(path: Path) -> None:
    network = json.loads(zipfile.ZipFile(path).read("card.json"))["network"]
    with pytest.raises(ArtifactError, match="'outputs': 10"):
        Artifact.load(repacked(path, on_card(network={**network, "outputs": 11})))


def test_what_is_compressed_is_refused(path: Path) -> None:
    bomb = repacked(path, lambda c: c.update({"model.onnx": bytes(2**24)}), zipfile.ZIP_DEFLATED)
    with pytest.raises(ArtifactError, match="is compressed; expected it as it is"):
        Artifact.load(bomb)


def test_a_size_that_is_a_lie_is_refused(path: Path) -> None:
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"PK\x01\x02")  # the last in the directory: the network
    content[entry + 20 : entry + 28] = struct.pack("<II", 2**29, 2**29)
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match="it is damaged"):
        Artifact.load(path)


def test_missing_and_other_files(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"nothing: it does not exist; expected an artifact"):
        Artifact.load(tmp_path / "nothing")
    with pytest.raises(ArtifactError, match="it is not a file"):
        Artifact.load(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ArtifactError, match="it is not a file"):
        Artifact.load(tmp_path / "pipe")
    (tmp_path / "text").write_text("no artifact")
    with pytest.raises(ArtifactError, match="it is damaged, or no artifact"):
        Artifact.load(tmp_path / "text")


@given(data=st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_never_gets_further_than_an_error(path: Path, data: st.DataObject) -> None:
    content = path.read_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    damaged = path.with_name("damaged")
    damaged.write_bytes(
        content[:place]
        + data.draw(st.binary(min_size=1, max_size=4))
        + content[place + data.draw(st.integers(0, 400)) :]
    )
    with suppress(ArtifactError):
        Artifact.load(damaged)


def test_what_cannot_be_read_back_is_not_written(
    artifact: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        __import__("inklab.recognition.artifact", fromlist=["x"]).MOST_BYTES, "model.onnx", 10
    )
    with pytest.raises(ArtifactError, match=r"its model.onnx has 31,\d+ bytes; expected at most 10"):
        artifact.save(tmp_path / "large.inklab")
    assert not list(tmp_path.iterdir())
    with pytest.raises(InklabError, match="cannot write"):
        monkeypatch.undo()
        artifact.save(tmp_path / "no" / "folder.inklab")
