"""Ctrl-C and SIGTERM as a request to stop in good order."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol


class Stoppable(Protocol):
    """What can be asked to stop."""

    def stop(self) -> None:
        """Stop in good order, soon; safe in a signal handler."""


@contextmanager
def stopping_on_signals(training: Stoppable) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM stop the training after its step; the second one acts as it always did."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def stop(_number: int, _frame: FrameType | None) -> None:
        training.stop()
        restore()

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        restore()
