"""Predictions by hand: confident, confused, and refused images."""

import numpy as np
import pytest

from inklab.errors import DataError
from inklab.recognition import Calibration, Prediction, predictions_from_logits

CALIBRATION = Calibration(
    temperature=1.0, thresholds={0.01: 0.5, 0.005: 0.25, 0.001: 0.0}, rejection_threshold=-0.8
)  # about log 0.45


def logits(*probabilities: float) -> np.ndarray:
    rest = (1 - sum(probabilities)) / (10 - len(probabilities))
    return np.log([[*probabilities, *[rest] * (10 - len(probabilities))]])


def test_predictions_by_hand() -> None:
    confident, confused, refused = predictions_from_logits(
        np.concatenate([logits(0.05, 0.9), logits(0.48, 0.26), logits(0.1, 0.1)]), CALIBRATION
    )
    assert (confident.digit, confident.reason) == (1, "")
    assert confident.confidence == pytest.approx(0.9)
    assert sum(confident.probabilities) == pytest.approx(1)
    assert [confident.prediction_set(error_rate=rate) for rate in (0.01, 0.005)] == [(1,), (1,)]
    assert confident.prediction_set(error_rate=0.001) == tuple(range(10)), (
        "a threshold of 0 admits every digit"
    )

    assert (
        confused.digit,
        confused.prediction_set(error_rate=0.01),
        confused.prediction_set(error_rate=0.005),
    ) == (0, (0,), (0, 1)), "a set has the most probable digit, whatever the threshold"

    assert (refused.digit, refused.confidence, refused.reason) == (None, 0.0, "no digit")
    assert refused.prediction_set(error_rate=0.001) == (), "a refused image has an empty set"
    assert refused.probabilities == pytest.approx([0.1] * 10), "probabilities given that it is a digit"


def test_a_picture_without_an_image_has_an_empty_set() -> None:
    blank = Prediction(reason="blank")
    assert (blank.digit, blank.probabilities, blank.prediction_set(error_rate=0.01)) == (None, (), ())


def test_an_error_rate_that_was_not_calibrated_is_refused() -> None:
    with pytest.raises(
        DataError, match=r"the error rate is 0.02; expected a calibrated rate: 0.01, 0.005, 0.001"
    ):
        predictions_from_logits(logits(0.9), CALIBRATION)[0].prediction_set(error_rate=0.02)
