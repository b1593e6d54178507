"""Run folders: create, rename, and delete them, never while they train."""

import shutil
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from inklab.errors import InklabError, RunError
from inklab.utils.atomic import PARTIAL_SUFFIX

if TYPE_CHECKING:
    from inklab.runs.run import Run


def make_folder(path: Path) -> None:
    """Create an empty folder, with its parents; raise a RunError if it exists and is not empty."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        if any(not entry.name.endswith(PARTIAL_SUFFIX) for entry in path.iterdir()):
            raise RunError(f"{path} is not empty; choose another name, or resume its run with --resume")
    except OSError as error:
        raise InklabError(f"cannot make the folder {path}: {error.strerror}; choose another place") from None


def unique_path(folder: Path, name: str) -> Path:
    """Return folder/name, or the first of folder/name-2, folder/name-3, ... that does not exist."""
    candidates = (folder / (name if number == 1 else f"{name}-{number}") for number in count(1))
    return next(path for path in candidates if not path.exists())


def rename_run(run: "Run", name: str) -> Path:
    """Rename the folder of a run; return the new path.

    Raise a RunError if the run trains or the name is taken.
    """
    path = run.path.with_name(name)
    with _lock_all(run):
        if path.exists():
            raise RunError(f"a run {name} exists already; choose another name")
        _move(run.path, path)
    return path


def delete_run(run: "Run") -> None:
    """Delete a run with everything in its folder; an error leaves the folder unchanged.

    Raise a RunError if the run trains.
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


def _lock_all(run: "Run") -> ExitStack:
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
