"""Calibration: turn the logits of a network into probabilities, prediction sets, and refusals."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from inklab.constants import N_CLASSES
from inklab.evaluation import ERROR_RATES, conformal_thresholds, fit_temperature, prediction_sets, softmax
from inklab.evaluation.array_checks import Floats, Ints
from inklab.utils.validation import as_number, as_object, expect

MAX_REFUSED = 0.01  # the largest fraction of the calibration images, of which half are degraded


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """A temperature, the thresholds of prediction sets, and a threshold for refusal.

    A network has ten logits, one per digit, or an eleventh for "no digit". The probabilities are the softmax
    of the ten logits over the temperature: the probability of each digit, given that the image is a digit.
    Whether the image is a digit is decided by a score; an image below `rejection_threshold` is refused.

        score = max_j z_j - z_none,   j a digit, z_none the eleventh logit, or 0 if there is none

    Without an eleventh logit the score is the maximum logit (of an ensemble, the largest log probability), a
    simple but weak score. A network with an eleventh logit was trained on negatives, images without a digit.

    Source: Guo et al. 2017 (temperature); Hendrycks et al. 2022, Scaling Out-of-Distribution Detection for
    Real-World Settings (maximum logit score).
    """

    temperature: float
    thresholds: Mapping[float, float]
    """Error rate -> the probability from which a digit is in the prediction set."""
    rejection_threshold: float

    @classmethod
    def fit(cls, logits: Floats, labels: Ints) -> Self:
        """Return the calibration for labeled images; it refuses at most `MAX_REFUSED` of them.

        The logits are (n, 10) or (n, 11) float, of images that the network was not trained on.

        Raises:
            DataError: no images, arrays that do not match, or values out of range.
        """
        temperature = fit_temperature(logits[:, :N_CLASSES], labels)
        uncalibrated = cls(temperature=temperature, thresholds={}, rejection_threshold=0.0)
        scores = np.sort(uncalibrated.scores(logits))
        return cls(
            temperature=temperature,
            thresholds=conformal_thresholds(uncalibrated.probabilities(logits), labels, ERROR_RATES),
            rejection_threshold=float(scores[int(MAX_REFUSED * len(scores))]),
        )

    def scale(self, logits: Floats) -> NDArray[np.float64]:
        """Return the calibrated logits (n, 10): the logits of the digits over the temperature."""
        return logits[:, :N_CLASSES].astype(np.float64) / self.temperature

    def probabilities(self, logits: Floats) -> NDArray[np.float64]:
        """Return (n, 10) float64: the probability of each digit, given that the image is a digit."""
        return softmax(self.scale(logits))

    def prediction_sets(self, probabilities: Floats) -> dict[float, NDArray[np.bool]]:
        """Return, for each error rate, the prediction sets (n, 10) bool of probabilities (n, 10)."""
        return {rate: prediction_sets(probabilities, t) for rate, t in self.thresholds.items()}

    def scores(self, logits: Floats) -> NDArray[np.float64]:
        """Return (n,) float64: how much each image looks like a digit."""
        max_logit: NDArray[np.float64] = logits[:, :N_CLASSES].max(axis=1).astype(np.float64)
        return max_logit - logits[:, N_CLASSES] if logits.shape[1] > N_CLASSES else max_logit

    def is_accepted(self, logits: Floats) -> NDArray[np.bool_]:
        """Return (n,) bool: whether each image is accepted as a digit, rather than refused."""
        return np.asarray(self.scores(logits) >= self.rejection_threshold)

    def to_dict(self) -> dict[str, Any]:
        """Return the calibration as a JSON object."""
        thresholds = {str(rate): threshold for rate, threshold in self.thresholds.items()}
        return vars(self) | {"thresholds": thresholds}

    @classmethod
    def from_dict(cls, document: object) -> Self:
        """Return the calibration of a JSON object; raise a DataError if a field is missing or wrong."""
        values = as_object("calibration", document, {"temperature", "thresholds", "rejection_threshold"})
        temperature = as_number("temperature", values["temperature"], 1000)
        expect(temperature > 0, "temperature", temperature, "a positive number")
        rejection = values["rejection_threshold"]
        is_finite = type(rejection) in {int, float} and math.isfinite(rejection)
        expect(is_finite, "rejection_threshold", rejection, "a number")
        thresholds = as_object("thresholds", values["thresholds"], {str(rate) for rate in ERROR_RATES})
        return cls(
            temperature=temperature,
            thresholds={rate: as_number("a threshold", thresholds[str(rate)], 1) for rate in ERROR_RATES},
            rejection_threshold=float(rejection),
        )
