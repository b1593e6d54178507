"""Reading: what was read in one picture, and how much it can be believed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from inklab.errors import DataError
from inklab.evaluation import prediction_sets
from inklab.evaluation.array_checks import Floats
from inklab.recognition.calibration import Calibration

NO_DIGIT = "no digit"
"""The reason where the network saw an image and found no digit in it."""
_DECIMALS = 6


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """The digit in a picture, or the reason why there is none.

    >>> print(Prediction(digit=7, confidence=0.9987, probabilities=(0.0,) * 10))
    7  99.9 %
    >>> print(Prediction(reason="blank"))
    -  blank
    """

    digit: int | None = None
    confidence: float = 0.0
    """The calibrated probability of the digit, a fraction; 0 where there is none."""
    probabilities: tuple[float, ...] = ()
    """Of each digit, if it is one; empty where no image could be made of the picture."""
    sets: Mapping[float, tuple[int, ...]] = field(default_factory=dict)
    """Error rate -> the digits that hold the truth at that rate; empty where there is no digit."""
    reason: str = ""
    """Why there is no digit: `blank`, `several digits`, `no digit`, or `unreadable: ...`."""

    def __str__(self) -> str:
        if self.digit is None:
            return f"-  {self.reason}"
        return f"{self.digit}  {min(100 * self.confidence, 99.9):.1f} %"  # nothing is 100% sure

    def to_dict(self, picture: str, *, error_rate: float) -> dict[str, Any]:
        """Return the reading of a picture as what a JSON document can hold.

        Raises:
            DataError: a rate for which nothing was calibrated.
        """
        return {
            "picture": picture,
            "digit": self.digit,
            "confidence": round(self.confidence, _DECIMALS),
            "probabilities": [round(one, _DECIMALS) for one in self.probabilities] or None,
            "set": list(self.prediction_set(error_rate)),
            "reason": self.reason or None,
        }

    def prediction_set(self, error_rate: float) -> tuple[int, ...]:
        """Return the digits that hold the truth at this error rate; empty for what is like nothing learned.

        Raises:
            DataError: a rate for which nothing was calibrated.
        """
        if self.sets and error_rate not in self.sets:
            known = ", ".join(f"{rate:g}" for rate in self.sets)
            raise DataError(
                f"the error rate is {error_rate!r}; expected one of {known}, which were calibrated"
            )
        return self.sets.get(error_rate, ())


def predictions_from_logits(logits: Floats, calibration: Calibration) -> list[Prediction]:
    """Return what (n, 10) or (n, 11) logits say of n images."""
    probabilities = calibration.probabilities(logits)  # (n, 10)
    accepted = calibration.is_accepted(logits)  # (n,)
    sets = {rate: prediction_sets(probabilities, least) for rate, least in calibration.thresholds.items()}
    found = []
    for number, row in enumerate(probabilities.tolist()):
        digit = int(np.argmax(row)) if accepted[number] else None
        found.append(
            Prediction(
                digit=digit,
                confidence=0.0 if digit is None else row[digit],
                probabilities=tuple(row),
                sets={}
                if digit is None
                else {rate: tuple(np.flatnonzero(table[number]).tolist()) for rate, table in sets.items()},
                reason=NO_DIGIT if digit is None else "",
            )
        )
    return found
