"""The recogniser: one picture, many, and normalised images; in threads and in processes, always in order."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from PIL import Image

from inklab.data import Dataset
from inklab.errors import ArtifactError, DataError, InklabError
from inklab.recognition import Artifact, Recognizer, predictions_from_logits
from inklab.recognition.recognizer import SHIPPED
from inklab.utils.hardware import cores
from inklab.utils.parallel import CHUNK


@pytest.fixture
def recognizer(artifact: Artifact) -> Recognizer:
    return Recognizer(artifact)


@pytest.fixture
def digits(mnist: Dataset) -> NDArray[np.uint8]:
    """More images than a chunk, and not a whole number of chunks."""
    return mnist.test.images[: 3 * CHUNK + 5]


def test_a_picture(
    recognizer: Recognizer, artifact: Artifact, digits: NDArray[np.uint8], tmp_path: Path
) -> None:
    Image.fromarray(digits[0]).save(tmp_path / "seven.png")
    expected = predictions_from_logits(artifact.network.logits(digits[:1]), artifact.card.calibration)[0]
    assert expected.probabilities
    path = tmp_path / "seven.png"
    for picture in (path, str(path), path.read_bytes(), digits[0], Image.fromarray(digits[0])):
        assert recognizer.read(picture) == expected


def test_what_holds_no_digit_has_its_reason(recognizer: Recognizer, tmp_path: Path) -> None:
    assert recognizer.read(np.zeros((40, 40), np.uint8)).reason == "blank"
    missing = recognizer.read(tmp_path / "nothing.png")
    assert (missing.digit, missing.probabilities) == (None, ())
    assert missing.reason.startswith("unreadable: ")
    assert "nothing.png" in missing.reason
    assert recognizer.read(b"no picture").reason.startswith("unreadable: ")


@pytest.mark.parametrize("processes", [0, 2])
def test_many_pictures_are_read_as_one_by_one(
    recognizer: Recognizer, digits: NDArray[np.uint8], processes: int
) -> None:
    pictures: list[NDArray[np.uint8] | bytes] = list(digits)
    pictures[7] = pictures[CHUNK] = b"no picture"
    pictures[8] = np.zeros((28, 28), np.uint8)
    found = list(recognizer.read_many(iter(pictures), processes=processes))
    assert len(found) == len(pictures)
    for reading, picture in zip(found, pictures, strict=True):
        alone = recognizer.read(picture)
        assert (reading.digit, reading.reason) == (alone.digit, alone.reason)
        assert_allclose(reading.probabilities, alone.probabilities, rtol=1e-5)
    assert len({reading.digit for reading in found}) > 5, "an order that is wrong would be seen"
    assert found[7].reason.startswith("unreadable")
    assert found[8].reason == "blank"


def test_none_of_none(recognizer: Recognizer) -> None:
    assert list(recognizer.read_many([])) == []


@pytest.mark.parametrize(
    "one",
    [
        "seven.png",
        b"bytes",
        Path("seven.png"),
        BytesIO(b"file"),
        Image.new("L", (28, 28)),
        np.zeros((28, 28), np.uint8),
        np.zeros((28, 28, 3), np.uint8),
    ],
)
def test_one_picture_is_not_several(one: Any) -> None:
    with pytest.raises(DataError, match=r"this is one picture \(\w+\); expected several; `read` takes one"):
        Recognizer().read_many(one)


def test_pictures_are_taken_only_as_far_as_is_read_ahead(
    recognizer: Recognizer, digits: NDArray[np.uint8]
) -> None:
    taken = 0

    def endless() -> Iterator[NDArray[np.uint8]]:
        nonlocal taken
        while True:
            taken += 1
            yield digits[taken % len(digits)]

    others = threading.active_count()  # of tests before, in the same process
    found = recognizer.read_many(endless())
    for number in range(1, 400):
        next(found)
        assert taken <= number + (2 * cores() + 2) * CHUNK
    found.close()  # type: ignore[attr-defined]
    assert threading.active_count() < others + 20


def test_an_error_of_the_iterable_is_its_own(recognizer: Recognizer, digits: NDArray[np.uint8]) -> None:
    def broken() -> Iterator[NDArray[np.uint8]]:
        yield digits[0]
        raise LookupError("the camera is gone")

    with pytest.raises(LookupError, match="the camera is gone"):
        list(recognizer.read_many(broken()))


def test_a_process_that_dies_is_told(artifact: Artifact) -> None:
    with pytest.raises(InklabError, match="a reading process died"):
        list(Recognizer(artifact).read_many([Dies()], processes=1))  # type: ignore[list-item]


class Dies:
    """What ends the process that unpickles it."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        import os

        return os._exit, (3,)


def test_many_threads_share_one(recognizer: Recognizer, digits: NDArray[np.uint8]) -> None:
    expected = [recognizer.read(image) for image in digits]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(recognizer.read, digits)) == expected


def test_probabilities_of_images(recognizer: Recognizer, digits: NDArray[np.uint8]) -> None:
    found = recognizer.predict_proba(digits)
    assert found.shape == (len(digits), 10)
    assert_allclose(found.sum(axis=1), 1)
    # By hand: the logits are 20 times the pixels, the temperature is 2.
    powers = np.exp(digits[:, 14, 9:19] / 255 * 10)
    assert_allclose(found, powers / powers.sum(axis=1, keepdims=True), rtol=1e-5)
    assert recognizer.predict_proba(digits[:0]).shape == (0, 10)
    with pytest.raises(DataError, match=r"expected uint8 \(n, 28, 28\)"):
        recognizer.predict_proba(digits / 255)  # type: ignore[arg-type]


def test_a_model_by_its_path(artifact: Artifact, digits: NDArray[np.uint8], tmp_path: Path) -> None:
    artifact.save(tmp_path / "a.inklab")
    found = Recognizer(tmp_path / "a.inklab").predict_proba(digits)
    assert_array_equal(found, Recognizer(str(tmp_path / "a.inklab")).predict_proba(digits))
    with pytest.raises(ArtifactError, match="does not exist"):
        Recognizer(tmp_path / "b.inklab")


def test_without_a_shipped_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert SHIPPED.parent.name == "shipped"
    monkeypatch.setattr("inklab.recognition.recognizer.SHIPPED", tmp_path / "digits.inklab")
    with pytest.raises(ArtifactError, match=r"^no network comes with this inklab: .*give the path of one"):
        Recognizer()
