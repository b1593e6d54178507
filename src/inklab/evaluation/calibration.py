"""Does the confidence of a classifier match its accuracy? Confidence bins and calibration error."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inklab.evaluation.array_checks import Floats, Ints, check_labels, check_probabilities


@dataclass(frozen=True, kw_only=True)
class ConfidenceBin:
    """The images whose top probability lies in the interval (low, high]."""

    low: float
    high: float
    n: int
    confidence: float
    """The mean top probability."""
    accuracy: float


def confidence_bins(probabilities: Floats, labels: Ints, *, bins: int = 15) -> list[ConfidenceBin]:
    """Return the bins that are not empty, by increasing confidence: the points of a reliability diagram.

    The arguments and errors are those of `expected_calibration_error`.

    Source: Guo et al. 2017, On Calibration of Modern Neural Networks, figure 1.

    >>> bins = confidence_bins(np.array([[0.9, 0.1], [0.6, 0.4]]), np.array([0, 1]), bins=10)
    >>> [(bin.n, bin.confidence, bin.accuracy) for bin in bins]
    [(1, 0.6, 0.0), (1, 0.9, 1.0)]
    """
    confidence, correct, bin_of = _assign_bins(probabilities, labels, bins)
    columns = (np.bincount(bin_of, weights=weights).tolist() for weights in (None, confidence, correct))
    return [
        ConfidenceBin(low=b / bins, high=(b + 1) / bins, n=n, confidence=total / n, accuracy=hits / n)
        for b, (n, total, hits) in enumerate(zip(*columns, strict=True))
        if n
    ]


def expected_calibration_error(probabilities: Floats, labels: Ints, *, bins: int = 15) -> float:
    """Return the mean gap between confidence and accuracy over confidence bins, a fraction; 0 is perfect.

        ECE = sum_b |S_b|/n * |accuracy(S_b) - mean confidence(S_b)|

    S_b holds the images whose top probability lies in (b/bins, (b+1)/bins].

    Args:
        probabilities: (n, k) float, rows sum to 1.
        labels: (n,) int in [0, k).
        bins: number of equal-width bins; the value depends on it, so report both.

    Raises:
        DataError: no images, arrays that do not match, or rows that are not probabilities.
        ValueError: `bins` is below 1.

    Source: Guo et al. 2017, On Calibration of Modern Neural Networks, section 2.

    >>> probabilities = np.array([[0.9, 0.1], [0.6, 0.4]])
    >>> round(expected_calibration_error(probabilities, np.array([0, 1])), 6)
    0.35
    """
    confidence, correct, bin_of = _assign_bins(probabilities, labels, bins)
    gap = np.bincount(bin_of, weights=correct - confidence)
    return float(np.abs(gap).sum() / len(confidence))


def _assign_bins(probabilities: Floats, labels: Ints, bins: int) -> tuple[Floats, NDArray[np.bool], Ints]:
    """Return, for each image, its top probability, whether that class is correct, and its bin."""
    if bins < 1:
        raise ValueError(f"bins is {bins}; expected at least 1")
    check_probabilities(probabilities)
    check_labels("labels", labels, len(probabilities), classes=probabilities.shape[1])
    confidence = probabilities.max(axis=1).astype(np.float64)  # (n,)
    correct = probabilities.argmax(axis=1) == labels  # (n,)
    # A search, not a product: 0.28 * 100 is above 28, so a product would put that edge one bin too high.
    return confidence, correct, np.searchsorted(np.arange(1, bins) / bins, confidence)
