"""The recognizer: one picture, many pictures, prepared images; threads and processes keep the order."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from PIL import Image

from inklab.data import Dataset
from inklab.errors import ArtifactError, DataError, InklabError, PictureError
from inklab.recognition import Artifact, Recognizer, predictions_from_logits
from inklab.recognition.recognizer import SHIPPED
from inklab.utils.hardware import cores
from inklab.utils.parallel import CHUNK_SIZE


@pytest.fixture
def recognizer(artifact: Artifact) -> Recognizer:
    return Recognizer(artifact)


@pytest.fixture
def digits(mnist: Dataset) -> NDArray[np.uint8]:
    """More images than a chunk holds, and not a whole number of chunks."""
    return mnist.test.images[: 3 * CHUNK_SIZE + 5]


def test_every_form_of_a_picture_gives_the_same_prediction(
    recognizer: Recognizer, artifact: Artifact, digits: NDArray[np.uint8], tmp_path: Path
) -> None:
    Image.fromarray(digits[0]).save(tmp_path / "seven.png")
    expected = predictions_from_logits(artifact.network.logits(digits[:1]), artifact.card.calibration)[0]
    assert expected.probabilities
    path = tmp_path / "seven.png"
    for picture in (
        path,
        str(path),
        path.read_bytes(),
        digits[0],
        digits[0].tolist(),
        Image.fromarray(digits[0]),
    ):
        assert recognizer.read(picture) == expected


def test_a_refused_picture_has_a_reason(recognizer: Recognizer, tmp_path: Path) -> None:
    assert recognizer.read(np.zeros((40, 40), np.uint8)).reason == "blank"
    missing = recognizer.read(tmp_path / "nothing.png")
    assert (missing.digit, missing.probabilities) == (None, ())
    assert missing.reason.startswith("unreadable: ")
    assert "nothing.png" in missing.reason
    assert recognizer.read(b"no picture").reason.startswith("unreadable: ")


@pytest.mark.parametrize("processes", [0, 2])
def test_many_pictures_are_read_as_each_alone(
    recognizer: Recognizer, digits: NDArray[np.uint8], processes: int
) -> None:
    pictures: list[NDArray[np.uint8] | bytes] = list(digits)
    pictures[7] = pictures[CHUNK_SIZE] = b"no picture"
    pictures[8] = np.zeros((28, 28), np.uint8)
    predictions = list(recognizer.read_many(iter(pictures), processes=processes))
    assert len(predictions) == len(pictures)
    for prediction, picture in zip(predictions, pictures, strict=True):
        alone = recognizer.read(picture)
        assert (prediction.digit, prediction.reason) == (alone.digit, alone.reason)
        assert_allclose(prediction.probabilities, alone.probabilities, rtol=1e-5)
    assert len({prediction.digit for prediction in predictions}) > 5, "a wrong order would be noticed"
    assert predictions[7].reason.startswith("unreadable")
    assert predictions[8].reason == "blank"


def test_rows_of_a_data_set_are_read_as_each_image(
    recognizer: Recognizer, digits: NDArray[np.uint8], mnist: Dataset
) -> None:
    expected = list(recognizer.read_many(digits))
    table = pd.DataFrame(digits.reshape(-1, 784))
    for rows in (table, table.to_numpy() / 255, digits[:, np.newaxis]):
        assert list(recognizer.read_many(rows)) == expected
    assert_array_equal(recognizer.predict(table), recognizer.predict(digits))
    table.insert(0, "label", mnist.test.labels[: len(digits)])
    for method in (recognizer.read_many, recognizer.predict, recognizer.predict_proba):
        with pytest.raises(
            DataError, match=r"a table of 785 columns; .* drop other columns, such as the label"
        ):
            method(table)


def test_reading_never_raises_for_a_picture(recognizer: Recognizer) -> None:
    for picture in (
        None,
        {"bytes": b""},
        "https://example.com/7.png",
        [["7"], []],
        np.zeros((1, 785)),
        print,
    ):
        prediction = recognizer.read(picture)  # type: ignore[arg-type]
        assert prediction.digit is None
        assert prediction.reason.startswith("unreadable: ")


def test_no_pictures_give_no_predictions(recognizer: Recognizer) -> None:
    assert list(recognizer.read_many([])) == []


@pytest.mark.parametrize(
    "picture",
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
@pytest.mark.parametrize("method", ["read_many", "predict", "predict_proba"])
def test_a_single_picture_is_refused_where_several_are_expected(
    picture: Any, method: str, recognizer: Recognizer
) -> None:
    with pytest.raises(DataError, match=r"this is one picture \(\w+\); expected several; use `read`, or "):
        getattr(recognizer, method)(picture)


def test_pictures_are_taken_only_a_few_chunks_ahead(
    recognizer: Recognizer, digits: NDArray[np.uint8]
) -> None:
    taken = 0

    def endless() -> Iterator[NDArray[np.uint8]]:
        nonlocal taken
        while True:
            taken += 1
            yield digits[taken % len(digits)]

    other_threads = threading.active_count()  # of earlier tests in this process
    predictions = recognizer.read_many(endless())
    for number in range(1, 400):
        next(predictions)
        assert taken <= number + (2 * cores() + 2) * CHUNK_SIZE
    predictions.close()  # type: ignore[attr-defined]
    assert threading.active_count() == other_threads


def test_an_error_of_the_iterable_is_passed_on(recognizer: Recognizer, digits: NDArray[np.uint8]) -> None:
    def broken() -> Iterator[NDArray[np.uint8]]:
        yield digits[0]
        raise LookupError("the camera is off")

    with pytest.raises(LookupError, match="the camera is off"):
        list(recognizer.read_many(broken()))


def test_a_process_that_dies_is_reported(artifact: Artifact) -> None:
    with pytest.raises(InklabError, match="a worker process died"):
        list(Recognizer(artifact).read_many([Dies()], processes=1))  # type: ignore[list-item]


class Dies:
    """End the process that unpickles this object."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        import os

        return os._exit, (3,)


