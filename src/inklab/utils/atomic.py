"""Write files atomically: under a temporary name, flushed, then renamed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from inklab.errors import InklabError

PARTIAL_SUFFIX = ".partial"  # of an unfinished file, which only a process that was killed leaves


@contextmanager
def atomic_write(path: Path) -> Iterator[IO[bytes]]:
    """Open a binary file that replaces `path` when the block ends without an error.

    A crash, a full disk or an exception leaves the old file unchanged and no temporary file.

    Raises:
        InklabError: the path is a folder or a device, its folder cannot be written to, or the disk is full.
    """
    if path.exists() and not path.is_file():  # a rename would replace even a device
        raise InklabError(f"cannot write {path}: it is not a regular file; choose another path")
    try:
        with NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", suffix=PARTIAL_SUFFIX, delete=False
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
        reason, advice = error.strerror or error, "free some space, or choose another place"
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            reason, advice = f"{path.parent} is not a folder", "create it first"
        raise InklabError(f"cannot write {path}: {reason}; {advice}") from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` atomically."""
    with atomic_write(path) as file:
        file.write(content)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` atomically, as UTF-8."""
    write_bytes(path, text.encode())
