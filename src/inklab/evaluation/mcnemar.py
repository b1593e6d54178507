"""Is one of two classifiers better, judged on the same images?"""

from dataclasses import dataclass
from itertools import accumulate
from math import sqrt
from statistics import NormalDist

import numpy as np

from inklab.evaluation.array_checks import Ints, check_labels
from inklab.utils.validation import expect

SIGNIFICANCE = 0.05
"""The p-value below which `McNemar.verdict` names the better classifier."""


@dataclass(frozen=True, kw_only=True)
class McNemar:
    """How many of n images only one of two classifiers gets right; the others do not distinguish them.

    Raises:
        DataError: counts below 0 or above n, or no images.

    >>> print(McNemar(n=100, only_first=2, only_second=0))
    the first system alone is correct on 2 images, the second alone on 0; McNemar's exact test gives p = 0.5
    >>> McNemar(n=100, only_first=8, only_second=1).verdict("A", "B")
    'A is better than B: its accuracy is 7.00 percentage points higher (95% interval 0.93 to 12.79).'
    """

    n: int
    only_first: int
    only_second: int

    def __post_init__(self) -> None:
        expect(self.n > 0, "n", self.n, "at least one image")
        for name in ("only_first", "only_second"):
            expect(getattr(self, name) >= 0, name, getattr(self, name), "a count of images")
        total = self.only_first + self.only_second
        expect(total <= self.n, "only_first + only_second", total, "at most n")

    @property
    def p_value(self) -> float:
        """The probability of a split at least as uneven as this one if both are equally accurate.

            p = min(1, 2 P(X <= min(b, c))),    X ~ Binomial(b + c, 1/2)

        The test is exact: the sum is computed in integers. It is 1 if no image distinguishes the classifiers.
        """
        n, fewer = self.only_first + self.only_second, min(self.only_first, self.only_second)
        ways = accumulate(range(fewer), lambda ways, i: ways * (n - i) // (i + 1), initial=1)  # n choose i
        return min(1.0, 2 * sum(ways) / (1 << n))

    @property
    def difference(self) -> float:
        """The accuracy of the first classifier minus that of the second, a fraction."""
        return (self.only_first - self.only_second) / self.n

    def difference_interval(self, *, confidence: float = 0.95) -> tuple[float, float]:
        """Return an interval for the true difference: the adjusted Wald interval for matched pairs.

            (b - c)/N ± z sqrt(b + c - (b - c)²/N) / N

        with b = only_first + 1/2, c = only_second + 1/2, and N = n + 2.

        Source: Agresti and Min 2005, Simple Improved Confidence Intervals for Comparing Matched Proportions.
        """
        z = NormalDist().inv_cdf((1 + confidence) / 2)
        n, gap, total = self.n + 2, self.only_first - self.only_second, self.only_first + self.only_second + 1
        half_width = z * sqrt(total - gap**2 / n) / n
        return max(-1.0, gap / n - half_width), min(1.0, gap / n + half_width)

    def verdict(self, first: str, second: str) -> str:
        """Return a sentence that names the better classifier, or says that the difference is within chance.

        The p-value decides. The exact test is conservative: the interval may exclude 0 by a little although
        the difference is within chance.
        """
        low, high = (100 * end for end in self.difference_interval())
        if self.p_value >= SIGNIFICANCE:
            return (
                f"The difference in accuracy, {100 * self.difference:+.2f} percentage points, is within "
                f"chance (95% interval {low:+.2f} to {high:+.2f})."
            )
        if self.difference < 0:
            first, second, low, high = second, first, -high, -low
        return (
            f"{first} is better than {second}: its accuracy is {100 * abs(self.difference):.2f} percentage "
            f"points higher (95% interval {low:.2f} to {high:.2f})."
        )

    def __str__(self) -> str:
        images = "image" if self.only_first == 1 else "images"
        return (
            f"the first system alone is correct on {self.only_first:,} {images}, "
            f"the second alone on {self.only_second:,}; McNemar's exact test gives p = {self.p_value:.3g}"
        )


def mcnemar(y_true: Ints, y_pred_a: Ints, y_pred_b: Ints) -> McNemar:
    """Count the images that only one of two classifiers gets right; the p-value follows from the counts.

    The labels and the predicted classes of both classifiers are (n,) int. The test compares these two
    classifiers, not the ways in which they were trained: another seed is another classifier.

    Raises:
        DataError: no images, or arrays that do not match.

    Source: McNemar 1947, Note on the Sampling Error of the Difference Between Correlated Proportions or
    Percentages; the exact form as in Fagerland, Lydersen and Laake 2013, The McNemar Test for Binary
    Matched-Pairs Data; for classifiers, Dietterich 1998, Approximate Statistical Tests for Comparing
    Supervised Classification Learning Algorithms.

    >>> test = mcnemar(np.array([7, 2, 1, 0]), np.array([7, 2, 1, 0]), np.array([7, 2, 9, 9]))
    >>> test.only_first, test.only_second, test.p_value
    (2, 0, 0.5)
    """
    for name, classes in (("y_true", y_true), ("y_pred_a", y_pred_a), ("y_pred_b", y_pred_b)):
        check_labels(name, classes, y_true.size)
    first, second = y_pred_a == y_true, y_pred_b == y_true  # (n,), whether the class is correct
    only_first, only_second = np.count_nonzero(first & ~second), np.count_nonzero(second & ~first)
    return McNemar(n=y_true.size, only_first=int(only_first), only_second=int(only_second))
