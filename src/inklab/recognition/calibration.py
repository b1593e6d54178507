"""Doubt: what turns the logits of a network into probabilities, sets, and a refusal."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from inklab.constants import N_CLASSES
from inklab.evaluation import ERROR_RATES, conformal_thresholds, fit_temperature, softmax
from inklab.evaluation.array_checks import Floats, Ints
from inklab.utils.validation import as_number, as_object, expect

REFUSED = 0.001
"""The most of the calibrating digits that may be refused, a fraction."""


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What was calibrated on digits that the network had not learned from.

    A network has ten logits, one a digit, or an eleventh for "no digit". The probability of each digit is
    the softmax of the ten over the temperature: how probable it is, if it is a digit. Whether it is one, a
    score says; an image with less than `rejection_threshold` is refused.

        score = max_j z_j - z_none,   j a digit, z_none the eleventh logit, or 0 where there is none

    Without an eleventh logit that is a weak score, but the best of the simple ones: what excites no unit
    much is like nothing that was learned. (Of a committee, whose logits are logarithms of probabilities, it
    is the largest probability.) The eleventh logit is for a network that has learned what is no digit.

    Source: Guo et al. 2017 (temperature); Hendrycks et al. 2022, Scaling Out-of-Distribution Detection for
    Real-World Settings (the largest logit as a score).
    """

    temperature: float
    thresholds: Mapping[float, float]
    """Error rate -> how probable a digit must be to be in the set; see `conformal_thresholds`."""
    rejection_threshold: float

    @classmethod
    def fit(cls, logits: Floats, labels: Ints) -> Self:
        """Return the doubt that fits images with known digits, of which it refuses at most `REFUSED`.

        Args:
            logits: (n, 10) or (n, 11) float, of images that the network did not learn from.
            labels: (n,) int, digits.

        Raises:
            DataError: no images, arrays that do not match, or values out of range.
        """
        temperature = fit_temperature(logits[:, :N_CLASSES], labels)
        plain = cls(temperature=temperature, thresholds={}, rejection_threshold=0.0)
        scores = np.sort(plain.scores(logits))
        return cls(
            temperature=temperature,
            thresholds=conformal_thresholds(plain.probabilities(logits), labels, ERROR_RATES),
            rejection_threshold=float(scores[int(REFUSED * len(scores))]),  # what lies below it is refused
        )

    def probabilities(self, logits: Floats) -> NDArray[np.float64]:
        """Return (n, 10) float64: how probable each digit is, if it is a digit."""
        return softmax(logits[:, :N_CLASSES].astype(np.float64) / self.temperature)

    def scores(self, logits: Floats) -> NDArray[np.float64]:
        """Return (n,) float64: how much each image is like a digit."""
        largest: NDArray[np.float64] = logits[:, :N_CLASSES].max(axis=1).astype(np.float64)
        return largest - logits[:, N_CLASSES] if logits.shape[1] > N_CLASSES else largest

    def is_accepted(self, logits: Floats) -> NDArray[np.bool_]:
        """Return (n,) bool: whether each image is a digit, and not to be refused."""
        accepted: NDArray[np.bool_] = self.scores(logits) >= self.rejection_threshold
        return accepted

    def to_dict(self) -> dict[str, Any]:
        """Return the doubt as what a JSON document can hold."""
        return {
            "temperature": self.temperature,
            "thresholds": {str(rate): threshold for rate, threshold in self.thresholds.items()},
            "rejection_threshold": self.rejection_threshold,
        }

    @classmethod
    def from_dict(cls, document: object) -> Self:
        """Return the doubt that `to_dict` gave.

        Raises:
            DataError: a field that is missing, unknown or of the wrong kind.
        """
        said = as_object("doubt", document, {"temperature", "thresholds", "rejection_threshold"})
        temperature = as_number("temperature", said["temperature"], 1000)
        expect(temperature > 0, "temperature", temperature, "a positive number")
        least = said["rejection_threshold"]
        is_finite = type(least) in {int, float} and math.isfinite(least)
        expect(is_finite, "rejection_threshold", least, "a number")
        thresholds = as_object("thresholds", said["thresholds"], {str(rate) for rate in ERROR_RATES})
        return cls(
            temperature=temperature,
            thresholds={rate: as_number("a threshold", thresholds[str(rate)], 1) for rate in ERROR_RATES},
            rejection_threshold=float(least),
        )
