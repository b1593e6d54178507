"""The table of precision and recall."""

import numpy as np

from inklab.cli.console import format_digits
from inklab.evaluation import evaluate


def test_an_undefined_value_is_a_dash() -> None:
    labels = np.array([0, 0, 1, 1])
    logits = np.eye(10, dtype=np.float32)[[0, 3, 1, 1]]
    lines = format_digits(evaluate(logits, labels)).splitlines()
    assert [line.split() for line in lines[1:5]] == [
        ["0", "100.00%", "50.00%", "3", "(1)"],
        ["1", "100.00%", "100.00%"],
        ["2", "-", "-"],
        ["3", "0.00%", "-"],
    ]
