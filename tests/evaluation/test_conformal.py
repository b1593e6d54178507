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


def drawn(seed: int, n: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return probabilities and labels of n images that nothing but chance tells apart."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 10, n)
    return softmax(generator.normal(scale=2, size=(n, 10)) + 3 * np.eye(10)[labels]), labels


class Says(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier whose images are the probabilities that it says."""

    def __init__(self) -> None:
        self.classes_ = np.arange(10)

    def fit(self, _x: NDArray[np.float64], _y: NDArray[np.int64]) -> "Says":
        raise AssertionError("it is not to be trained")

    def predict_proba(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        return x

    def predict(self, x: NDArray[np.float64]) -> NDArray[np.int64]:
        answers: NDArray[np.int64] = x.argmax(axis=1)
        return answers


def test_by_hand() -> None:
    probabilities = np.array([[p, 1 - p] for p in (0.9, 0.5, 0.8, 0.7, 0.6, 0.95, 0.65, 0.85, 0.75)])
    # n + 1 = 10 images: at 30% three may be left out, the new one or two of these, so the third stays in;
    # at 10% one may, and every one of these stays in; at 5% none may, not even the new one.
    found = conformal_thresholds(probabilities, np.zeros(9, int), [0.3, 0.1, 0.05])
    assert found == {0.3: 0.65, 0.1: 0.5, 0.05: 0.0}


def test_a_rate_is_what_it_is_written_as() -> None:
    top = np.linspace(0.5, 0.999, 99)
    # (99 + 1) * 0.29 is 28.999999999999996 in float64; 29 of 100 may be left out, 28 of these and a new one
    threshold = conformal_thresholds(np.column_stack([top, 1 - top]), np.zeros(99, int), [0.29])[0.29]
    assert (top < threshold).sum() == 28


def test_a_class_at_the_threshold_is_in() -> None:
    assert prediction_sets(np.array([[0.75, 0.25]]), 0.25).tolist() == [[True, True]]


@pytest.mark.parametrize("n", [99, 500, 5000])
@pytest.mark.parametrize("seed", [0, 1])
def test_as_mapie_does_it(n: int, seed: int) -> None:
    calibrating, labels = drawn(seed, n)
    new, _ = drawn(seed + 100, 300)
    rates = [rate for rate in (0.2, 0.1, *ERROR_RATES) if n * rate >= 1]
    reference = SplitConformalClassifier(
        Says(), confidence_level=[1 - rate for rate in rates], conformity_score="lac", prefit=True
    ).conformalize(calibrating, labels)
    _, expected = reference.predict_set(new)  # (n, k, rates)
    found = conformal_thresholds(calibrating, labels, rates)
    for number, rate in enumerate(rates):
        assert_array_equal(prediction_sets(new, found[rate]), expected[:, :, number], err_msg=f"at {rate}")


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_sets_cover_at_the_stated_rate(seed: int) -> None:
    # Calibrated on n images, the rate of new ones left out has mean below `rate` and is itself a beta
    # variable of about rate * (n + 1) successes; with 5,000 of either, both add to the binomial spread.
    calibrating, labels = drawn(seed, 5000)
    new, truths = drawn(seed + 1, 5000)
    for rate, threshold in conformal_thresholds(calibrating, labels, [0.1, 0.01]).items():
        found = coverage(prediction_sets(new, threshold), truths)
        assert abs(found.rate - (1 - rate)) < 6 * np.sqrt(2 * rate * (1 - rate) / 5000)


def test_the_mean_coverage_is_at_least_what_was_stated() -> None:
    # Of 19 images at 10%, 17 or more of 20 new ones: the mean over many calibrations is 18/20 exactly.
    covered = 0
    for seed in range(2000):
        probabilities, labels = drawn(seed, 20)
        threshold = conformal_thresholds(probabilities[:19], labels[:19], [0.1])[0.1]
        covered += coverage(prediction_sets(probabilities[19:], threshold), labels[19:]).covered
    assert binomtest(covered, 2000, 0.9).pvalue > 1e-3


@given(seed=SEEDS, n=st.integers(1, 30))
def test_a_lower_rate_never_makes_a_set_smaller(seed: int, n: int) -> None:
    probabilities, labels = drawn(seed, n)
    sets = [
        prediction_sets(probabilities, threshold)
        for threshold in conformal_thresholds(probabilities, labels, [0.5, 0.1, 0.01]).values()
    ]
    assert (sets[0] <= sets[1]).all()
    assert (sets[1] <= sets[2]).all()


def test_coverage_by_hand() -> None:
    sets = np.array([[True, False, False], [False, False, False], [True, True, False], [False, True, False]])
    found = coverage(sets, np.array([0, 1, 1, 2]))
    assert found == Coverage(n=4, covered=2, empty=1, single=2)
    assert found.rate == 0.5
    assert found.interval == wilson_interval(2, 4)


def test_refused() -> None:
    probabilities, labels = drawn(0, 5)
    with pytest.raises(ValueError, match="an error rate is 0; expected a fraction between 0 and 1"):
        conformal_thresholds(probabilities, labels, [0])
    with pytest.raises(DataError, match="labels are empty"):
        conformal_thresholds(probabilities[:0], labels[:0])
    with pytest.raises(DataError, match="labels hold 10; expected whole numbers from 0 to 9"):
        conformal_thresholds(probabilities, labels * 0 + 10)
    with pytest.raises(DataError, match="apply softmax to logits"):
        prediction_sets(probabilities * 7, 0.5)
    with pytest.raises(DataError, match=r"labels have shape \(4,\); expected \(5,\)"):
        coverage(prediction_sets(probabilities, 0.5), labels[:4])
    with pytest.raises(DataError, match="the number of sets is 0; expected at least one"):
        Coverage(n=0, covered=0, empty=0, single=0)
    with pytest.raises(DataError, match="the number of sets with the truth is 3; expected 0 to n"):
        Coverage(n=2, covered=3, empty=0, single=0)
