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


def members_of(*rows: list[float]) -> NDArray[np.float64]:
    """Return (m, 1, k) probabilities of one image, one row per member."""
    return np.array(rows)[:, np.newaxis]


def random_members(seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return probabilities (m, n, k) of fairly accurate members, and labels."""
    generator = np.random.default_rng(seed)
    m, n, k = generator.integers([1, 1, 2], [7, 40, 11])
    labels = generator.integers(0, k, n)
    logits = generator.normal(scale=2, size=(m, n, k)) + 2 * np.eye(k)[labels]
    return softmax(logits.reshape(-1, k)).reshape(m, n, k), labels


def one_error_each(m: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return m members: number j alone errs on 2**j images, so a sum of errors shows which members erred."""
    wrong = np.repeat(np.eye(m), 2 ** np.arange(m), axis=1)  # (m, n)
    return np.stack([1 - wrong, wrong], axis=2), np.zeros(wrong.shape[1], int)


def naive_errors(
    probabilities: NDArray[np.float64], labels: NDArray[np.int64], size: int
) -> tuple[float, float, int]:
    """Return mean and deviation of the error rate, and the number of ensembles, by a loop over subsets."""
    errors = [
        np.mean(np.mean([probabilities[member] for member in subset], axis=0).argmax(axis=1) != labels)
        for subset in combinations(range(len(probabilities)), size)
    ]
    return float(np.mean(errors)), float(np.std(errors)), len(errors)


def test_mean_vote_by_hand() -> None:
    mean = mean_vote(members_of([0.5, 0.25, 0.25], [0.25, 0.0, 0.75], [0.0, 0.5, 0.5]))
    assert_array_equal(mean, [[0.25, 0.25, 0.5]])


def test_mean_vote_of_float32_is_computed_in_float64() -> None:
    mean = mean_vote(members_of([0.1, 0.9], [0.2, 0.8]).astype(np.float32))
    assert mean.dtype == np.float64
    assert_array_equal(mean, [[(np.float64(np.float32(0.1)) + np.float32(0.2)) / 2, mean[0, 1]]])


def test_majority_vote_by_hand() -> None:
    certain = [0.0, 0.0, 1.0]
    assert majority_vote(members_of([0.5, 0.4, 0.1], [0.5, 0.3, 0.2], certain)) == 0  # the mean vote is 2


def test_majority_vote_breaks_ties_by_the_mean_probability() -> None:
    # one vote each for 0 and 2, means 0.5 and 0.425
    assert majority_vote(members_of([0.9, 0.05, 0.05], [0.1, 0.1, 0.8])) == 0
    # two votes each for 0 and 1, means 0.25 and 0.3; 2 has the largest mean, 0.45, but no vote
    tied = [[0.5, 0.1, 0.4], [0.5, 0.0, 0.5], [0.0, 0.55, 0.45], [0.0, 0.55, 0.45]]
    assert majority_vote(members_of(*tied)) == 1
    # one vote for each of three equally probable classes: the first
    assert majority_vote(members_of([0, 0, 1], [0, 1, 0], [1, 0, 0])) == 0


def test_error_by_ensemble_size_by_hand() -> None:
    # Label 0 twice. The members err on no, the second, and both images. The means of pairs for class 0 are
    # .7 .7, .5 .65 (a tie goes to the first class), and .4 .35, so pairs err on 0, 0, and 2 images.
    for_0 = np.array([[0.8, 1.0], [0.6, 0.4], [0.2, 0.3]])  # (m, n)
    one, two, three = error_by_ensemble_size(np.stack([for_0, 1 - for_0], axis=2), np.array([0, 0]))
    assert (one.members, one.subsets, one.mean_error) == (1, 3, 0.5)
    assert one.deviation == pytest.approx((1 / 6) ** 0.5)  # of 0, 1/2, 1: sqrt((1/4 + 0 + 1/4) / 3)
    assert (two.members, two.subsets, two.mean_error) == (2, 3, 1 / 3)
    assert two.deviation == pytest.approx((2 / 9) ** 0.5)  # of 0, 0, 1: sqrt((1/9 + 1/9 + 4/9) / 3)
    assert (three.members, three.subsets, three.mean_error, three.deviation) == (3, 1, 0, 0)


def test_images_on_which_all_members_agree_count() -> None:
    # all members are wrong on the first image and correct on the second; they differ on the third
    first, second = [[0.1, 0.9], [0.9, 0.1], [0.9, 0.1]], [[0.4, 0.6], [0.6, 0.4], [0.2, 0.8]]
    one, two = error_by_ensemble_size(np.array([first, second]), np.array([0, 0, 0]))
    assert one.mean_error == pytest.approx((1 + 2) / 2 / 3)
    assert two.mean_error == pytest.approx(1 / 3)


def test_random_subsets_are_distinct() -> None:
    probabilities, labels = one_error_each(6)
    for seed in range(50):
        size = error_by_ensemble_size(probabilities, labels, max_subsets=5, seed=seed)[0]
        assert size.subsets == 5
        total = round(5 * size.mean_error * len(labels))  # five different powers of two
        assert f"{total:b}".count("1") == 5


def test_seed_determines_the_subsets() -> None:
    probabilities, labels = one_error_each(6)
    drawn = [error_by_ensemble_size(probabilities, labels, max_subsets=1, seed=seed)[0] for seed in range(60)]
    assert drawn[0] == error_by_ensemble_size(probabilities, labels, max_subsets=1)[0]
    assert {round(size.mean_error * len(labels)) for size in drawn} == {
        1,
        2,
        4,
        8,
        16,
        32,
    }  # every member occurs


@given(seed=SEEDS)
def test_votes_equal_naive_loops(seed: int) -> None:
    probabilities, _ = random_members(seed)
    assert_allclose(mean_vote(probabilities), sum(probabilities) / len(probabilities), atol=1e-15)
    for i, winner in enumerate(majority_vote(probabilities)):
        rows = probabilities[:, i]  # (m, k)
        votes = Counter(int(row.argmax()) for row in rows)
        assert winner == max(votes, key=lambda j: (votes[j], sum(row[j] for row in rows)))


@given(seed=SEEDS)
def test_error_by_ensemble_size_equals_a_naive_loop(seed: int) -> None:
    probabilities, labels = random_members(seed)
    for members, size in enumerate(error_by_ensemble_size(probabilities, labels), start=1):
        mean, deviation, subsets = naive_errors(probabilities, labels, members)
        assert (size.members, size.subsets) == (members, subsets)
        assert_allclose((size.mean_error, size.deviation), (mean, deviation), atol=1e-12)


def test_more_images_than_a_block() -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 10, 700)
    probabilities = softmax(generator.normal(size=(4 * 700, 10))).reshape(4, 700, 10)
    for members, size in enumerate(error_by_ensemble_size(probabilities, labels), start=1):
        assert_allclose(
            (size.mean_error, size.deviation), naive_errors(probabilities, labels, members)[:2], atol=1e-12
        )


