"""Run folders: create an empty one, find a free name."""

from itertools import count
from pathlib import Path

from inklab.errors import InklabError, RunError
from inklab.utils.atomic import PARTIAL_SUFFIX


def make_folder(path: Path) -> None:
    """Create an empty folder, with its parents.

    Raises:
        RunError: the folder is not empty.
        InklabError: the folder cannot be created.
    """
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
