from math import isclose, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, log_loss, precision_score, recall_score
from sklearn.metrics import confusion_matrix as sklearn_confusion_matrix
from sklearn.metrics import f1_score as sklearn_f1_score

from inklab.errors import DataError
from inklab.evaluation import (
    accuracy,
    confusion_matrix,
    f1_score,
    negative_log_likelihood,
    precision,
    recall,
    softmax,
    wilson_interval,
)

LABELS = np.array([0, 0, 1, 1, 1, 2])
PREDICTED = np.array([0, 1, 1, 1, 0, 1])
CONFUSION = np.array([[1, 1, 0], [1, 2, 0], [0, 1, 0]])  # 2 was never predicted


def random_logits(seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return logits of a fairly accurate classifier, and labels; not every class need occur."""
    generator = np.random.default_rng(seed)
    n = int(generator.integers(1, 60))
    labels = generator.integers(0, 10, n)
    return (generator.normal(size=(n, 10)) + 2 * np.eye(10)[labels]).astype(np.float32), labels


SEEDS = st.integers(0, 2**32 - 1)


def test_accuracy_by_hand() -> None:
    assert accuracy(LABELS, PREDICTED) == 3 / 6


def test_confusion_matrix_by_hand() -> None:
    assert_array_equal(confusion_matrix(LABELS, PREDICTED, classes=3), CONFUSION)


def test_confusion_matrix_of_many_classes_in_uint8() -> None:
    labels = np.array([25, 25], np.uint8)  # 25 * 26 + 25 = 675 does not fit in a uint8
    assert confusion_matrix(labels, labels, classes=26)[25, 25] == 2


def test_precision_and_recall_by_hand() -> None:
    assert_array_equal(precision(CONFUSION), [1 / 2, 2 / 4, 0])  # 0/0 for the 2, which was never predicted
    assert_allclose(f1_score(CONFUSION), [2 / 4, 4 / 7, 0])
    assert_array_equal(recall(CONFUSION), [1 / 2, 2 / 3, 0])
    assert_array_equal(recall(np.array([[1, 0], [0, 0]])), [1, 0])  # 0/0 for the class without images


def test_negative_log_likelihood_by_hand() -> None:
    logits = np.log([[0.5, 0.5], [0.25, 0.75]])
    assert isclose(negative_log_likelihood(logits, np.array([0, 0])), (log(2) + log(4)) / 2)


def test_certain_and_correct_gives_0_and_not_minus_0() -> None:
    assert str(negative_log_likelihood(np.array([[1e4, 0.0]]), np.array([0]))) == "0.0"


def test_certain_and_wrong_gives_a_finite_loss() -> None:
    assert negative_log_likelihood(np.array([[1e4, -1e4]]), np.array([1])) == 2e4


def test_wilson_interval_by_hand() -> None:
    # for p = 1 the root is z/2n: the low end is 1 / (1 + z²/n), and z = 1 at 68.27%
    low, high = wilson_interval(4, 4, confidence=0.6826894921370859)
    assert (round(low, 12), high) == (0.8, 1.0)
    # p = 1/2 is the center, at sqrt(1/4n + 1/4n²) / (1 + 1/n) from either end
    low, high = wilson_interval(2, 4, confidence=0.6826894921370859)
    assert_allclose([low, high], [0.5 - sqrt(5 / 64) / 1.25, 0.5 + sqrt(5 / 64) / 1.25])


@given(seed=SEEDS)
def test_metrics_equal_those_of_scikit_learn(seed: int) -> None:
    logits, labels = random_logits(seed)
    predicted = logits.argmax(axis=1)
    confusion = confusion_matrix(labels, predicted)
    options = {"labels": range(10), "average": None, "zero_division": 0}
    assert isclose(accuracy(labels, predicted), accuracy_score(labels, predicted))
    assert_array_equal(confusion, sklearn_confusion_matrix(labels, predicted, labels=range(10)))
    assert_allclose(precision(confusion), precision_score(labels, predicted, **options))
    assert_allclose(f1_score(confusion), sklearn_f1_score(labels, predicted, **options))
    assert_allclose(recall(confusion), recall_score(labels, predicted, **options))
    expected = log_loss(labels, softmax(logits), labels=range(10))
    assert isclose(negative_log_likelihood(logits, labels), expected, rel_tol=1e-9)


@given(seed=SEEDS)
def test_order_of_the_images_does_not_matter(seed: int) -> None:
    logits, labels = random_logits(seed)
    order = np.random.default_rng(seed).permutation(len(labels))
    predicted = logits.argmax(axis=1)
    assert accuracy(labels[order], predicted[order]) == accuracy(labels, predicted)
    assert_array_equal(confusion_matrix(labels[order], predicted[order]), confusion_matrix(labels, predicted))
    shuffled = negative_log_likelihood(logits[order], labels[order])
    assert isclose(shuffled, negative_log_likelihood(logits, labels), rel_tol=1e-12)


COUNTS = st.integers(1, 20_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts=COUNTS, confidence=st.sampled_from([0.5, 0.95, 0.999]))
def test_wilson_interval_equals_that_of_scipy(counts: tuple[int, int], confidence: float) -> None:
    expected = binomtest(*counts).proportion_ci(confidence_level=confidence, method="wilson")
    assert_allclose(
        wilson_interval(*counts, confidence=confidence), (expected.low, expected.high), atol=1e-12
    )


@given(counts=COUNTS, confidence=st.floats(0.01, 0.9999))
def test_wilson_interval_contains_the_fraction(counts: tuple[int, int], confidence: float) -> None:
    successes, n = counts
    low, high = wilson_interval(successes, n, confidence=confidence)
    assert 0 <= low <= successes / n <= high <= 1
    assert low < high


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (-1, 5), (6, 5), (0, -1)])
def test_invalid_counts_are_refused(successes: int, n: int) -> None:
    with pytest.raises(DataError, match=f"^{successes} successes in {n} trials; expected"):
        wilson_interval(successes, n)


@pytest.mark.parametrize("confidence", [0.0, 1.0, -0.5, float("nan")])
def test_confidence_outside_0_to_1_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match=f"confidence is {confidence}; expected"):
        wilson_interval(1, 2, confidence=confidence)


def test_arrays_of_different_lengths_are_refused() -> None:
    with pytest.raises(DataError, match=r"y_pred has shape \(3, 1\); expected \(3,\)"):
        accuracy(np.zeros(3, int), np.zeros((3, 1), int))  # would broadcast to 3 x 3
    with pytest.raises(DataError, match=r"y_true has shape \(2, 2\); expected \(4,\)"):
        confusion_matrix(np.zeros((2, 2), int), np.zeros(4, int))
    with pytest.raises(DataError, match=r"labels has shape \(1,\); expected \(3,\)"):
        negative_log_likelihood(np.zeros((3, 10)), np.zeros(1, int))


def test_classes_out_of_range_are_refused() -> None:
    with pytest.raises(DataError, match="y_true contains 10; expected integers from 0 to 9"):
        confusion_matrix(np.array([3, 10]), np.array([3, 1]))
    with pytest.raises(DataError, match="y_pred contains -1; expected integers from 0 to 9"):
        confusion_matrix(np.array([3, 1]), np.array([3, -1]))
    with pytest.raises(DataError, match="labels contains -1; expected integers from 0 to 1"):
        negative_log_likelihood(np.zeros((1, 2)), np.array([-1]))  # would index from the end


def test_empty_arrays_and_floats_are_refused() -> None:
    with pytest.raises(DataError, match="y_true is empty; expected at least one"):
        accuracy(np.array([], int), np.array([], int))
    with pytest.raises(DataError, match="labels is empty; expected at least one"):
        negative_log_likelihood(np.empty((0, 10)), np.array([], int))
    one_hot = np.array([0.0, 1.0])
    with pytest.raises(DataError, match="y_true has dtype float64; expected integers"):
        confusion_matrix(one_hot, one_hot)


def test_non_square_confusion_matrix_is_refused() -> None:
    for metric in (precision, recall, f1_score):
        with pytest.raises(DataError, match=r"the confusion matrix has shape \(2, 3\); expected \(k, k\)"):
            metric(np.zeros((2, 3), int))
