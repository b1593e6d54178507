"""Prediction: the digit in one picture with its confidence, or the reason for a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from inklab.errors import DataError
from inklab.evaluation.array_checks import Floats
from inklab.recognition.calibration import Calibration

NO_DIGIT = "no digit"  # the reason if the network refuses the image
_DECIMALS = 6


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """The digit in a picture, or the reason why the picture is refused.

    >>> print(Prediction(digit=7, confidence=0.9987, probabilities=(0.0,) * 10))
    7  99.9%
    >>> print(Prediction(reason="blank"))
    -  blank
    """

    digit: int | None = None
    """None if the picture is refused."""
    confidence: float = 0.0
    """The calibrated probability of the digit, a fraction; 0 if the picture is refused."""
    probabilities: tuple[float, ...] = ()
    """Of each digit, given that the picture shows one; empty if no image could be prepared."""
    prediction_sets: Mapping[float, tuple[int, ...]] = field(default_factory=dict)
    """Error rate -> the prediction set; empty if the picture is refused."""
    reason: str = ""
    """Why the picture is refused: `blank`, `several digits`, `no digit`, or `unreadable: ...`."""

    def __str__(self) -> str:
        if self.digit is None:
            return f"-  {self.reason}"
        return f"{self.digit}  {min(100 * self.confidence, 99.9):.1f}%"  # no prediction is certain

    def to_dict(self, picture: str, *, error_rate: float) -> dict[str, Any]:
        """Return the prediction for a picture of this name as a JSON object; see `prediction_set`."""
        return {
            "picture": picture,
            "digit": self.digit,
            "confidence": round(self.confidence, _DECIMALS),
            "probabilities": [round(value, _DECIMALS) for value in self.probabilities] or None,
            "prediction_set": list(self.prediction_set(error_rate=error_rate)),
            "reason": self.reason or None,
        }

    def prediction_set(self, *, error_rate: float) -> tuple[int, ...]:
        """Return the digits that the picture may show; the set misses the true digit at most at this rate.

        It contains the most probable digit. It is empty for a refused picture only.

        Raises:
            DataError: the error rate was not calibrated.
        """
        if self.prediction_sets and error_rate not in self.prediction_sets:
            rates = ", ".join(f"{rate:g}" for rate in self.prediction_sets)
            raise DataError(f"the error rate is {error_rate!r}; expected a calibrated rate: {rates}")
        return self.prediction_sets.get(error_rate, ())


def predictions_from_logits(logits: Floats, calibration: Calibration) -> list[Prediction]:
    """Return the predictions for the (n, 10) or (n, 11) logits of n images."""
    probabilities = calibration.probabilities(logits)  # (n, 10)
    accepted = calibration.is_accepted(logits)  # (n,)
    sets_by_rate = calibration.prediction_sets(probabilities)
    predictions = []
    for index, row in enumerate(map(tuple, probabilities.tolist())):
        prediction = Prediction(probabilities=row, reason=NO_DIGIT)
        if accepted[index]:
            digit = int(np.argmax(row))
            sets = {
                rate: tuple(np.flatnonzero(table[index]).tolist()) for rate, table in sets_by_rate.items()
            }
            prediction = Prediction(
                digit=digit, confidence=row[digit], probabilities=row, prediction_sets=sets
            )
        predictions.append(prediction)
    return predictions