def test_many_threads_share_one_recognizer(recognizer: Recognizer, digits: NDArray[np.uint8]) -> None:
    expected = [recognizer.read(image) for image in digits]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(recognizer.read, digits)) == expected


def test_probabilities_of_prepared_images_by_hand(recognizer: Recognizer, digits: NDArray[np.uint8]) -> None:
    probabilities = recognizer.predict_proba(digits)
    assert probabilities.shape == (len(digits), 10)
    assert_allclose(probabilities.sum(axis=1), 1)
    # By hand: the logits are 20 times the pixels, the temperature is 2.
    powers = np.exp(digits[:, 14, 9:19] / 255 * 10)
    assert_allclose(probabilities, powers / powers.sum(axis=1, keepdims=True), rtol=1e-5)
    assert_array_equal(recognizer.predict(digits), powers.argmax(axis=1))
    assert recognizer.predict(digits).dtype == np.int64
    assert recognizer.predict_proba(digits[:0]).shape == (0, 10)
    with pytest.raises(DataError, match=r"expected uint8 \(n, 28, 28\)"):
        recognizer.predict_proba(digits / 255)


def test_probabilities_of_pictures(recognizer: Recognizer, digits: NDArray[np.uint8], tmp_path: Path) -> None:
    large = 255 - digits.repeat(2, axis=1).repeat(2, axis=2)  # (n, 56, 56), dark on white
    Image.fromarray(digits[0]).save(tmp_path / "digit.png")
    pictures = [tmp_path / "digit.png", *large[1:]]
    expected = [prediction.probabilities for prediction in recognizer.read_many(pictures)]
    assert_allclose(recognizer.predict_proba(iter(pictures)), expected, rtol=1e-5)
    assert_array_equal(recognizer.predict(pictures), np.argmax(expected, axis=1))
    assert_allclose(recognizer.predict_proba(large)[1:], expected[1:], rtol=1e-5)
    assert recognizer.predict_proba([]).shape == (0, 10)
    assert recognizer.predict([]).shape == (0,)


def test_a_refused_picture_has_no_probabilities(recognizer: Recognizer, tmp_path: Path) -> None:
    blank = np.zeros((40, 40), np.uint8)
    with pytest.raises(PictureError, match=r"^the picture is refused: blank; .*`read_many` reports refused"):
        recognizer.predict_proba([blank])
    with pytest.raises(PictureError, match=r"missing\.png is refused: unreadable"):
        recognizer.predict([tmp_path / "missing.png"])


def test_a_recognizer_of_a_path(artifact: Artifact, digits: NDArray[np.uint8], tmp_path: Path) -> None:
    artifact.save(tmp_path / "a.inklab")
    probabilities = Recognizer(tmp_path / "a.inklab").predict_proba(digits)
    assert_array_equal(probabilities, Recognizer(str(tmp_path / "a.inklab")).predict_proba(digits))
    with pytest.raises(ArtifactError, match="does not exist"):
        Recognizer(tmp_path / "b.inklab")


def test_a_missing_shipped_network_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert SHIPPED.parent.name == "shipped"
    monkeypatch.setattr("inklab.recognition.recognizer.SHIPPED", tmp_path / "digits.inklab")
    with pytest.raises(
        ArtifactError, match=r"^this inklab comes without a network: .*pass the path of an artifact"
    ):
        Recognizer()
