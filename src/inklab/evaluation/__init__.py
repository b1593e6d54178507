"""Numpy in, numbers out: how good a classifier is, and how well it knows that."""

from inklab.evaluation.calibration import expected_calibration_error
from inklab.evaluation.mcnemar import McNemar, mcnemar
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
from inklab.evaluation.votes import CommitteeErrors, errors_by_columns, majority_vote, mean_vote

__all__ = [
    "CommitteeErrors",
    "McNemar",
    "Mistake",
    "Report",
    "accuracy",
    "confusion_matrix",
    "errors_by_columns",
    "evaluate",
    "expected_calibration_error",
    "log_softmax",
    "majority_vote",
    "mcnemar",
    "mean_vote",
    "negative_log_likelihood",
    "precision",
    "recall",
    "softmax",
    "wilson_interval",
]
