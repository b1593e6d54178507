"""Numpy in, numbers out: how good a classifier is, and how well it knows that."""

from inklab.evaluation.calibration import expected_calibration_error
from inklab.evaluation.metrics import (
    accuracy,
    confusion_matrix,
    negative_log_likelihood,
    precision,
    recall,
    wilson_interval,
)
from inklab.evaluation.probability import log_softmax, softmax
from inklab.evaluation.report import Mistake, Report, evaluate

__all__ = [
    "Mistake",
    "Report",
    "accuracy",
    "confusion_matrix",
    "evaluate",
    "expected_calibration_error",
    "log_softmax",
    "negative_log_likelihood",
    "precision",
    "recall",
    "softmax",
    "wilson_interval",
]
