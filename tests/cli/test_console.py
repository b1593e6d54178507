"""Terminal: what is printed of a report."""

import numpy as np

from inklab.cli.console import per_digit
from inklab.evaluation import evaluate


def test_a_digit_that_did_not_come_has_a_dash() -> None:
    labels = np.array([0, 0, 1, 1])
    logits = np.eye(10, dtype=np.float32)[[0, 3, 1, 1]]
    lines = per_digit(evaluate(logits, labels)).splitlines()
    assert [line.split() for line in lines[1:5]] == [
        ["0", "100.00%", "50.00%", "3", "(1)"],
        ["1", "100.00%", "100.00%"],
        ["2", "-", "-"],
        ["3", "0.00%", "-"],
    ]
