"""Pictures of our own making are read as a person would read them, and what holds no digit is refused."""

import pytest
from sample_pictures import READ, REFUSED

from inklab.recognition import Recognizer


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer()


@pytest.mark.parametrize("name", READ)
def test_a_digit_is_read(name: str, recognizer: Recognizer) -> None:
    digit, make = READ[name]
    reading = recognizer.read(make())
    assert reading.digit == digit, reading
    assert reading.confidence > 0.9


@pytest.mark.parametrize("name", REFUSED)
def test_what_holds_no_digit_is_refused(name: str, recognizer: Recognizer) -> None:
    assert recognizer.read(REFUSED[name]()).reason in {"blank", "no digit"}
