import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from inklab.errors import DataError
from inklab.evaluation import fit_temperature, log_softmax, negative_log_likelihood, softmax
from inklab.evaluation.temperature import COLDEST, HOTTEST

SEEDS = st.integers(0, 2**32 - 1)


def answers(seed: int, n: int = 200) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return logits of a network that is right now and then, and as sure as chance has it."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 10, n)
    logits = generator.normal(size=(n, 10)) + 2 * np.eye(10)[labels]
    return logits * np.exp(generator.normal()), labels


def test_by_hand() -> None:
    # Two classes, right three times of four: the best probability is 3/4, so log 9 / T = log 3 and T = 2.
    logits = np.log(np.array([[9.0, 1.0]] * 4))
    assert fit_temperature(logits, np.array([0, 0, 0, 1])) == pytest.approx(2, rel=1e-5)


@given(seed=SEEDS)
@settings(max_examples=30, deadline=None)
def test_as_scipy_finds_it(seed: int) -> None:
    logits, labels = answers(seed)

    def loss(log_temperature: float) -> float:
        return float(-log_softmax(logits / np.exp(log_temperature))[np.arange(len(labels)), labels].mean())

    expected = minimize_scalar(loss, bounds=(np.log(COLDEST), np.log(HOTTEST)), method="bounded").x
    # scipy stops at 1e-5 of log T, and near the bottom the loss is flat to float64
    assert fit_temperature(logits, labels) == pytest.approx(np.exp(expected), rel=1e-4)


@given(seed=SEEDS)
@settings(max_examples=30, deadline=None)
def test_the_answers_stay_and_the_loss_never_grows(seed: int) -> None:
    logits, labels = answers(seed, n=20)
    cooled = logits / fit_temperature(logits, labels)
    assert (cooled.argmax(axis=1) == logits.argmax(axis=1)).all()
    assert negative_log_likelihood(cooled, labels) <= negative_log_likelihood(logits, labels)


def test_a_network_that_was_heated_is_cooled_by_as_much() -> None:
    logits, labels = answers(seed=1)
    once = fit_temperature(logits, labels)
    assert fit_temperature(3 * logits, labels) == pytest.approx(3 * once, rel=1e-4)


def test_labels_drawn_from_the_probabilities_need_no_temperature() -> None:
    generator = np.random.default_rng(0)
    logits = generator.normal(scale=2, size=(20_000, 10))
    labels = (softmax(logits).cumsum(axis=1) < generator.random((20_000, 1))).sum(axis=1)
    assert fit_temperature(logits, labels) == pytest.approx(1, abs=0.02)


def test_it_ends_where_there_is_no_best() -> None:
    right, wrong = np.array([0, 1]), np.array([1, 0])
    assert fit_temperature(np.eye(2), right) == pytest.approx(COLDEST, rel=1e-4)
    assert fit_temperature(np.eye(2), wrong) == pytest.approx(HOTTEST, rel=1e-4)
    assert fit_temperature(np.zeros((2, 2)), right) == 1  # all temperatures are equally good
    assert fit_temperature(np.eye(2, dtype=np.float32) * 1e37, right) > 0  # no overflow on the way


def test_refused() -> None:
    with pytest.raises(DataError, match=r"labels have shape \(2,\); expected \(3,\)"):
        fit_temperature(np.zeros((3, 10)), np.array([1, 2]))
    with pytest.raises(DataError, match="logits reach nan"):
        fit_temperature(np.full((1, 10), np.nan), np.array([1]))
