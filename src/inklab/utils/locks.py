"""Locks on folders: one process works in a folder at a time."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
        if not _lock(folder):
            raise RunError(f"another process is at work in {path}; wait for it or stop it")
        if not _is_same_folder(folder, path):  # the previous holder has renamed or deleted it
            raise RunError(f"{path} no longer exists; look for it with `inklab web`")
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
        fcntl.flock(folder, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(folder)
    return False


def _lock(folder: int) -> bool:
    """Lock an open folder; wait a moment for `is_locked`, which holds it briefly."""
    for _ in range(_ATTEMPTS):
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_WAIT_S)
        else:
            return True
    return False


def _is_same_folder(folder: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(folder), path.stat())
    except OSError:
        return False
