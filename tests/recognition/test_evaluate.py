"""Evaluate artifacts: the report, the prediction sets, and the refusals by hand."""

import json

import numpy as np
import pytest

from inklab.evaluation import Coverage, evaluate
from inklab.recognition import Calibration, evaluate_artifact


def test_a_report_by_hand() -> None:
    # Digits 0 to 3: 0 and 1 are confident and correct, 2 is confused with 7, and 3 is uniform.
    probabilities = np.full((4, 10), 0.01)
    probabilities[[0, 1], [0, 1]] = 0.91
    probabilities[2, [2, 7]] = 0.42, 0.5
    probabilities[3] = 0.1
    logits = 3 * np.log(probabilities)
    calibration = Calibration(
        temperature=3.0, thresholds={0.01: 0.4, 0.001: 0.1}, rejection_threshold=3 * np.log(0.2)
    )
    result = evaluate_artifact(logits, np.arange(4), calibration, data="mine", split="test")
    assert result.report == evaluate(np.log(probabilities), np.arange(4), data="mine", split="test")
    assert (result.report.errors, result.refused, result.accepted_correct) == (2, 1, 2)
    assert result.coverages == {
        0.01: Coverage(n=4, covered=4, single=2),
        0.001: Coverage(n=4, covered=4, single=2),
    }
    metrics = result.metrics()
    assert (metrics["n"], metrics["accuracy"], metrics["refused"], metrics["accepted_correct"]) == (
        4,
        0.5,
        0.25,
        0.5,
    )
    assert metrics["coverage_at_0.01"] == 1
    document = json.loads(json.dumps(result.to_dict()))
    assert document["prediction_sets"]["0.01"]["coverage"] == 1
    assert "1 of 4 refused as no digit; accepted and correct: 50.00%." in str(result)


def test_the_report_ignores_the_eleventh_logit() -> None:
    logits = np.zeros((2, 11), np.float32)
    logits[[0, 1], [4, 5]] = 10
    logits[1, 10] = 20
    calibration = Calibration(temperature=1.0, thresholds={}, rejection_threshold=0.0)
    result = evaluate_artifact(logits, np.array([4, 5]), calibration)
    assert (result.report.errors, result.refused, result.accepted_correct) == (0, 1, 1)
    assert result.report.nll == pytest.approx(np.log(1 + 9 * np.exp(-10)))
