"""Flags: small files in a run folder by which processes talk to the training process, and it to them.

stop          another process asks the training to stop at a checkpoint
failure.txt   why the training failed, until it is started again
"""

from contextlib import suppress
from pathlib import Path

from inklab.errors import InklabError
from inklab.utils.atomic import write_text

_STOP, _FAILURE = "stop", "failure.txt"


def request_stop(folder: Path) -> None:
    """Ask the training in this folder to stop.

    Raises:
        InklabError: the folder cannot be written to.
    """
    try:
        (folder / _STOP).touch()
    except OSError as error:
        raise InklabError(f"cannot write {folder / _STOP}: {error.strerror}") from None


def is_stop_requested(folder: Path) -> bool:
    """Return whether a stop was requested."""
    return (folder / _STOP).exists()


def clear_stop(folder: Path) -> None:
    """Remove the request to stop."""
    (folder / _STOP).unlink(missing_ok=True)


def record_failure(folder: Path, error: BaseException) -> None:
    """Write why the training failed, if the folder can be written to."""
    with suppress(InklabError):
        write_text(folder / _FAILURE, f"{error}\n")


def read_failure(folder: Path) -> str:
    """Return why the training failed, in one line; empty if it did not."""
    try:
        return " ".join((folder / _FAILURE).read_text(encoding="utf-8", errors="replace").split())
    except OSError:
        return ""


def clear(folder: Path) -> None:
    """Remove all flags."""
    clear_stop(folder)
    (folder / _FAILURE).unlink(missing_ok=True)
