from fractions import Fraction
from math import comb, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from inklab.errors import DataError
from inklab.evaluation import McNemar, mcnemar

SEEDS = st.integers(0, 2**32 - 1)


def test_mcnemar_by_hand() -> None:
    # both correct, both wrong alike, both wrong differently, then 4 that only A and 1 that only B gets right
    labels = np.array([1, 1, 1, 5, 6, 7, 8, 9])
    first = np.array([1, 2, 3, 5, 6, 7, 8, 0])
    second = np.array([1, 2, 4, 0, 0, 0, 0, 9])
    test = mcnemar(labels, first, second)
    assert test == McNemar(n=8, only_first=4, only_second=1)
    assert test.p_value == 2 * (1 + 5) / 2**5  # 0 or 1 heads in 5 tosses, or 0 or 1 tails
    assert test.difference == 3 / 8


def p_value(only_first: int, only_second: int) -> float:
    n = max(1, only_first + only_second)
    return McNemar(n=n, only_first=only_first, only_second=only_second).p_value


def test_p_value_by_hand() -> None:
    assert p_value(0, 0) == 1  # no image distinguishes them
    assert p_value(1, 0) == 1
    assert p_value(3, 3) == 1  # twice the half of 6 is above 1
    assert p_value(6, 0) == 2 / 64
    assert p_value(0, 10_000) == 0  # 2**-9999 underflows


def test_p_value_is_exact_for_many_images() -> None:
    n, fewer = 10_000, 4_700
    exact = Fraction(2 * sum(comb(n, i) for i in range(fewer - 5, fewer + 1)), 2**n)  # the six largest terms
    p = p_value(fewer, n - fewer)
    assert p - p_value(fewer - 6, n - fewer + 6) == pytest.approx(float(exact), rel=1e-9)
    assert p == pytest.approx(binomtest(fewer, n).pvalue, rel=1e-9)


@given(counts=st.tuples(st.integers(0, 3_000), st.integers(0, 3_000)))
def test_p_value_equals_that_of_scipy(counts: tuple[int, int]) -> None:
    first, second = counts
    expected = binomtest(first, first + second).pvalue if first + second else 1.0
    assert p_value(first, second) == pytest.approx(expected, rel=1e-9, abs=1e-200)  # scipy underflows below
    assert 0 <= p_value(first, second) <= 1


def test_difference_interval_by_hand() -> None:
    # n = 98 and counts 7 and 1 become N = 100, b = 7.5, c = 1.5; z = 1 at 68.27%
    low, high = McNemar(n=98, only_first=7, only_second=1).difference_interval(confidence=0.6826894921370859)
    half_width = sqrt(9 - 36 / 100) / 100
    assert (low, high) == pytest.approx((0.06 - half_width, 0.06 + half_width))


@given(counts=st.tuples(st.integers(0, 300), st.integers(0, 300)), others=st.integers(1, 1000))
def test_difference_interval_is_antisymmetric_and_contains_the_adjusted_difference(
    counts: tuple[int, int], others: int
) -> None:
    first, second = counts
    n = first + second + others
    low, high = McNemar(n=n, only_first=first, only_second=second).difference_interval()
    assert -1 <= low < (first - second) / (n + 2) < high <= 1
    swapped = McNemar(n=n, only_first=second, only_second=first).difference_interval()
    assert swapped == pytest.approx((-high, -low))


def test_difference_interval_covers_the_true_difference() -> None:
    generator, covered = np.random.default_rng(0), 0
    for _ in range(2000):
        first, second, _, _ = generator.multinomial(500, [0.03, 0.01, 0.9, 0.06])
        low, high = McNemar(n=500, only_first=int(first), only_second=int(second)).difference_interval()
        covered += low <= 0.02 <= high
    assert 0.93 < covered / 2000 < 0.97  # the standard error is 0.005


@given(seed=SEEDS)
def test_order_of_the_images_and_of_the_classifiers(seed: int) -> None:
    generator = np.random.default_rng(seed)
    first, second, labels = generator.integers(0, 4, (3, int(generator.integers(1, 60))))
    test, order = mcnemar(labels, first, second), generator.permutation(len(labels))
    assert mcnemar(labels[order], first[order], second[order]) == test
    swapped = mcnemar(labels, second, first)
    assert swapped == McNemar(n=test.n, only_first=test.only_second, only_second=test.only_first)
    assert swapped.p_value == test.p_value
    gap = np.count_nonzero(first == labels) - np.count_nonzero(second == labels)
    assert test.only_first - test.only_second == gap
    assert test.difference == pytest.approx(gap / len(labels))
    assert mcnemar(labels, first, first) == McNemar(n=len(labels), only_first=0, only_second=0)


def test_integer_dtypes_may_differ() -> None:
    test = mcnemar(np.array([7, 2], np.uint8), np.array([7, 2]), np.array([7, 1], np.int32))
    assert test == McNemar(n=2, only_first=1, only_second=0)


def test_printed_in_one_sentence() -> None:
    assert str(McNemar(n=50, only_first=1, only_second=7)) == (
        "the first system alone is correct on 1 image, the second alone on 7; "
        "McNemar's exact test gives p = 0.0703"
    )
    assert str(McNemar(n=10_000, only_first=1_200, only_second=0)).startswith(
        "the first system alone is correct on 1,200 images, the second alone on 0; "
    )


def test_verdict_names_the_better_classifier() -> None:
    better = "one is better than two: its accuracy is 7.00 percentage points higher "
    expected = better + "(95% interval 0.93 to 12.79)."
    assert McNemar(n=100, only_first=8, only_second=1).verdict("one", "two") == expected
    assert McNemar(n=100, only_first=1, only_second=8).verdict("two", "one") == expected


def test_verdict_of_a_difference_within_chance() -> None:
    assert McNemar(n=10_000, only_first=9, only_second=11).verdict("one", "two") == (
        "The difference in accuracy, -0.02 percentage points, is within chance (95% interval -0.11 to +0.07)."
    )
    same = McNemar(n=100, only_first=0, only_second=0).verdict("one", "two")
    assert same.startswith("The difference in accuracy, +0.00 percentage points, is within chance")


def test_arrays_that_do_not_match_are_refused() -> None:
    three = np.zeros(3, int)
    with pytest.raises(DataError, match=r"y_pred_a has shape \(1,\); expected \(3,\)"):
        mcnemar(three, np.zeros(1, int), three)
    with pytest.raises(DataError, match=r"y_pred_b has shape \(3, 1\); expected"):
        mcnemar(three, three, np.zeros((3, 1), int))
    with pytest.raises(DataError, match=r"y_true has shape \(3, 1\); expected \(3,\)"):
        mcnemar(np.zeros((3, 1), int), three, three)
    with pytest.raises(DataError, match="y_pred_a has dtype float64; expected integers"):
        mcnemar(three, np.array([7.0, 2.0, 1.0]), three)
    with pytest.raises(DataError, match="y_true is empty; expected at least one"):
        mcnemar(np.array([], int), np.array([], int), np.array([], int))


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({"n": 0, "only_first": 0, "only_second": 0}, "n is 0; expected at least one image"),
        ({"n": 9, "only_first": -1, "only_second": 3}, "only_first is -1; expected a count of images"),
        ({"n": 9, "only_first": 3, "only_second": -1}, "only_second is -1; expected a count of images"),
        ({"n": 9, "only_first": 5, "only_second": 5}, r"only_first \+ only_second is 10; expected at most n"),
    ],
)
def test_invalid_counts_are_refused(counts: dict[str, int], message: str) -> None:
    with pytest.raises(DataError, match=f"^{message}"):
        McNemar(**counts)
