"""The reports of a training, and the file that stores them: metrics.jsonl, one JSON object per line."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from inklab.errors import InklabError, RunError
from inklab.utils.atomic import write_text
from inklab.utils.validation import format_problem

FORMAT = 1
"""The format of metrics.jsonl, which every line names."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """The state of a training just before a step, or after the last step."""

    step: int
    """Steps done."""
    epoch: float
    """Passes over the training set."""
    loss: float
    """Cross-entropy of the next training batch without dropout, in nats per image."""
    accuracy: float
    """Accuracy on that batch without dropout, a fraction."""
    elapsed_s: float
    """Seconds spent on training steps, without reports, validation, and checkpoints."""
    images_per_s: float
    """Training images per second since the previous report; 0 in the first report."""
    valid_loss: float | None = None
    """Cross-entropy on the validation set, if this report includes it."""
    valid_accuracy: float | None = None
    """Accuracy on the validation set, if this report includes it."""

    def __str__(self) -> str:
        line = f"step {self.step:,}, loss {self.loss:.3g}, training accuracy {self.accuracy:.2%}"
        if self.valid_accuracy is not None:
            line += f", validation accuracy {self.valid_accuracy:.2%}"
        return line

    def to_dict(self) -> dict[str, float]:
        """Return the measured values by name, as a JSON document."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Return the report of a document that `to_dict` made.

        Raises:
            RunError: a field is unknown, missing, or not a number.
        """
        allowed = [field.name for field in fields(cls)]
        required = set(allowed) - {"valid_loss", "valid_accuracy"}
        if not required <= set(document) <= set(allowed):
            raise RunError(f"a report has the fields {', '.join(document)}; expected {', '.join(allowed)}")
        if not all(type(value) in {int, float} for value in document.values()):
            raise RunError(f"a report is {dict(document)}; expected numbers only")
        return cls(**document)


def read_progress(path: Path) -> list[Progress]:
    """Return all reports of a file, without an incomplete last line, which a crash leaves.

    Raises:
        RunError: the file cannot be read, has another format, or has a damaged line.
    """
    try:
        *lines, _incomplete = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(f"{path} cannot be read: {error}") from None
    return [_parse_line(path, number, line) for number, line in enumerate(lines, start=1)]


def append_progress(path: Path, progress: Progress) -> None:
    """Append a report to a file.

    Raises:
        InklabError: the file cannot be written.
    """
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(_format_line(progress))
    except OSError as error:
        raise InklabError(f"cannot write {path}: {error.strerror}; free some space, then resume") from error


def truncate_progress(path: Path, step: int) -> None:
    """Remove the reports from this step on, before a training resumes there and repeats them.

    Raises:
        RunError: as `read_progress` does.
        InklabError: the file cannot be written.
    """
    kept = [progress for progress in read_progress(path) if progress.step < step]
    write_text(path, "".join(map(_format_line, kept)))


def _format_line(progress: Progress) -> str:
    return json.dumps({"format": FORMAT, **progress.to_dict()}) + "\n"


def _parse_line(path: Path, number: int, line: str) -> Progress:
    place = f"line {number} of {path}"
    try:
        document = json.loads(line)
        version = document.pop("format", None)
        if version == FORMAT:
            return Progress.from_dict(document)
    except (ValueError, TypeError, AttributeError, RecursionError, RunError):
        raise RunError(f"{place} is damaged; remove the line to continue without it") from None
    raise RunError(format_problem(place, version, FORMAT, "train again in a new folder"))
