"""The shipped network reads sample pictures of digits as a person does, and refuses other pictures."""

import pytest
from sample_pictures import DIGIT_PICTURES, OTHER_PICTURES

from inklab.recognition import Recognizer


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer()


@pytest.mark.parametrize("name", DIGIT_PICTURES)
def test_a_picture_of_a_digit_is_read(name: str, recognizer: Recognizer) -> None:
    digit, encoded_picture = DIGIT_PICTURES[name]
    prediction = recognizer.read(encoded_picture())
    assert prediction.digit == digit, prediction
    assert prediction.confidence > 0.9


@pytest.mark.parametrize("name", OTHER_PICTURES)
def test_a_picture_without_a_digit_is_refused(name: str, recognizer: Recognizer) -> None:
    assert recognizer.read(OTHER_PICTURES[name]()).reason in {"blank", "no digit"}
