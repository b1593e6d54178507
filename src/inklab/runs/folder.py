"""Folders of runs: made for something new, and held by the one process that trains in them."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inklab.errors import InklabError, RunError
from inklab.utils.atomic import PARTIAL_SUFFIX

_TRIES, _TRY_S = 5, 0.02


def make_folder(path: Path) -> None:
    """Make a folder, and those it lies in, for something new.

    Raises:
        RunError: it holds something already.
        InklabError: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        if any(not entry.name.endswith(PARTIAL_SUFFIX) for entry in path.iterdir()):
            raise RunError(f"{path} is not empty; choose another name, or resume what is in it with --resume")
    except OSError as error:
        raise InklabError(f"cannot make the folder {path}: {error.strerror}; choose another place") from None


def unique_path(folder: Path, name: str) -> Path:
    """Return folder/name, or folder/name-2, -3 and so on, the first that is not there."""
    number = 1
    while True:
        path = folder / (name if number == 1 else f"{name}-{number}")
        if not path.exists():
            return path
        number += 1


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a folder for this process; the system lets go of it however the process ends.

    Raises:
        RunError: another process holds it, or there is no folder.
    """
    try:
        folder = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise RunError(f"{path} cannot be opened: {error.strerror}") from None
    try:
        if not _taken(folder):
            raise RunError(f"another process is at work in {path}; wait for it or stop it")
        if not _is_at(folder, path):  # whoever held it until now has renamed or deleted it
            raise RunError(f"{path} is no longer there; look for it with `inklab web`")
        yield
    finally:
        os.close(folder)


def is_locked(path: Path) -> bool:
    """Whether a process holds this folder."""
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


def _taken(folder: int) -> bool:
    """Lock an open folder; whoever only asks whether it is locked, and so holds it, is waited for."""
    for _ in range(_TRIES):
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_TRY_S)
        else:
            return True
    return False


def _is_at(folder: int, path: Path) -> bool:
    """Whether an open folder is the one that this path leads to."""
    try:
        return os.path.samestat(os.fstat(folder), path.stat())
    except OSError:
        return False
