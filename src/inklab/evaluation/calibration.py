"""Whether a classifier is right as often as it says it is."""

import numpy as np

from inklab.evaluation.arrays import Floats, Ints, check_labels, check_probabilities, check_range


def expected_calibration_error(probabilities: Floats, labels: Ints, *, bins: int = 15) -> float:
    """Return the mean gap between confidence and accuracy over confidence bins.

        ECE = sum_b |S_b|/n * |accuracy(S_b) - mean confidence(S_b)|

    S_b holds the images whose top probability lies in (b/bins, (b+1)/bins].

    Args:
        probabilities: (n, k) float, rows sum to 1.
        labels: (n,) int in [0, k).
        bins: number of equal-width bins; the value depends on it, so report both.

    Returns:
        A fraction in [0, 1]; 0 is perfect.

    Raises:
        DataError: no images, arrays that do not match, or rows that are not probabilities.
        ValueError: fewer than one bin.

    Source: Guo et al. 2017, On Calibration of Modern Neural Networks, section 2.

    >>> probabilities = np.array([[0.9, 0.1], [0.6, 0.4]])
    >>> round(expected_calibration_error(probabilities, np.array([0, 1])), 6)
    0.35
    """
    if bins < 1:
        raise ValueError(f"bins is {bins}; expected at least 1")
    check_probabilities(probabilities)
    n, k = probabilities.shape
    check_labels("labels", labels, n)
    check_range("labels", labels, k)
    confidence = probabilities.max(axis=1).astype(np.float64)  # (n,)
    correct = probabilities.argmax(axis=1) == labels  # (n,)
    # Searched for, not multiplied: 0.28 * 100 is above 28, so a product puts that edge one bin too high.
    bin_of = np.searchsorted(np.arange(1, bins) / bins, confidence)  # (n,)
    gap = np.bincount(bin_of, weights=correct - confidence)
    return float(np.abs(gap).sum() / n)
