"""Calibration: probabilities and scores by hand, and the properties of a fit."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from inklab.errors import DataError
from inklab.evaluation import conformal_thresholds, fit_temperature, softmax
from inklab.recognition import Calibration

CALIBRATION = Calibration(
    temperature=2.0, thresholds={0.01: 0.5, 0.005: 0.2, 0.001: 0.01}, rejection_threshold=0.6
)


def random_logits(
    seed: int, n: int = 1000, outputs: int = 10
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 10, n)
    logits = generator.normal(scale=2, size=(n, outputs)) + 6 * np.eye(10, outputs)[labels]
    return logits.astype(np.float32), labels


def test_probabilities_and_scores_by_hand() -> None:
    logits = np.zeros((2, 10), np.float32)
    logits[0, 7] = 2 * np.log(9)  # divided by the temperature 2: nine times as probable as each other digit
    assert_allclose(CALIBRATION.probabilities(logits)[0, [7, 1]], [9 / 18, 1 / 18], rtol=1e-6)
    assert_allclose(CALIBRATION.scale(logits)[0, [7, 1]], [np.log(9), 0], rtol=1e-6)
    assert_allclose(CALIBRATION.scores(logits), [2 * np.log(9), 0], rtol=1e-6)


def test_an_eleventh_logit_lowers_the_score() -> None:
    logits = np.zeros((1, 11), np.float32)
    logits[0, [3, 10]] = 5, 7
    assert CALIBRATION.scores(logits).tolist() == [-2]
    logits[0, 3] = 0
    assert CALIBRATION.scale(logits).shape == (1, 10)
    assert_allclose(
        CALIBRATION.probabilities(logits), np.full((1, 10), 0.1), rtol=1e-6
    )  # given that it is a digit


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 2000), outputs=st.sampled_from([10, 11]))
@settings(max_examples=30, deadline=None)
def test_a_fit_refuses_the_stated_fraction_and_keeps_the_argmax(seed: int, n: int, outputs: int) -> None:
    logits, labels = random_logits(seed, n, outputs)
    calibration = Calibration.fit(logits, labels)
    refused = int((calibration.scores(logits) < calibration.rejection_threshold).sum())
    assert calibration.scores(logits).dtype == np.float64
    assert refused == int(0.01 * n), "the scores differ, so exactly the stated fraction is refused"
    assert calibration.temperature == fit_temperature(logits[:, :10], labels)
    probabilities = softmax(logits[:, :10].astype(np.float64) / calibration.temperature)
    assert calibration.thresholds == conformal_thresholds(probabilities, labels)
    assert_array_equal(calibration.probabilities(logits).argmax(axis=1), logits[:, :10].argmax(axis=1))
    assert_allclose(calibration.probabilities(logits).sum(axis=1), 1)
    assert Calibration.from_dict(json.loads(json.dumps(calibration.to_dict()))) == calibration


def test_equal_scores_are_never_refused() -> None:
    logits, labels = np.zeros((1000, 10), np.float32), np.arange(1000) % 10
    calibration = Calibration.fit(logits, labels)
    assert not (calibration.scores(logits) < calibration.rejection_threshold).any()


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("temperature", 0, "temperature is 0.0; expected a positive number"),
        ("temperature", -1, "temperature is -1; expected a number from 0 to 1000"),
        ("temperature", float("nan"), "temperature is nan"),
        ("temperature", "1", "temperature is '1'; expected a number"),
        ("thresholds", {}, "thresholds lacks 0.001, 0.005, 0.01"),
        (
            "thresholds",
            {"0.01": 2, "0.005": 0, "0.001": 0},
            "a threshold is 2; expected a number from 0 to 1",
        ),
        ("rejection_threshold", float("inf"), "rejection_threshold is inf; expected a number"),
        ("other", 1, "calibration has no field 'other'"),
    ],
)
def test_invalid_fields_are_refused(field: str, value: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Calibration.from_dict({**CALIBRATION.to_dict(), field: value})


def test_a_prediction_set_has_the_most_probable_digit_and_those_above_the_threshold() -> None:
    probabilities = np.array([[0.4, 0.3, 0.3, *7 * [0.0]], [0.75, 0.25, *8 * [0.0]]])
    sets = CALIBRATION.prediction_sets(probabilities)
    assert [np.flatnonzero(row).tolist() for row in sets[0.01]] == [[0], [0]]
    assert [np.flatnonzero(row).tolist() for row in sets[0.005]] == [[0, 1, 2], [0, 1]]
