from collections import Counter
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from inklab.errors import DataError
from inklab.evaluation import error_by_ensemble_size, majority_vote, mean_vote, softmax

SEEDS = st.integers(0, 2**32 - 1)


def columns_of(*rows: list[float]) -> NDArray[np.float64]:
    """Return (m, 1, k) probabilities of one image, a row for each column."""
    return np.array(rows)[:, np.newaxis]


def guesses(seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the probabilities of columns that are often right, and labels."""
    generator = np.random.default_rng(seed)
    m, n, k = generator.integers([1, 1, 2], [7, 40, 11])
    labels = generator.integers(0, k, n)
    logits = generator.normal(scale=2, size=(m, n, k)) + 2 * np.eye(k)[labels]
    return softmax(logits.reshape(-1, k)).reshape(m, n, k), labels


def one_error_each(m: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return columns of which the j-th errs on 2**j images of its own: a sum of errors tells who erred."""
    wrong = np.repeat(np.eye(m), 2 ** np.arange(m), axis=1)  # (m, n)
    return np.stack([1 - wrong, wrong], axis=2), np.zeros(wrong.shape[1], int)


def naive(
    probabilities: NDArray[np.float64], labels: NDArray[np.int64], columns: int
) -> tuple[float, float, int]:
    """Return mean and deviation of the error, and the number of committees, asked one by one."""
    errors = [
        np.mean(np.mean([probabilities[c] for c in committee], axis=0).argmax(axis=1) != labels)
        for committee in combinations(range(len(probabilities)), columns)
    ]
    return float(np.mean(errors)), float(np.std(errors)), len(errors)


def test_mean_vote_by_hand() -> None:
    mean = mean_vote(columns_of([0.5, 0.25, 0.25], [0.25, 0.0, 0.75], [0.0, 0.5, 0.5]))
    assert_array_equal(mean, [[0.25, 0.25, 0.5]])


def test_mean_vote_of_float32_is_made_in_float64() -> None:
    mean = mean_vote(columns_of([0.1, 0.9], [0.2, 0.8]).astype(np.float32))
    assert mean.dtype == np.float64
    assert_array_equal(mean, [[(np.float64(np.float32(0.1)) + np.float32(0.2)) / 2, mean[0, 1]]])


def test_majority_vote_by_hand() -> None:
    sure = [0.0, 0.0, 1.0]
    assert majority_vote(columns_of([0.5, 0.4, 0.1], [0.5, 0.3, 0.2], sure)) == 0  # the mean says 2


def test_majority_vote_breaks_ties_by_the_mean_of_the_tied() -> None:
    # one vote each for 0 and 2, means 0.5 and 0.425
    assert majority_vote(columns_of([0.9, 0.05, 0.05], [0.1, 0.1, 0.8])) == 0
    # two votes each for 0 and 1, means 0.25 and 0.3; 2 has the largest mean, 0.45, but no vote
    tied = [[0.5, 0.1, 0.4], [0.5, 0.0, 0.5], [0.0, 0.55, 0.45], [0.0, 0.55, 0.45]]
    assert majority_vote(columns_of(*tied)) == 1
    # three votes for three classes that are found equally probable: the first
    assert majority_vote(columns_of([0, 0, 1], [0, 1, 0], [1, 0, 0])) == 0


def test_errors_by_columns_by_hand() -> None:
    # Label 0 twice. The columns err on neither, the second, and both images; of pairs, the means of class 0
    # are .7 .7, .5 .65 (5 and 5 are equal: the first) and .4 .35, so they err on 0, 0 and 2 images.
    for_0 = np.array([[0.8, 1.0], [0.6, 0.4], [0.2, 0.3]])  # (m, n)
    one, two, three = error_by_ensemble_size(np.stack([for_0, 1 - for_0], axis=2), np.array([0, 0]))
    assert (one.columns, one.subsets, one.mean_error) == (1, 3, 0.5)
    assert one.deviation == pytest.approx((1 / 6) ** 0.5)  # of 0, 1/2, 1: sqrt((1/4 + 0 + 1/4) / 3)
    assert (two.columns, two.subsets, two.mean_error) == (2, 3, 1 / 3)
    assert two.deviation == pytest.approx((2 / 9) ** 0.5)  # of 0, 0, 1: sqrt((1/9 + 1/9 + 4/9) / 3)
    assert (three.columns, three.subsets, three.mean_error, three.deviation) == (3, 1, 0, 0)


def test_images_on_which_all_columns_agree_count() -> None:
    # the first image is wrong whoever votes, the second right, the third divides the columns
    first, second = [[0.1, 0.9], [0.9, 0.1], [0.9, 0.1]], [[0.4, 0.6], [0.6, 0.4], [0.2, 0.8]]
    one, two = error_by_ensemble_size(np.array([first, second]), np.array([0, 0, 0]))
    assert one.mean_error == pytest.approx((1 + 2) / 2 / 3)
    assert two.mean_error == pytest.approx(1 / 3)


def test_no_committee_is_drawn_twice() -> None:
    probabilities, labels = one_error_each(6)
    for seed in range(50):
        size = error_by_ensemble_size(probabilities, labels, most_subsets=5, seed=seed)[0]
        assert size.subsets == 5
        who = round(5 * size.mean_error * len(labels))  # five different powers of two
        assert f"{who:b}".count("1") == 5


def test_the_seed_says_who_is_drawn() -> None:
    probabilities, labels = one_error_each(6)
    drawn = [
        error_by_ensemble_size(probabilities, labels, most_subsets=1, seed=seed)[0] for seed in range(60)
    ]
    assert drawn[0] == error_by_ensemble_size(probabilities, labels, most_subsets=1)[0]
    assert {round(one.mean_error * len(labels)) for one in drawn} == {1, 2, 4, 8, 16, 32}  # each has its turn


@given(seed=SEEDS)
def test_mean_and_majority_vote_as_naive_loops_have_them(seed: int) -> None:
    probabilities, _ = guesses(seed)
    assert_allclose(mean_vote(probabilities), sum(probabilities) / len(probabilities), atol=1e-15)
    for i, answer in enumerate(majority_vote(probabilities)):
        rows = probabilities[:, i]  # (m, k)
        votes = Counter(int(row.argmax()) for row in rows)
        assert answer == max(votes, key=lambda j: (votes[j], sum(row[j] for row in rows)))


@given(seed=SEEDS)
def test_errors_by_columns_as_a_naive_loop_has_them(seed: int) -> None:
    probabilities, labels = guesses(seed)
    for columns, size in enumerate(error_by_ensemble_size(probabilities, labels), start=1):
        mean, deviation, subsets = naive(probabilities, labels, columns)
        assert (size.columns, size.subsets) == (columns, subsets)
        assert_allclose((size.mean_error, size.deviation), (mean, deviation), atol=1e-12)


def test_many_images_are_voted_on_in_blocks() -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 10, 700)
    probabilities = softmax(generator.normal(size=(4 * 700, 10))).reshape(4, 700, 10)
    for columns, size in enumerate(error_by_ensemble_size(probabilities, labels), start=1):
        assert_allclose(
            (size.mean_error, size.deviation), naive(probabilities, labels, columns)[:2], atol=1e-12
        )


