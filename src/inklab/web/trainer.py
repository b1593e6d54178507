"""Trainer: a run is trained in a process of its own, which outlives the page and the server."""

import os
import subprocess
import sys
import time
from threading import Thread
from typing import TYPE_CHECKING

from inklab.errors import InklabError, RunError

if TYPE_CHECKING:
    from inklab.training import Run

LOG = "train.log"
"""In the folder of a run that was started here, what its process said."""
START_S = 60.0
"""How long a process may take until it trains; after that it is left to itself."""
STOP_S = 60.0
"""How long a training may take to stop."""

_COMMAND = (sys.executable, "-c", "from inklab.cli import main; main()", "train", "--resume")
_NICENESS = 5  # a page that is drawn on goes before a training
_POLL_S = 0.05
_LOG_TAIL = 2000


def start_training(run: "Run") -> None:
    """Train a run by `inklab train --resume`, in its own session; return once it trains.

    Raises:
        InklabError: the process ended before it did, with what it said last.
    """
    try:
        with (run.path / LOG).open("wb") as log:
            process = subprocess.Popen(  # noqa: S603  (our own command on a folder of ours)
                [*_COMMAND, str(run.path.absolute())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
    except OSError as error:
        raise InklabError(f"cannot start a training in {run.path}: {error.strerror}") from None
    Thread(target=process.wait, daemon=True).start()  # so that no zombie is left
    os.setpriority(os.PRIO_PROCESS, process.pid, _NICENESS)
    until = time.monotonic() + START_S
    while not run.is_training and time.monotonic() < until:
        if process.poll() is not None and not run.is_finished:
            raise RunError(f"the training did not begin: {_last_line(run)}")
        if process.poll() is not None:
            return
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
        run.ask_to_stop()  # again, for a committee may have been between two columns
        time.sleep(_POLL_S)


def _last_line(run: "Run") -> str:
    try:
        said = (run.path / LOG).read_bytes()[-_LOG_TAIL:].decode(errors="replace")
    except OSError as error:
        return str(error.strerror)
    lines = [line.removeprefix("inklab: ") for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "its process said nothing"
