"""Ctrl-C and SIGTERM: the first stops in good order, the second acts as it always did."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from types import FrameType

import pytest

from inklab.data import Dataset
from inklab.training import Recipe, Training, stopping_on_signals

RECIPE = Recipe(
    name="small",
    network="softmax-regression",
    learning_rate=0.5,
    batch_size=10,
    steps=8,
    log_every=4,
    eval_every=4,
)
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Told(Exception):  # noqa: N818  (a signal that came is no error)
    """What the handlers of this test raise."""


@pytest.fixture(autouse=True)
def told() -> Iterator[None]:
    """Give both signals a handler that raises, and put back what was there."""

    def tell(number: int, _frame: FrameType | None) -> None:
        raise Told(signal.Signals(number).name)

    before = {number: signal.signal(number, tell) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_stops_after_the_step_and_the_second_acts_as_before(
    number: signal.Signals, mnist: Dataset
) -> None:
    training = Training(RECIPE, mnist.train[:40])

    def interrupt(*_: object) -> None:
        if training.step == 5:  # the sixth step is under way
            os.kill(os.getpid(), number)

    training.optimizer.register_step_post_hook(interrupt)
    with stopping_on_signals(training):
        assert [progress.step for progress in training] == [0, 4]
        assert training.step == 6
        for again in SIGNALS:  # either of them
            with pytest.raises(Told, match=again.name):
                os.kill(os.getpid(), again)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_handlers_are_back_afterwards(number: signal.Signals, mnist: Dataset) -> None:
    training = Training(replace(RECIPE, steps=1), mnist.train[:10])
    with pytest.raises(ZeroDivisionError), stopping_on_signals(training):
        raise ZeroDivisionError
    with pytest.raises(Told, match=number.name):
        os.kill(os.getpid(), number)


def test_a_signal_before_the_first_step_stops_it(mnist: Dataset) -> None:
    training = Training(RECIPE, mnist.train[:40])
    with stopping_on_signals(training):
        os.kill(os.getpid(), signal.SIGTERM)
        assert list(training) == []
    assert training.step == 0
