"""Conformal sets: the digits that an image may be, with a stated rate at which the truth is left out.

A threshold is calibrated on images with known labels; a set then holds every class that is at least that
probable. Whatever the network, and however badly it is calibrated, a new image's set leaves the truth out
with at most the stated probability, if the new image is exchangeable with the calibrating ones: if nothing
but chance decided which was which.

Valid is exchangeable with test where both were drawn from one pool and neither was learned from. MNIST's
nearly are: both files were drawn half and half from the same two sources, office workers and pupils, and
prepared by one program, and valid, the first 5,000 images of the training file, is not learned from. Two
things are not exactly so. The writers of valid have other digits in train, whereas no writer of test has any
there; and what was chosen by its error on valid, a recipe or a step, flatters valid a little. Both make valid
a little easier than test.

Pictures from elsewhere, of another pen, camera or country, are not exchangeable with valid at all. Of them
the rate promises nothing: their coverage has to be measured.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import floor

import numpy as np
from numpy.typing import NDArray

from inklab.evaluation.array_checks import Floats, Ints, check_labels, check_probabilities, check_range
from inklab.evaluation.metrics import wilson_interval
from inklab.utils.validation import expect

ERROR_RATES = (0.01, 0.005, 0.001)
"""The stated rates: a network that is 99.7% right has only single digits and empty sets at 1%."""


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How many sets hold the truth, and how large they are.

    Raises:
        DataError: no sets, or more that hold the truth than there are.

    >>> print(Coverage(n=1000, covered=991, empty=2, single=995))
    99.10% of 1,000 sets hold the truth (95% interval 98.30 to 99.53); 2 are empty, 995 name one digit
    """

    n: int
    """The number of sets."""
    covered: int
    """How many hold the truth."""
    empty: int
    """How many hold nothing: such images are like nothing that was learned."""
    single: int
    """How many hold one class."""

    def __post_init__(self) -> None:
        expect(self.n > 0, "the number of sets", self.n, "at least one")
        expect(0 <= self.covered <= self.n, "the number of sets with the truth", self.covered, "0 to n")

    @property
    def rate(self) -> float:
        """The fraction of sets that hold the truth."""
        return self.covered / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% Wilson interval of the rate."""
        return wilson_interval(self.covered, self.n)

    def __str__(self) -> str:
        low, high = self.interval
        return (
            f"{self.rate:.2%} of {self.n:,} sets hold the truth (95% interval {100 * low:.2f} to "
            f"{100 * high:.2f}); {self.empty:,} are empty, {self.single:,} name one digit"
        )


def conformal_thresholds(
    probabilities: Floats, labels: Ints, error_rates: Iterable[float] = ERROR_RATES
) -> dict[float, float]:
    """Return, for every error rate, how probable a class must be to be in the set.

        threshold = the ceil((n + 1)(1 - error rate))-th largest of p_i[y_i]

    It is split-conformal prediction with the score 1 - p(label), known as LAC; the + 1 stands for the new
    image. Probabilities take the place of scores, so that no subtraction rounds them.

    Args:
        probabilities: (n, k) float, rows sum to 1, of images that were not learned from.
        labels: (n,) int in [0, k).
        error_rates: in (0, 1).

    Returns:
        Error rate -> a probability; 0, which lets every class in, where n images are too few for the rate.

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
    check_labels("labels", labels, n)
    check_range("labels", labels, k)
    of_labels = np.sort(probabilities[np.arange(n), labels])  # (n,)
    thresholds = {}
    for rate in error_rates:
        if not 0 < rate < 1:
            raise ValueError(f"an error rate is {rate}; expected a fraction between 0 and 1")
        left_out = floor((n + 1) * Fraction(str(rate)))  # of n + 1; as written, 0.01 is exactly 1/100
        thresholds[rate] = float(of_labels[left_out - 1]) if left_out else 0.0
    return thresholds


def prediction_sets(probabilities: Floats, threshold: float) -> NDArray[np.bool]:
    """Return (n, k) truth values: which classes are at least as probable as the threshold.

    >>> prediction_sets(np.array([[0.7, 0.3], [0.5, 0.5]]), 0.6).tolist()
    [[True, False], [False, False]]
    """
    check_probabilities(probabilities)
    return np.asarray(probabilities >= threshold)


def coverage(sets: NDArray[np.bool], labels: Ints) -> Coverage:
    """Return how many sets hold the truth.

    Args:
        sets: (n, k) truth values, as `prediction_sets` gives them.
        labels: (n,) int in [0, k).

    Raises:
        DataError: no images, or arrays that do not match.
    """
    n, k = sets.shape
    check_labels("labels", labels, n)
    check_range("labels", labels, k)
    sizes = sets.sum(axis=1)  # (n,)
    return Coverage(
        n=n,
        covered=int(sets[np.arange(n), labels].sum()),
        empty=int((sizes == 0).sum()),
        single=int((sizes == 1).sum()),
    )
