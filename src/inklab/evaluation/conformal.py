"""Conformal prediction: sets of classes that contain the label with a guaranteed probability.

A threshold is calibrated on labeled images. The prediction set of a new image contains every class whose
probability reaches the threshold. For any network, the set misses the label with at most the allowed error
rate if the new image and the calibration images are exchangeable, that is, drawn at random from one pool.
Pictures from another source (pen, camera, country) are not: measure their coverage. The set also contains the
most probable class, so that it never contradicts the prediction; this can only raise the coverage.

The validation and test sets of MNIST are nearly exchangeable. Both come half and half from office workers and
pupils, were prepared by one program, and were not trained on. The validation set is slightly easier: its
writers also wrote training digits, and recipes or steps may have been chosen by their validation error.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import floor

import numpy as np
from numpy.typing import NDArray

from inklab.evaluation.array_checks import Floats, Ints, check_labels, check_probabilities
from inklab.evaluation.metrics import wilson_interval
from inklab.utils.validation import expect

ERROR_RATES = (0.01, 0.005, 0.001)
"""The default error rates."""


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How many of n prediction sets contain the label, and how many contain a single class.

    Raises:
        DataError: no sets, or `covered` is not in [0, n].

    >>> print(Coverage(n=1000, covered=991, single=995))
    99.10% of 1,000 sets contain the label (95% interval 98.30% to 99.53%); 995 hold one digit
    """

    n: int
    covered: int
    single: int

    def __post_init__(self) -> None:
        expect(self.n > 0, "the number of sets", self.n, "at least one")
        expect(0 <= self.covered <= self.n, "the number of covered labels", self.covered, "0 to n")

    @property
    def rate(self) -> float:
        """The fraction of sets that contain the label."""
        return self.covered / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% Wilson interval of the rate."""
        return wilson_interval(self.covered, self.n)

    def __str__(self) -> str:
        low, high = self.interval
        return (
            f"{self.rate:.2%} of {self.n:,} sets contain the label (95% interval {low:.2%} to {high:.2%}); "
            f"{self.single:,} hold one digit"
        )


def conformal_thresholds(
    probabilities: Floats, labels: Ints, error_rates: Iterable[float] = ERROR_RATES
) -> dict[float, float]:
    """Return, for each error rate, the probability from which a class is in the prediction set.

        threshold = the ceil((n + 1)(1 - error rate))-th largest of p_i[y_i]

    This is split conformal prediction with the score 1 - p(label), known as LAC; the + 1 stands for the new
    image. If n is too small for the rate, the threshold is 0, and sets contain every class.

    Args:
        probabilities: (n, k) float, rows sum to 1, of images that were not trained on.
        labels: (n,) int in [0, k).
        error_rates: allowed error rates, in (0, 1).

    Raises:
        DataError: no images, arrays that do not match, or rows that are not probabilities.
        ValueError: an error rate outside (0, 1).

    Source: Vovk, Gammerman, Shafer 2005, Algorithmic Learning in a Random World; Sadinle, Lei, Wasserman
    2019, Least Ambiguous Set-Valued Classifiers With Bounded Error Levels.

    >>> probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.4, 0.6]])
    >>> conformal_thresholds(probabilities, np.array([0, 0, 0, 0]), [0.4, 0.1])
    {0.4: 0.7, 0.1: 0.0}
    """
    check_probabilities(probabilities)
    n, k = probabilities.shape
    check_labels("labels", labels, n, classes=k)
    of_labels = np.sort(probabilities[np.arange(n), labels])  # (n,); not 1 - p, which would round
    thresholds = {}
    for rate in error_rates:
        if not 0 < rate < 1:
            raise ValueError(f"an error rate is {rate}; expected a fraction between 0 and 1")
        misses = floor((n + 1) * Fraction(str(rate)))  # of n + 1; by str, 0.01 is exactly 1/100
        thresholds[rate] = float(of_labels[misses - 1]) if misses else 0.0
    return thresholds


def prediction_sets(probabilities: Floats, threshold: float) -> NDArray[np.bool]:
    """Return (n, k) bool: whether each class is in the prediction set of each image.

    A set contains the most probable class, and every class that reaches the threshold.

    >>> prediction_sets(np.array([[0.7, 0.3], [0.55, 0.45]]), 0.6).tolist()
    [[True, False], [True, False]]
    """
    check_probabilities(probabilities)
    is_top = probabilities == probabilities.max(axis=1, keepdims=True, initial=0)
    return np.asarray(is_top | (probabilities >= threshold))


def coverage(sets: NDArray[np.bool], labels: Ints) -> Coverage:
    """Return the coverage of `sets` (n, k), as `prediction_sets` returns them, for labels (n,) int in [0, k).

    Raises:
        DataError: no images, or arrays that do not match.
    """
    n, k = sets.shape
    check_labels("labels", labels, n, classes=k)
    covered = int(sets[np.arange(n), labels].sum())
    return Coverage(n=n, covered=covered, single=int((sets.sum(axis=1) == 1).sum()))
