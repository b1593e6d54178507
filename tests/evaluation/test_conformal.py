import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mapie.classification import SplitConformalClassifier
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.base import BaseEstimator, ClassifierMixin

from inklab.errors import DataError
from inklab.evaluation import (
    ERROR_RATES,
    Coverage,
    conformal_thresholds,
    coverage,
    prediction_sets,
    softmax,
    wilson_interval,
)

SEEDS = st.integers(0, 2**32 - 1)


def exchangeable(seed: int, n: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return probabilities and labels of n exchangeable images."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 10, n)
    return softmax(generator.normal(scale=2, size=(n, 10)) + 3 * np.eye(10)[labels]), labels


class IdentityClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier whose inputs are the probabilities that it predicts."""

    def __init__(self) -> None:
        self.classes_ = np.arange(10)

    def fit(self, _x: NDArray[np.float64], _y: NDArray[np.int64]) -> "IdentityClassifier":
        raise AssertionError("the test must not train the classifier")

    def predict_proba(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        return x

    def predict(self, x: NDArray[np.float64]) -> NDArray[np.int64]:
        predicted: NDArray[np.int64] = x.argmax(axis=1)
        return predicted


def test_thresholds_by_hand() -> None:
    probabilities = np.array([[p, 1 - p] for p in (0.9, 0.5, 0.8, 0.7, 0.6, 0.95, 0.65, 0.85, 0.75)])
    # n + 1 = 10 images. At 30%, three may be missed: the new one and two of these, so the third is in.
    # At 10%, one may be missed: the new one, so all of these are in. At 5%, none may be missed.
    thresholds = conformal_thresholds(probabilities, np.zeros(9, int), [0.3, 0.1, 0.05])
    assert thresholds == {0.3: 0.65, 0.1: 0.5, 0.05: 0.0}


def test_error_rate_is_taken_as_a_decimal_number() -> None:
    top = np.linspace(0.5, 0.999, 99)
    # (99 + 1) * 0.29 is 28.999999999999996 in float64; 29 of 100 may be missed, 28 of these and a new one
    threshold = conformal_thresholds(np.column_stack([top, 1 - top]), np.zeros(99, int), [0.29])[0.29]
    assert (top < threshold).sum() == 28


def test_class_at_the_threshold_and_the_most_probable_class_are_in_the_set() -> None:
    probabilities = np.array([[0.75, 0.25], [0.2, 0.8]])
    assert prediction_sets(probabilities, 0.25).tolist() == [[True, True], [False, True]]
    assert prediction_sets(probabilities, 0.9).tolist() == [[True, False], [False, True]]
    assert prediction_sets(np.empty((0, 2)), 0.9).shape == (0, 2)


@pytest.mark.parametrize("n", [99, 500, 5000])
@pytest.mark.parametrize("seed", [0, 1])
def test_sets_equal_those_of_mapie(n: int, seed: int) -> None:
    calibrating, labels = exchangeable(seed, n)
    new, _ = exchangeable(seed + 100, 300)
    rates = [rate for rate in (0.2, 0.1, *ERROR_RATES) if n * rate >= 1]
    reference = SplitConformalClassifier(
        IdentityClassifier(),
        confidence_level=[1 - rate for rate in rates],
        conformity_score="lac",
        prefit=True,
    ).conformalize(calibrating, labels)
    _, expected = reference.predict_set(new)  # (n, k, rates)
    is_top = new == new.max(axis=1, keepdims=True)
    thresholds = conformal_thresholds(calibrating, labels, rates)
    for number, rate in enumerate(rates):
        assert_array_equal(
            prediction_sets(new, thresholds[rate]), expected[:, :, number] | is_top, err_msg=f"at {rate}"
        )


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_coverage_matches_the_error_rate(seed: int) -> None:
    # The miss rate after calibration on n images is a beta variable with mean at most `rate` and about the
    # variance rate * (1 - rate) / n. Testing on 5,000 images adds a binomial variance of the same size.
    calibrating, labels = exchangeable(seed, 5000)
    new, new_labels = exchangeable(seed + 1, 5000)
    for rate, threshold in conformal_thresholds(calibrating, labels, [0.1, 0.01]).items():
        measured = coverage(new >= threshold, new_labels)  # without the most probable class, which adds
        assert abs(measured.rate - (1 - rate)) < 6 * np.sqrt(2 * rate * (1 - rate) / 5000)


def test_mean_coverage_is_exact_over_many_calibrations() -> None:
    # With 19 calibration images at 10%, the mean coverage over many calibrations is exactly 18/20.
    covered = 0
    for seed in range(2000):
        probabilities, labels = exchangeable(seed, 20)
        threshold = conformal_thresholds(probabilities[:19], labels[:19], [0.1])[0.1]
        covered += coverage(probabilities[19:] >= threshold, labels[19:]).covered
    assert binomtest(covered, 2000, 0.9).pvalue > 1e-3


@given(seed=SEEDS, n=st.integers(1, 30))
def test_lower_error_rate_never_makes_a_set_smaller(seed: int, n: int) -> None:
    probabilities, labels = exchangeable(seed, n)
    sets = [
        prediction_sets(probabilities, threshold)
        for threshold in conformal_thresholds(probabilities, labels, [0.5, 0.1, 0.01]).values()
    ]
    assert (sets[0] <= sets[1]).all()
    assert (sets[1] <= sets[2]).all()


def test_coverage_by_hand() -> None:
    sets = np.array([[True, False, False], [False, False, False], [True, True, False], [False, True, False]])
    measured = coverage(sets, np.array([0, 1, 1, 2]))
    assert measured == Coverage(n=4, covered=2, single=2)
    assert measured.rate == 0.5
    assert measured.interval == wilson_interval(2, 4)


def test_invalid_arguments_are_refused() -> None:
    probabilities, labels = exchangeable(0, 5)
    with pytest.raises(ValueError, match="an error rate is 0; expected a fraction between 0 and 1"):
        conformal_thresholds(probabilities, labels, [0])
    with pytest.raises(DataError, match="labels is empty"):
        conformal_thresholds(probabilities[:0], labels[:0])
    with pytest.raises(DataError, match="labels contains 10; expected integers from 0 to 9"):
        conformal_thresholds(probabilities, labels * 0 + 10)
    with pytest.raises(DataError, match="apply softmax to logits"):
        prediction_sets(probabilities * 7, 0.5)
    with pytest.raises(DataError, match=r"labels has shape \(4,\); expected \(5,\)"):
        coverage(prediction_sets(probabilities, 0.5), labels[:4])
    with pytest.raises(DataError, match="the number of sets is 0; expected at least one"):
        Coverage(n=0, covered=0, single=0)
    with pytest.raises(DataError, match="the number of covered labels is 3; expected 0 to n"):
        Coverage(n=2, covered=3, single=0)
