"""Locks on folders: one process works in a folder at a time."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from inklab.errors import RunError

_ATTEMPTS, _WAIT_S = 5, 0.02


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Lock a folder during the block; the system releases the lock however the process ends.

    Raises:
        RunError: another process holds the lock, or the folder does not exist.
    """
    try:
        folder = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise RunError(f"cannot open {path}: {error.strerror}") from None
    try:
        for _ in range(_ATTEMPTS):  # `is_locked` holds the lock for a moment
            if _try_lock(folder, fcntl.LOCK_EX):
                break
            time.sleep(_WAIT_S)
        else:
            raise RunError(f"another process is at work in {path}; wait for it or stop it")
        is_there = False
        with suppress(OSError):  # the previous holder may have renamed or deleted it
            is_there = os.path.samestat(os.fstat(folder), path.stat())
        if not is_there:
            raise RunError(f"{path} was renamed or deleted; choose a run that exists")
        yield
    finally:
        os.close(folder)


def is_locked(path: Path) -> bool:
    """Return whether a process holds the lock of a folder."""
    try:
        folder = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _try_lock(folder, fcntl.LOCK_SH)
    finally:
        os.close(folder)


def _try_lock(folder: int, kind: int) -> bool:
    try:
        fcntl.flock(folder, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
