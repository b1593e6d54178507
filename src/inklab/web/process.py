"""Processes: `inklab` itself, in a session of its own, which outlives the page and the server."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Thread

from inklab.errors import InklabError

NICENESS = 5
"""A page that is drawn on goes before a training."""
LOG_TAIL = 2000
"""So many bytes of a log are looked at for its last line."""

_COMMAND = (sys.executable, "-m", "inklab")


def start_process(arguments: Sequence[str], log: Path) -> "subprocess.Popen[bytes]":
    """Start `inklab` with these arguments.

    What it says goes to a file: a pipe would fill up, or break when the server ends, and stop it.

    Args:
        arguments: a command and its options.
        log: what the process says on stderr, in place of what an earlier one said.

    Raises:
        InklabError: it cannot be started.
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
    os.setpriority(
        os.PRIO_PROCESS, process.pid, NICENESS
    )  # before it is waited for, while the pid is its own
    Thread(target=process.wait, daemon=True).start()  # so that no zombie is left
    return process


def last_line(log: Path) -> str:
    """Return what a process said last, without the name of the program."""
    try:
        said = log.read_bytes()[-LOG_TAIL:].decode(errors="replace")
    except OSError as error:
        return str(error.strerror)
    lines = [line.removeprefix("inklab: ") for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "its process said nothing"
