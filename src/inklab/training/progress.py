"""Progress: one report of the training loop, and the file that keeps them, a JSON document a line."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from inklab.errors import InklabError, RunError
from inklab.utils.atomic import write_text


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How training stands just before a step, or after the last one."""

    step: int
    """Steps already taken."""
    epoch: float
    """How often every image of the train split has been seen."""
    loss: float
    """Cross-entropy of the batch that comes next, without dropout, in nats per image."""
    accuracy: float
    """The fraction of that batch which is recognised, without dropout."""
    elapsed_s: float
    """Seconds spent on training steps; reports, measurements and checkpoints are not counted."""
    images_per_s: float
    """Images trained on per second since the report before; 0 in the first one."""
    valid_loss: float | None = None
    """Cross-entropy on the valid split, where it was measured."""
    valid_accuracy: float | None = None

    def __str__(self) -> str:
        line = f"step {self.step}, loss {self.loss:.3g}, training accuracy {self.accuracy:.2f}"
        return line if self.valid_accuracy is None else f"{line}, valid accuracy {self.valid_accuracy:.4f}"

    def to_dict(self) -> dict[str, float]:
        """Return what was measured, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Return the progress that `to_dict` gave.

        Raises:
            RunError: a field that is unknown, missing or no number.
        """
        known = {one.name for one in fields(cls)}
        needed = known - {"valid_loss", "valid_accuracy"}
        if not needed <= set(document) <= known:
            raise RunError(
                f"a line of progress has the fields {', '.join(document)}; expected {', '.join(known)}"
            )
        if not all(type(value) in {int, float} for value in document.values()):
            raise RunError(f"a line of progress holds something other than numbers: {dict(document)}")
        return cls(**document)


def read_progress(path: Path) -> list[Progress]:
    """Return every report in a file; a last line that was cut short by a crash is passed over.

    Raises:
        RunError: a line is damaged.
    """
    try:
        *lines, torn = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(f"{path} cannot be read: {error}") from None
    del torn  # what follows the last line's end: nothing, or a line that was being written
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            found.append(Progress.from_dict(json.loads(line)))
        except (ValueError, TypeError, RunError):
            raise RunError(f"line {number} of {path} is damaged; remove it to go on without it") from None
    return found


def append_progress(path: Path, progress: Progress) -> None:
    """Put a report behind the others.

    Raises:
        InklabError: the file cannot be written to.
    """
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(_line(progress))
    except OSError as error:
        raise InklabError(f"cannot write {path}: {error.strerror}; make room, then resume") from error


def drop_progress(path: Path, step: int) -> None:
    """Forget the reports from this step on, which a training that is resumed there makes again.

    Raises:
        RunError: a line is damaged.
        InklabError: the file cannot be written to.
    """
    kept = [progress for progress in read_progress(path) if progress.step < step]
    write_text(path, "".join(map(_line, kept)))


def _line(progress: Progress) -> str:
    return json.dumps(progress.to_dict()) + "\n"