@given(seed=SEEDS)
def test_the_order_of_the_columns_and_images_does_not_matter(seed: int) -> None:
    probabilities, labels = guesses(seed)
    generator = np.random.default_rng(seed)
    m, n, _ = probabilities.shape
    order = generator.permutation(n)
    shuffled = probabilities[generator.permutation(m)][:, order]
    assert_allclose(mean_vote(shuffled), mean_vote(probabilities)[order], atol=1e-15)
    assert_array_equal(majority_vote(shuffled), majority_vote(probabilities)[order])
    sizes = zip(
        error_by_ensemble_size(shuffled, labels[order]),
        error_by_ensemble_size(probabilities, labels),
        strict=True,
    )
    for size, expected in sizes:
        assert (size.columns, size.subsets) == (expected.columns, expected.subsets)
        assert size.mean_error == expected.mean_error
        assert size.deviation == pytest.approx(expected.deviation, abs=1e-12)


@given(seed=SEEDS, m=st.integers(1, 12))
def test_equal_columns_answer_as_one(seed: int, m: int) -> None:
    probabilities, labels = guesses(seed)
    one = probabilities[0]
    many = np.repeat(probabilities[:1], m, axis=0)
    assert_allclose(mean_vote(many), one, rtol=1e-14)
    assert_array_equal(majority_vote(many), one.argmax(axis=1))
    error = np.count_nonzero(one.argmax(axis=1) != labels) / len(labels)
    for size in error_by_ensemble_size(many, labels, most_subsets=20):
        assert (size.mean_error, size.deviation) == (error, 0)
        assert size.subsets == min(20, comb(m, size.columns))


@given(seed=SEEDS)
def test_the_last_committee_is_the_mean_vote(seed: int) -> None:
    probabilities, labels = guesses(seed)
    wrong = np.count_nonzero(mean_vote(probabilities).argmax(axis=1) != labels)
    last = error_by_ensemble_size(probabilities, labels, most_subsets=1)[-1]
    assert (last.mean_error, last.deviation, last.subsets) == (wrong / len(labels), 0, 1)


@pytest.mark.parametrize(
    ("probabilities", "message"),
    [
        (np.array([[0.5, 0.5]]), r"probabilities have shape \(1, 2\); expected \(m, n, k\)"),
        (np.empty((0, 1, 2)), r"probabilities have shape \(0, 1, 2\); expected \(m, n, k\)"),
        (np.empty((1, 1, 0)), r"probabilities have shape \(1, 1, 0\); expected \(m, n, k\)"),
        (columns_of([2.0, -1.0]), "probabilities reach -1.0; expected fractions; apply softmax"),
        (columns_of([0.5, 0.5], [3.0, 1.0]), "sums to 1 ± 3; expected 1; apply softmax"),
        (columns_of([1.0, 0.0], [np.nan, 1.0]), "probabilities reach nan"),
        (columns_of([np.inf, 0.0]), "sums to 1 ± inf"),
    ],
)
def test_what_is_no_table_of_probabilities_is_refused(
    probabilities: NDArray[np.float64], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        mean_vote(probabilities)
    with pytest.raises(DataError, match=message):
        majority_vote(probabilities)
    with pytest.raises(DataError, match=message):
        error_by_ensemble_size(probabilities, np.array([0]))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([2], "labels hold 2; expected whole numbers from 0 to 1"),
        ([0, 1], r"labels have shape \(2,\); expected \(1,\)"),
        ([0.0], "labels are float64; expected whole numbers"),
    ],
)
def test_labels_that_do_not_match_are_refused(labels: list[float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        error_by_ensemble_size(columns_of([0.5, 0.5]), np.array(labels))


def test_no_images_and_no_committees_are_refused() -> None:
    with pytest.raises(DataError, match="labels are empty; expected at least one"):
        error_by_ensemble_size(np.empty((3, 0, 2)), np.array([], int))
    with pytest.raises(ValueError, match="most_subsets is 0; expected at least 1"):
        error_by_ensemble_size(columns_of([0.5, 0.5]), np.array([0]), most_subsets=0)
