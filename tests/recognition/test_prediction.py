import numpy as np
import pytest

from inklab.errors import DataError
from inklab.recognition import Calibration, Prediction, predictions_from_logits

DOUBT = Calibration(
    temperature=1.0, thresholds={0.01: 0.5, 0.005: 0.25, 0.001: 0.0}, rejection_threshold=-0.8
)  # log 0.45 or so


def logits(*probabilities: float) -> np.ndarray:
    rest = (1 - sum(probabilities)) / (10 - len(probabilities))
    return np.log([[*probabilities, *[rest] * (10 - len(probabilities))]])


def test_by_hand() -> None:
    sure, torn, lost = predictions_from_logits(
        np.concatenate([logits(0.05, 0.9), logits(0.48, 0.26), logits(0.1, 0.1)]), DOUBT
    )
    assert (sure.digit, sure.reason) == (1, "")
    assert sure.confidence == pytest.approx(0.9)
    assert sum(sure.probabilities) == pytest.approx(1)
    assert [sure.prediction_set(rate) for rate in (0.01, 0.005)] == [(1,), (1,)]
    assert sure.prediction_set(0.001) == tuple(range(10)), "a threshold of 0 lets every digit in"

    assert (torn.digit, torn.prediction_set(0.01), torn.prediction_set(0.005)) == (0, (), (0, 1))

    assert (lost.digit, lost.confidence, lost.reason) == (None, 0.0, "no digit")
    assert lost.prediction_set(0.001) == (), "what is no digit is none of the ten"
    assert lost.probabilities == pytest.approx([0.1] * 10), "what it would have been, if it is a digit"


def test_without_an_image_there_is_no_set() -> None:
    blank = Prediction(reason="blank")
    assert (blank.digit, blank.probabilities, blank.prediction_set(0.01)) == (None, (), ())


def test_a_rate_that_was_not_calibrated() -> None:
    with pytest.raises(DataError, match=r"the error rate is 0.02; expected one of .*, which were calibrated"):
        predictions_from_logits(logits(0.9), DOUBT)[0].prediction_set(0.02)
