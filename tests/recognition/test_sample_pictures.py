"""Pictures of our own making are read as a person would read them, and what holds no digit is refused."""

import pytest
from sample_pictures import READ, REFUSED

from inklab.recognition import Recogniser


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser()


@pytest.mark.parametrize("name", READ)
def test_a_digit_is_read(name: str, recogniser: Recogniser) -> None:
    digit, make = READ[name]
    reading = recogniser.read(make())
    assert reading.digit == digit, reading
    assert reading.confidence > 0.9


@pytest.mark.parametrize("name", REFUSED)
def test_what_holds_no_digit_is_refused(name: str, recogniser: Recogniser) -> None:
    assert recogniser.read(REFUSED[name]()).reason in {"blank", "no digit"}
