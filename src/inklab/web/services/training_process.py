"""Training processes: `inklab` in a session of its own, which outlives the page and the server."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from inklab.errors import InklabError, RunError

if TYPE_CHECKING:
    from inklab.runs import Run

NICENESS = 5
"""Requests of the page have priority over a training."""
START_TIMEOUT_S = 60.0
"""The longest wait until a process trains; later it is left to itself."""
STOP_TIMEOUT_S = 60.0
"""The longest wait until a training stops."""

_LOG = "train.log"  # in the folder of a run: the stderr of its process
_LOG_TAIL_BYTES = 2000
_POLL_S = 0.05
_COMMAND = (sys.executable, "-m", "inklab")


def start_process(arguments: Sequence[str], log: Path) -> "subprocess.Popen[bytes]":
    """Start `inklab` with these arguments.

    The process writes its messages to a file. A pipe would block it when full, and stop it with the server.

    Args:
        arguments: a command and its options.
        log: the file for stderr; it is overwritten.
    """
    try:
        with log.open("wb") as file:
            process = subprocess.Popen(  # noqa: S603  (our own command)
                [*_COMMAND, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=file,
                start_new_session=True,
            )
    except OSError as error:
        raise InklabError(f"cannot start `inklab {arguments[0]}`: {error.strerror}") from None
    os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)  # before `wait`, after which the pid may be reused
    Thread(target=process.wait, daemon=True).start()  # prevents a zombie
    return process


def last_log_line(log: Path) -> str:
    """Return the last message of a process, without the name of the program."""
    try:
        text = log.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace")
    except OSError as error:
        return str(error.strerror)
    lines = [line.removeprefix("inklab: ") for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "its process left no message"


def start_training(run: "Run") -> None:
    """Train a run with `inklab train --resume`, and return once it trains."""
    process = start_process(["train", "--resume", str(run.path.absolute())], run.path / _LOG)
    deadline = time.monotonic() + START_TIMEOUT_S
    while not run.is_training and time.monotonic() < deadline:
        if process.poll() is not None:
            if run.is_finished:
                return
            raise RunError(f"the training did not start: {last_log_line(run.path / _LOG)}")
        time.sleep(_POLL_S)


def stop_training(run: "Run") -> None:
    """Stop a run at a checkpoint, in whatever process it trains, and return once it has stopped."""
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while run.is_training:
        if time.monotonic() > deadline:
            raise RunError(
                f"{run.path} has not stopped within {STOP_TIMEOUT_S:g} s; it will stop after its current step"
            )
        run.request_stop()  # repeated, because an ensemble may have been between two members
        time.sleep(_POLL_S)
