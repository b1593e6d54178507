"""Metrics of a classifier: accuracy and its interval, likelihood, confusion matrix, precision, recall."""

from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from inklab.errors import DataError
from inklab.evaluation.array_checks import Floats, Ints, check_labels
from inklab.evaluation.probabilities import log_softmax


def accuracy(y_true: Ints, y_pred: Ints) -> float:
    """Return the fraction of images whose predicted class is their label; both arrays are (n,) int.

    Raises:
        DataError: no images, or arrays that do not match.

    >>> accuracy(np.array([7, 2, 1, 6]), np.array([7, 2, 1, 0]))
    0.75
    """
    check_labels("y_true", y_true, y_true.size)
    check_labels("y_pred", y_pred, y_true.size)
    return float(np.mean(y_pred == y_true))


def wilson_interval(successes: int, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the Wilson score interval of a success rate: low <= p <= high, fractions in [0, 1].

        (p + z²/2n ± z sqrt(p(1 - p)/n + z²/4n²)) / (1 + z²/n),    p = successes/n

    z is the normal quantile at (1 + confidence)/2, 1.96 for 95%. Unlike p ± z sqrt(p(1 - p)/n), the
    interval stays inside [0, 1] and has a positive width even if every trial succeeds.

    Raises:
        DataError: no trials, or `successes` outside [0, n].
        ValueError: a confidence outside (0, 1).

    Source: Wilson 1927, Probable Inference, the Law of Succession, and Statistical Inference.

    >>> low, high = wilson_interval(9673, 10_000)
    >>> f"{low:.4f} to {high:.4f}"
    '0.9636 to 0.9706'
    """
    if n < 1 or not 0 <= successes <= n:
        raise DataError(
            f"{successes} successes in {n} trials; expected at least 1 trial and 0 to n successes"
        )
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; expected a fraction between 0 and 1")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    p = successes / n
    center = p + z**2 / (2 * n)
    half_width = z * sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    scale = 1 + z**2 / n
    low, high = (center - half_width) / scale, (center + half_width) / scale
    return min(max(low, 0.0), p), max(min(high, 1.0), p)  # rounding must not exclude p or leave [0, 1]


def negative_log_likelihood(logits: Floats, labels: Ints) -> float:
    """Return the mean negative log-likelihood of the labels in nats per image (log loss, cross-entropy).

        NLL = -1/n sum_i log softmax(z_i)[y_i]

    The logits are (n, k) float, finite; the labels are (n,) int in [0, k).

    Raises:
        DataError: no images, arrays that do not match, or values out of range.

    >>> round(negative_log_likelihood(np.zeros((3, 10)), np.array([7, 2, 1])), 6)  # log 10
    2.302585
    """
    log_probabilities = log_softmax(logits)
    n, k = log_probabilities.shape
    check_labels("labels", labels, n, classes=k)
    return float(np.mean(0.0 - log_probabilities[np.arange(n), labels]))  # 0 - x: certainty gives 0, not -0


def confusion_matrix(y_true: Ints, y_pred: Ints, *, classes: int = 10) -> NDArray[np.int64]:
    """Count the images by label (row) and predicted class (column): (classes, classes) int64.

    The labels and the predicted classes are (n,) int in [0, classes).

    Raises:
        DataError: no images, arrays that do not match, or classes out of range.

    >>> confusion_matrix(np.array([0, 1, 1]), np.array([0, 0, 1]), classes=2).tolist()
    [[1, 0], [1, 1]]
    """
    check_labels("y_true", y_true, y_true.size, classes=classes)
    check_labels("y_pred", y_pred, y_true.size, classes=classes)
    cell = y_true.astype(np.int64) * classes + y_pred.astype(np.int64)  # uint8 would wrap at 256
    return np.bincount(cell, minlength=classes**2).reshape(classes, classes)


def precision(confusion: Ints) -> NDArray[np.float64]:
    """Return the precision (k,) of a confusion matrix (k, k): correct / predictions, 0 without predictions.

    >>> precision(np.array([[1, 0], [1, 1]])).tolist()
    [0.5, 1.0]
    """
    return _fraction_correct(confusion, axis=0)


def recall(confusion: Ints) -> NDArray[np.float64]:
    """Return the recall (k,) of a confusion matrix (k, k): correct / images of the class, 0 without images.

    >>> recall(np.array([[1, 0], [1, 1]])).tolist()
    [1.0, 0.5]
    """
    return _fraction_correct(confusion, axis=1)


def f1_score(confusion: Ints) -> NDArray[np.float64]:
    """Return the F1 scores (k,) of a confusion matrix (k, k), 0 if no image of the class is correct.

        F1 = 2 precision recall / (precision + recall)

    >>> f1_score(np.array([[1, 0], [1, 3]])).round(3).tolist()
    [0.667, 0.857]
    """
    p, r = precision(confusion), recall(confusion)
    return np.divide(2 * p * r, p + r, out=np.zeros(len(p)), where=p + r > 0)


def _fraction_correct(confusion: Ints, *, axis: int) -> NDArray[np.float64]:
    if confusion.shape != (len(confusion), len(confusion)):
        raise DataError(f"the confusion matrix has shape {confusion.shape}; expected (k, k)")
    correct: Ints = np.diagonal(confusion)
    totals: Ints = confusion.sum(axis=axis)
    return np.divide(correct, totals, out=np.zeros(len(correct)), where=totals > 0)
