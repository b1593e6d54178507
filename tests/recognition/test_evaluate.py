import json

import numpy as np
import pytest

from inklab.evaluation import Coverage, evaluate
from inklab.recognition import Calibration, evaluate_artifact


def test_by_hand() -> None:
    # Digits 0 to 3, of which 0 and 1 are right for sure, 2 is torn and 3 is not seen at all.
    probabilities = np.full((4, 10), 0.01)
    probabilities[[0, 1], [0, 1]] = 0.91
    probabilities[2, [2, 7]] = 0.42, 0.5
    probabilities[3] = 0.1
    logits = 3 * np.log(probabilities)
    calibration = Calibration(
        temperature=3.0, thresholds={0.01: 0.4, 0.001: 0.1}, rejection_threshold=3 * np.log(0.2)
    )
    found = evaluate_artifact(logits, np.arange(4), calibration, data="mine", split="test")
    assert found.report == evaluate(np.log(probabilities), np.arange(4), data="mine", split="test")
    assert (found.report.errors, found.refused, found.accepted_correct) == (2, 1, 2)
    assert found.coverages == {
        0.01: Coverage(n=4, covered=3, empty=1, single=2),
        0.001: Coverage(n=4, covered=4, empty=0, single=2),
    }
    metrics = found.metrics()
    assert (metrics["n"], metrics["accuracy"], metrics["refused"], metrics["accepted_correct"]) == (
        4,
        0.5,
        0.25,
        0.5,
    )
    assert metrics["coverage_at_0.01"] == 0.75
    document = json.loads(json.dumps(found.to_dict()))
    assert document["sets"]["0.01"]["coverage"] == 0.75
    assert "1 of 4 refused as no digit; read, and rightly, 50.00%." in str(found)


def test_an_eleventh_logit_takes_no_part_in_the_report() -> None:
    logits = np.zeros((2, 11), np.float32)
    logits[[0, 1], [4, 5]] = 10
    logits[1, 10] = 20
    calibration = Calibration(temperature=1.0, thresholds={}, rejection_threshold=0.0)
    found = evaluate_artifact(logits, np.array([4, 5]), calibration)
    assert (found.report.errors, found.refused, found.accepted_correct) == (0, 1, 1)
    assert found.report.nll == pytest.approx(np.log(1 + 9 * np.exp(-10)))
