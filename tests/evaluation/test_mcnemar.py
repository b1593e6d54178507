from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from inklab.errors import DataError
from inklab.evaluation import McNemar, mcnemar

SEEDS = st.integers(0, 2**32 - 1)


def test_mcnemar_by_hand() -> None:
    # both right, both wrong alike, both wrong differently, then 4 that only the first knows and 1 the other
    labels = np.array([1, 1, 1, 5, 6, 7, 8, 9])
    first = np.array([1, 2, 3, 5, 6, 7, 8, 0])
    second = np.array([1, 2, 4, 0, 0, 0, 0, 9])
    test = mcnemar(first, second, labels)
    assert test == McNemar(only_first=4, only_second=1)
    assert test.p_value == 2 * (1 + 5) / 2**5  # 0 or 1 of 5 tosses are heads, or tails


def test_p_value_by_hand() -> None:
    assert McNemar(only_first=0, only_second=0).p_value == 1  # nothing tells them apart
    assert McNemar(only_first=1, only_second=0).p_value == 1
    assert McNemar(only_first=3, only_second=3).p_value == 1  # twice the half of 6 is above 1
    assert McNemar(only_first=6, only_second=0).p_value == 2 / 64
    assert McNemar(only_first=0, only_second=10_000).p_value == 0  # 2**-9999 is below every float


def test_p_value_is_exact_for_many_images() -> None:
    n, fewer = 10_000, 4_700
    exact = Fraction(2 * sum(comb(n, i) for i in range(fewer - 5, fewer + 1)), 2**n)  # the six largest terms
    p_value = McNemar(only_first=fewer, only_second=n - fewer).p_value
    before = McNemar(only_first=fewer - 6, only_second=n - fewer + 6).p_value
    assert p_value - before == pytest.approx(float(exact), rel=1e-9)
    assert p_value == pytest.approx(binomtest(fewer, n).pvalue, rel=1e-9)


@given(counts=st.tuples(st.integers(0, 3_000), st.integers(0, 3_000)))
def test_p_value_as_scipy_has_it(counts: tuple[int, int]) -> None:
    first, second = counts
    expected = binomtest(first, first + second).pvalue if first + second else 1.0
    p_value = McNemar(only_first=first, only_second=second).p_value
    assert p_value == pytest.approx(expected, rel=1e-9, abs=1e-200)  # scipy says 0 somewhere below
    assert 0 <= p_value <= 1


@given(seed=SEEDS)
def test_order_and_turn_of_the_systems(seed: int) -> None:
    generator = np.random.default_rng(seed)
    first, second, labels = generator.integers(0, 4, (3, int(generator.integers(1, 60))))
    test, order = mcnemar(first, second, labels), generator.permutation(len(labels))
    assert mcnemar(first[order], second[order], labels[order]) == test
    turned = mcnemar(second, first, labels)
    assert turned == McNemar(only_first=test.only_second, only_second=test.only_first)
    assert turned.p_value == test.p_value
    right = np.count_nonzero(first == labels) - np.count_nonzero(second == labels)
    assert test.only_first - test.only_second == right
    assert mcnemar(first, first, labels) == McNemar(only_first=0, only_second=0)


def test_answers_and_labels_of_other_widths() -> None:
    wide = mcnemar(np.array([7, 2]), np.array([7, 1], np.int32), np.array([7, 2], np.uint8))
    assert wide == McNemar(only_first=1, only_second=0)


def test_it_is_told_in_a_sentence() -> None:
    assert str(McNemar(only_first=1, only_second=7)) == (
        "the first system alone is right on 1 image, the second alone on 7; "
        "McNemar's exact test gives p = 0.0703"
    )
    assert str(McNemar(only_first=1_200, only_second=0)).startswith(
        "the first system alone is right on 1,200 images, the second alone on 0; "
    )


def test_answers_that_do_not_match_are_refused() -> None:
    three = np.zeros(3, int)
    with pytest.raises(DataError, match=r"answers of the first system have shape \(1,\); expected \(3,\)"):
        mcnemar(np.zeros(1, int), three, three)
    with pytest.raises(DataError, match=r"answers of the second system have shape \(3, 1\); expected"):
        mcnemar(three, np.zeros((3, 1), int), three)
    with pytest.raises(DataError, match=r"labels have shape \(3, 1\); expected \(3,\)"):
        mcnemar(three, three, np.zeros((3, 1), int))
    with pytest.raises(DataError, match="answers of the first system are float64; expected whole numbers"):
        mcnemar(np.array([7.0, 2.0, 1.0]), three, three)
    with pytest.raises(DataError, match="labels are empty; expected at least one"):
        mcnemar(np.array([], int), np.array([], int), np.array([], int))


@pytest.mark.parametrize(
    "counts", [{"only_first": -1, "only_second": 3}, {"only_first": 3, "only_second": -1}]
)
def test_counts_below_0_are_refused(counts: dict[str, int]) -> None:
    with pytest.raises(DataError, match=r"only_(first|second) is -1; expected a count of images"):
        McNemar(**counts)
