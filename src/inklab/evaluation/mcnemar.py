"""Which of two systems is better, where both have answered the same images."""

from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from inklab.evaluation.array_checks import Ints, check_labels
from inklab.utils.validation import expect


@dataclass(frozen=True, kw_only=True)
class McNemar:
    """How often only one of two systems is right; the images that both answer alike say nothing.

    Raises:
        DataError: a count below 0.

    >>> print(McNemar(only_first=8, only_second=1))
    the first system alone is right on 8 images, the second alone on 1; McNemar's exact test gives p = 0.0391
    """

    only_first: int
    """The images that only the first system answers rightly."""
    only_second: int
    """The images that only the second system answers rightly."""

    def __post_init__(self) -> None:
        for name in ("only_first", "only_second"):
            count = getattr(self, name)
            expect(count >= 0, name, count, "a count of images")

    @property
    def p_value(self) -> float:
        """How often chance splits such images at least so unevenly where both systems are equally good.

            p = min(1, 2 P(X <= min(b, c))),    X ~ Binomial(b + c, 1/2)

        In whole numbers until the last division, hence exact; 1 where no image tells the systems apart.
        """
        n, fewer = self.only_first + self.only_second, min(self.only_first, self.only_second)
        ways = accumulate(range(fewer), lambda ways, i: ways * (n - i) // (i + 1), initial=1)  # n over i
        return min(1.0, 2 * sum(ways) / (1 << n))

    def __str__(self) -> str:
        images = "image" if self.only_first == 1 else "images"
        return (
            f"the first system alone is right on {self.only_first:,} {images}, "
            f"the second alone on {self.only_second:,}; McNemar's exact test gives p = {self.p_value:.3g}"
        )


def mcnemar(first: Ints, second: Ints, labels: Ints) -> McNemar:
    """Compare two systems by the images that only one of them answers rightly.

    The test is of these two systems as they are, not of the ways in which they were trained: another seed
    is another system.

    Args:
        first: (n,) int, the answers of one system.
        second: (n,) int, the answers of another system to the same images.
        labels: (n,) int.

    Returns:
        Both counts, with the p-value that follows from them.

    Raises:
        DataError: no images, or arrays that do not match.

    Source: McNemar 1947, Note on the Sampling Error of the Difference Between Correlated Proportions or
    Percentages; the exact form as in Fagerland, Lydersen and Laake 2013, The McNemar Test for Binary
    Matched-Pairs Data; for classifiers, Dietterich 1998, Approximate Statistical Tests for Comparing
    Supervised Classification Learning Algorithms.

    >>> test = mcnemar(np.array([7, 2, 1, 0]), np.array([7, 2, 9, 9]), np.array([7, 2, 1, 0]))
    >>> test.only_first, test.only_second, test.p_value
    (2, 0, 0.5)
    """
    check_labels("labels", labels, labels.size)
    check_labels("answers of the first system", first, labels.size)
    check_labels("answers of the second system", second, labels.size)
    first_right, second_right = first == labels, second == labels  # (n,)
    return McNemar(
        only_first=int(np.count_nonzero(first_right & ~second_right)),
        only_second=int(np.count_nonzero(second_right & ~first_right)),
    )
