"""Metrics, calibration, prediction sets, and comparisons of classifiers, on numpy arrays.

Functions of predicted classes take (y_true, y_pred), as in scikit-learn. Functions of logits or probabilities
take those first and the labels second, as the losses of torch do.
"""

from inklab.evaluation.calibration import ConfidenceBin, confidence_bins, expected_calibration_error
from inklab.evaluation.conformal import ERROR_RATES, Coverage, conformal_thresholds, coverage, prediction_sets
from inklab.evaluation.ensemble import EnsembleErrors, error_by_ensemble_size, majority_vote, mean_vote
from inklab.evaluation.mcnemar import McNemar, mcnemar
from inklab.evaluation.metrics import (
    accuracy,
    confusion_matrix,
    f1_score,
    negative_log_likelihood,
    precision,
    recall,
    wilson_interval,
)
from inklab.evaluation.probabilities import log_softmax, softmax
from inklab.evaluation.report import Mistake, Report, evaluate
from inklab.evaluation.temperature import fit_temperature

__all__ = [
    "ERROR_RATES",
    "ConfidenceBin",
    "Coverage",
    "EnsembleErrors",
    "McNemar",
    "Mistake",
    "Report",
    "accuracy",
    "confidence_bins",
    "conformal_thresholds",
    "confusion_matrix",
    "coverage",
    "error_by_ensemble_size",
    "evaluate",
    "expected_calibration_error",
    "f1_score",
    "fit_temperature",
    "log_softmax",
    "majority_vote",
    "mcnemar",
    "mean_vote",
    "negative_log_likelihood",
    "precision",
    "prediction_sets",
    "recall",
    "softmax",
    "wilson_interval",
]
