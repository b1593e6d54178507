"""Shelf: the folder in which runs stand, where they are renamed and deleted, never while they train."""

import shutil
from contextlib import ExitStack
from pathlib import Path
from tempfile import mkdtemp

from inklab.errors import InklabError, RunError
from inklab.runs.run import Run
from inklab.utils.atomic import PARTIAL_SUFFIX


def rename_run(run: Run, name: str) -> Path:
    """Give a run another name in the folder in which it stands; return its new folder.

    Raises:
        RunError: it trains, or there is something of this name.
        InklabError: the folder cannot be written to.
    """
    path = run.path.with_name(name)
    with _all_locked(run):
        if path.exists():
            raise RunError(f"there is a {name} already; choose another name")
        _move(run.path, path)
    return path


def delete_run(run: Run) -> None:
    """Delete a run with all that was found out about it; it is gone at once, or as a whole still there.

    Raises:
        RunError: it trains.
        InklabError: the folder cannot be written to.
    """
    with _all_locked(run):
        try:
            grave = Path(mkdtemp(PARTIAL_SUFFIX, f".{run.path.name}.", run.path.parent))
        except OSError as error:
            raise InklabError(f"cannot delete {run.path}: {error.strerror}") from None
        try:
            _move(run.path, grave / "run")
        finally:
            shutil.rmtree(grave, ignore_errors=True)


def _all_locked(run: Run) -> ExitStack:
    with ExitStack() as held:
        for part in [run, *run.members]:
            if part.path.is_dir():
                held.enter_context(part.lock())
        return held.pop_all()


def _move(path: Path, to: Path) -> None:
    try:
        path.rename(to)
    except OSError as error:
        raise InklabError(f"cannot move {path}: {error.strerror}") from None
