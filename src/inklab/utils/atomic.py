"""Files that are whole or not there: written under a temporary name, flushed, renamed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from inklab.errors import InklabError

PARTIAL = ".partial"
"""How the name of an unfinished file ends; only a process that was killed leaves one behind."""


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a binary file that takes the place of `path` when the block ends without an error.

    A crash, a full disk or an exception leaves the old file, or none, and no temporary one.

    Raises:
        InklabError: the folder cannot be written to, or the disk is full.
    """
    try:
        with NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", suffix=PARTIAL, delete=False
        ) as file:
            temporary = Path(file.name)
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                temporary.chmod(0o644)
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
    except OSError as error:
        why = error.strerror or error
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            raise InklabError(f"cannot write {path}: {path.parent} is no folder; make it first") from error
        raise InklabError(f"cannot write {path}: {why}; make room, or choose another place") from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all."""
    with replacing(path) as file:
        file.write(content)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` as UTF-8, whole or not at all."""
    write_bytes(path, text.encode())
