"""Trainer: a run is trained in a process of its own, which outlives the page and the server."""

import time
from typing import TYPE_CHECKING

from inklab.errors import RunError
from inklab.web.process import last_line, start_process

if TYPE_CHECKING:
    from inklab.runs import Run

LOG = "train.log"
"""In the folder of a run that was started here, what its process said."""
START_S = 60.0
"""How long a process may take until it trains; after that it is left to itself."""
STOP_S = 60.0
"""How long a training may take to stop."""

_POLL_S = 0.05


def start_training(run: "Run") -> None:
    """Train a run by `inklab train --resume`, in its own session; return once it trains.

    Raises:
        InklabError: the process ended before it did, with what it said last.
    """
    process = start_process(["train", "--resume", str(run.path.absolute())], run.path / LOG)
    until = time.monotonic() + START_S
    while not run.is_training and time.monotonic() < until:
        if process.poll() is not None:
            if run.is_finished:
                return
            raise RunError(f"the training did not begin: {last_line(run.path / LOG)}")
        time.sleep(_POLL_S)


def stop_training(run: "Run") -> None:
    """Let a run stop at a checkpoint, whoever trains it, and return once it has.

    Raises:
        RunError: it has not stopped within `STOP_S`.
    """
    until = time.monotonic() + STOP_S
    while run.is_training:
        if time.monotonic() > until:
            raise RunError(f"{run.path} has not stopped within {STOP_S:g} s; it will after its step")
        run.request_stop()  # again, for a committee may have been between two columns
        time.sleep(_POLL_S)
