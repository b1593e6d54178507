"""The user's own drawings with their labels, as PNG files in folders 0 to 9."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from inklab.constants import N_CLASSES
from inklab.errors import InklabError, PictureError, RecipeError
from inklab.imaging import prepare_image
from inklab.utils.atomic import write_bytes

MAX_DRAWINGS = 10_000
"""Drawings of each digit."""
MAX_BYTES = 2**20
"""Size of a drawing, 1 MiB."""

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_FILE_NAME = re.compile(r"[0-9a-f]{16}\.png", re.ASCII)


@dataclass(frozen=True)
class Drawings:
    """The folder of the user's drawings: `4/0123456789abcdef.png` is a drawing of a 4.

    Args:
        folder: need not exist yet.
    """

    folder: Path

    def save(self, picture: bytes, label: int) -> str:
        """Save a PNG of one digit; its file name is a hash of its content. Return the name."""
        folder = self.folder / str(label)
        if not picture.startswith(_PNG_SIGNATURE) or len(picture) > MAX_BYTES:
            raise PictureError(
                f"the drawing has {len(picture):,} bytes; expected a PNG of at most {MAX_BYTES:,}"
            )
        if reason := prepare_image(picture).reason:
            raise PictureError(f"the drawing is refused: {reason}; expected one digit")
        name = f"{hashlib.sha256(picture).hexdigest()[:16]}.png"
        if not (folder / name).exists() and self.counts()[label] >= MAX_DRAWINGS:
            raise InklabError(f"{folder} has {MAX_DRAWINGS:,} drawings, the maximum; delete some")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InklabError(f"cannot create the folder {folder}: {error.strerror}") from None
        write_bytes(folder / name, picture)
        return name

    def delete(self, label: int, name: str) -> None:
        """Delete a drawing."""
        path = self.folder / str(label) / name
        if not _FILE_NAME.fullmatch(name) or not path.is_file():
            raise InklabError(f"there is no drawing {name[:100]!r} of a {label}")
        path.unlink(missing_ok=True)

    def counts(self) -> list[int]:
        """Return the number of drawings of each digit."""
        return [len(list(self.folder.glob(f"{label}/*.png"))) for label in range(N_CLASSES)]

    def copy(self) -> Path:
        """Return a copy of all drawings, which later changes do not affect, so that a run can be resumed."""
        paths = sorted(self.folder.glob("[0-9]/*.png"))
        if not paths:
            raise RecipeError("data is mnist+drawings, but there are no drawings; save some on the Draw page")
        names = "\n".join(f"{path.parent.name}/{path.name}" for path in paths)
        folder = self.folder / "copies" / hashlib.sha256(names.encode()).hexdigest()[:16]
        try:
            for path in paths:
                copy = folder / path.parent.name / path.name
                if not copy.exists():
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    write_bytes(copy, path.read_bytes())
        except OSError as error:
            raise InklabError(f"cannot copy the drawings to {folder}: {error.strerror}") from None
        return folder
