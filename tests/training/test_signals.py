"""Ctrl-C and SIGTERM: the first stops the training cleanly, the second has its usual effect."""

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


class SignalReceived(Exception):  # noqa: N818  (not an error)
    """Raised by the handlers of this test."""


@pytest.fixture(autouse=True)
def raising_handlers() -> Iterator[None]:
    """Give both signals a handler that raises, and restore the previous handlers."""

    def handle(number: int, _frame: FrameType | None) -> None:
        raise SignalReceived(signal.Signals(number).name)

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_first_signal_stops_after_the_step_and_second_has_its_usual_effect(
    number: signal.Signals, mnist: Dataset
) -> None:
    training = Training(RECIPE, mnist.train[:40])

    def interrupt(*_: object) -> None:
        if training.step == 5:  # during the sixth step
            os.kill(os.getpid(), number)

    training.optimizer.register_step_post_hook(interrupt)
    with stopping_on_signals(training):
        assert [progress.step for progress in training] == [0, 4]
        assert training.step == 6
        for second in SIGNALS:
            with pytest.raises(SignalReceived, match=second.name):
                os.kill(os.getpid(), second)


@pytest.mark.parametrize("number", SIGNALS)
def test_handlers_are_restored(number: signal.Signals, mnist: Dataset) -> None:
    training = Training(replace(RECIPE, steps=1), mnist.train[:10])
    with pytest.raises(ZeroDivisionError), stopping_on_signals(training):
        raise ZeroDivisionError
    with pytest.raises(SignalReceived, match=number.name):
        os.kill(os.getpid(), number)


def test_signal_before_the_first_step_stops_the_training(mnist: Dataset) -> None:
    training = Training(RECIPE, mnist.train[:40])
    with stopping_on_signals(training):
        os.kill(os.getpid(), signal.SIGTERM)
        assert list(training) == []
    assert training.step == 0
