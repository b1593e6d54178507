"""Drawings: the user's own digits with their labels, as PNG files in folders 0 to 9."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from inklab.constants import N_CLASSES
from inklab.errors import InklabError, PictureError
from inklab.imaging import prepare_image
from inklab.utils.atomic import write_bytes

MOST_DRAWINGS = 10_000
"""Of each digit."""
MOST_BYTES = 2**20
"""Of a drawing, 1 MiB."""

_PNG = b"\x89PNG\r\n\x1a\n"
_NAME = re.compile(r"[0-9a-f]{16}\.png", re.ASCII)


@dataclass(frozen=True)
class Drawings:
    """The folder of the user's own drawings: `4/0123456789abcdef.png` was drawn as a 4.

    Args:
        folder: need not exist yet.
    """

    folder: Path

    def keep(self, picture: bytes, label: int) -> str:
        """Keep a drawing, named after what is in it, so that the same one twice is one.

        Args:
            picture: a PNG file that shows ink.
            label: what it is, 0 to 9.

        Returns:
            The name of its file in the folder of the label.

        Raises:
            PictureError: it is no PNG, too large, unreadable, blank, or of several digits.
            InklabError: there is no room, or no such label.
        """
        folder = self._of(label)
        if not picture.startswith(_PNG) or len(picture) > MOST_BYTES:
            raise PictureError(
                f"the drawing has {len(picture):,} bytes; expected a PNG of at most {MOST_BYTES:,}"
            )
        if reason := prepare_image(picture).reason:
            raise PictureError(f"the drawing is no digit: {reason}; expected one digit")
        name = f"{hashlib.sha256(picture).hexdigest()[:16]}.png"
        if not (folder / name).exists() and self.counts()[label] >= MOST_DRAWINGS:
            raise InklabError(
                f"{folder} holds {MOST_DRAWINGS:,} drawings, the most that are kept; remove some"
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InklabError(f"cannot make the folder {folder}: {error.strerror}") from None
        write_bytes(folder / name, picture)
        return name

    def remove(self, label: int, name: str) -> None:
        """Remove a drawing that was kept.

        Raises:
            InklabError: there is none of this name.
        """
        path = self._of(label) / name
        if not _NAME.fullmatch(name) or not path.is_file():
            raise InklabError(f"no drawing of a {label} is called {name[:100]!r}")
        path.unlink(missing_ok=True)

    def counts(self) -> list[int]:
        """Return how many drawings of each digit there are."""
        return [sum(1 for _ in self._of(label).glob("*.png")) for label in range(N_CLASSES)]

    def _of(self, label: int) -> Path:
        if not 0 <= label < N_CLASSES:
            raise InklabError(f"the label is {label}; expected 0 to {N_CLASSES - 1}")
        return self.folder / str(label)
