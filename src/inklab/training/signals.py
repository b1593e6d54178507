"""Stop a training cleanly on Ctrl-C and SIGTERM."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Protocol


class Stoppable(Protocol):
    """An object with a `stop` method, such as a `Training`."""

    def stop(self) -> None:
        """Stop soon, in a state that can be resumed; safe in a signal handler."""


@contextmanager
def stopping_on_signals(training: Stoppable) -> Iterator[None]:
    """Call `training.stop` on the first Ctrl-C or SIGTERM; the second has its usual effect."""
    with ExitStack() as previous_handlers:

        def stop(_number: int, _frame: FrameType | None) -> None:
            training.stop()
            previous_handlers.close()

        for number in (signal.SIGINT, signal.SIGTERM):
            previous_handlers.callback(signal.signal, number, signal.getsignal(number))
            signal.signal(number, stop)
        yield
