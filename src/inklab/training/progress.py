"""Progress: one report of the training loop."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from inklab.errors import RunError


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
