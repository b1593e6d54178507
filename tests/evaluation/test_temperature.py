import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from inklab.errors import DataError
from inklab.evaluation import fit_temperature, log_softmax, negative_log_likelihood, softmax
from inklab.evaluation.temperature import MAX_TEMPERATURE, MIN_TEMPERATURE

SEEDS = st.integers(0, 2**32 - 1)


def random_logits(seed: int, n: int = 200) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return logits with a random scale and a moderate accuracy, and labels."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 10, n)
    logits = generator.normal(size=(n, 10)) + 2 * np.eye(10)[labels]
    return logits * np.exp(generator.normal()), labels


def test_temperature_by_hand() -> None:
    # Two classes, accuracy 3/4: the best probability is 3/4, so log 9 / T = log 3 and T = 2.
    logits = np.log(np.array([[9.0, 1.0]] * 4))
    assert fit_temperature(logits, np.array([0, 0, 0, 1])) == pytest.approx(2, rel=1e-5)


@given(seed=SEEDS)
@settings(max_examples=30, deadline=None)
def test_temperature_equals_that_of_scipy(seed: int) -> None:
    logits, labels = random_logits(seed)

    def loss(log_temperature: float) -> float:
        return float(-log_softmax(logits / np.exp(log_temperature))[np.arange(len(labels)), labels].mean())

    expected = minimize_scalar(
        loss, bounds=(np.log(MIN_TEMPERATURE), np.log(MAX_TEMPERATURE)), method="bounded"
    ).x
    # scipy stops at 1e-5 of log T, where the loss is already flat in float64
    assert fit_temperature(logits, labels) == pytest.approx(np.exp(expected), rel=1e-4)


@given(seed=SEEDS)
@settings(max_examples=30, deadline=None)
def test_predictions_stay_and_the_loss_never_grows(seed: int) -> None:
    logits, labels = random_logits(seed, n=20)
    scaled = logits / fit_temperature(logits, labels)
    assert (scaled.argmax(axis=1) == logits.argmax(axis=1)).all()
    assert negative_log_likelihood(scaled, labels) <= negative_log_likelihood(logits, labels)


def test_scaled_logits_scale_the_temperature() -> None:
    logits, labels = random_logits(seed=1)
    temperature = fit_temperature(logits, labels)
    assert fit_temperature(3 * logits, labels) == pytest.approx(3 * temperature, rel=1e-4)


def test_calibrated_probabilities_have_temperature_1() -> None:
    generator = np.random.default_rng(0)
    logits = generator.normal(scale=2, size=(20_000, 10))
    labels = (softmax(logits).cumsum(axis=1) < generator.random((20_000, 1))).sum(axis=1)
    assert fit_temperature(logits, labels) == pytest.approx(1, abs=0.02)


def test_search_ends_at_its_bounds() -> None:
    correct, wrong = np.array([0, 1]), np.array([1, 0])
    assert fit_temperature(np.eye(2), correct) == pytest.approx(MIN_TEMPERATURE, rel=1e-4)
    assert fit_temperature(np.eye(2), wrong) == pytest.approx(MAX_TEMPERATURE, rel=1e-4)
    assert fit_temperature(np.zeros((2, 2)), correct) == 1  # all temperatures are equally good
    assert fit_temperature(np.eye(2, dtype=np.float32) * 1e37, correct) > 0  # no overflow


def test_invalid_arrays_are_refused() -> None:
    with pytest.raises(DataError, match=r"labels has shape \(2,\); expected \(3,\)"):
        fit_temperature(np.zeros((3, 10)), np.array([1, 2]))
    with pytest.raises(DataError, match="logits reach nan"):
        fit_temperature(np.full((1, 10), np.nan), np.array([1]))