@given(seed=SEEDS)
def test_order_of_members_and_images_does_not_matter(seed: int) -> None:
    probabilities, labels = random_members(seed)
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
        assert (size.members, size.subsets) == (expected.members, expected.subsets)
        assert size.mean_error == expected.mean_error
        assert size.deviation == pytest.approx(expected.deviation, abs=1e-12)


@given(seed=SEEDS, m=st.integers(1, 12))
def test_equal_members_vote_as_one(seed: int, m: int) -> None:
    probabilities, labels = random_members(seed)
    one = probabilities[0]
    many = np.repeat(probabilities[:1], m, axis=0)
    assert_allclose(mean_vote(many), one, rtol=1e-14)
    assert_array_equal(majority_vote(many), one.argmax(axis=1))
    error = np.count_nonzero(one.argmax(axis=1) != labels) / len(labels)
    for size in error_by_ensemble_size(many, labels, max_subsets=20):
        assert (size.mean_error, size.deviation) == (error, 0)
        assert size.subsets == min(20, comb(m, size.members))


@given(seed=SEEDS)
def test_largest_ensemble_is_the_mean_vote(seed: int) -> None:
    probabilities, labels = random_members(seed)
    wrong = np.count_nonzero(mean_vote(probabilities).argmax(axis=1) != labels)
    last = error_by_ensemble_size(probabilities, labels, max_subsets=1)[-1]
    assert (last.mean_error, last.deviation, last.subsets) == (wrong / len(labels), 0, 1)


@pytest.mark.parametrize(
    ("probabilities", "message"),
    [
        (np.array([[0.5, 0.5]]), r"probabilities have shape \(1, 2\); expected \(m, n, k\)"),
        (np.empty((0, 1, 2)), r"probabilities have shape \(0, 1, 2\); expected \(m, n, k\)"),
        (np.empty((1, 1, 0)), r"probabilities have shape \(1, 1, 0\); expected \(m, n, k\)"),
        (members_of([2.0, -1.0]), "probabilities reach -1.0; expected fractions; apply softmax"),
        (members_of([0.5, 0.5], [3.0, 1.0]), "sums to 1 ± 3; expected 1; apply softmax"),
        (members_of([1.0, 0.0], [np.nan, 1.0]), "probabilities reach nan"),
        (members_of([np.inf, 0.0]), "sums to 1 ± inf"),
    ],
)
def test_invalid_probabilities_are_refused(probabilities: NDArray[np.float64], message: str) -> None:
    with pytest.raises(DataError, match=message):
        mean_vote(probabilities)
    with pytest.raises(DataError, match=message):
        majority_vote(probabilities)
    with pytest.raises(DataError, match=message):
        error_by_ensemble_size(probabilities, np.array([0]))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([2], "labels contains 2; expected integers from 0 to 1"),
        ([0, 1], r"labels has shape \(2,\); expected \(1,\)"),
        ([0.0], "labels has dtype float64; expected integers"),
    ],
)
def test_invalid_labels_are_refused(labels: list[float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        error_by_ensemble_size(members_of([0.5, 0.5]), np.array(labels))


def test_no_images_and_no_subsets_are_refused() -> None:
    with pytest.raises(DataError, match="labels is empty; expected at least one"):
        error_by_ensemble_size(np.empty((3, 0, 2)), np.array([], int))
    with pytest.raises(ValueError, match="max_subsets is 0; expected at least 1"):
        error_by_ensemble_size(members_of([0.5, 0.5]), np.array([0]), max_subsets=0)
