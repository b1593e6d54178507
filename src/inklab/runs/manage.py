"""Rename and delete runs, never while they train."""

import shutil
from contextlib import ExitStack
from pathlib import Path
from tempfile import mkdtemp

from inklab.errors import InklabError, RunError
from inklab.runs.run import Run
from inklab.utils.atomic import PARTIAL_SUFFIX


def rename_run(run: Run, name: str) -> Path:
    """Rename the folder of a run; return the new path.

    Raises:
        RunError: the run trains, or the name is taken.
        InklabError: the folder cannot be written to.
    """
    path = run.path.with_name(name)
    with _lock_all(run):
        if path.exists():
            raise RunError(f"a run {name} exists already; choose another name")
        _move(run.path, path)
    return path


def delete_run(run: Run) -> None:
    """Delete a run with everything in its folder; an error leaves the folder unchanged.

    Raises:
        RunError: the run trains.
        InklabError: the folder cannot be written to.
    """
    with _lock_all(run):
        try:
            trash = Path(mkdtemp(PARTIAL_SUFFIX, f".{run.path.name}.", run.path.parent))
        except OSError as error:
            raise InklabError(f"cannot delete {run.path}: {error.strerror}") from None
        try:
            _move(run.path, trash / "run")
        finally:
            shutil.rmtree(trash, ignore_errors=True)


def _lock_all(run: Run) -> ExitStack:
    """Lock the run and its members until the returned context ends."""
    with ExitStack() as stack:
        for part in [run, *run.members]:
            if part.path.is_dir():
                stack.enter_context(part.lock())
        return stack.pop_all()


def _move(path: Path, target: Path) -> None:
    try:
        path.rename(target)
    except OSError as error:
        raise InklabError(f"cannot move {path}: {error.strerror}") from None
