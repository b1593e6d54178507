"""How often a classifier is right, how sure that figure is, and where it errs."""

from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from inklab.errors import DataError
from inklab.evaluation.array_checks import Floats, Ints, check_labels, check_range
from inklab.evaluation.probabilities import log_softmax


def accuracy(predicted: Ints, labels: Ints) -> float:
    """Return the fraction of images whose predicted class is their label.

    Args:
        predicted: (n,) int.
        labels: (n,) int.

    Returns:
        A fraction in [0, 1].

    Raises:
        DataError: no images, or arrays that do not match.

    >>> accuracy(np.array([7, 2, 1, 0]), np.array([7, 2, 1, 6]))
    0.75
    """
    check_labels("labels", labels, labels.size)
    check_labels("predicted classes", predicted, labels.size)
    return float(np.mean(predicted == labels))


def wilson_interval(successes: int, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval of success rates that `successes` in `n` trials do not contradict.

        (p + z²/2n ± z sqrt(p(1 - p)/n + z²/4n²)) / (1 + z²/n),    p = successes/n

    z is the normal quantile at (1 + confidence)/2, 1.96 for 95%. Unlike p ± z sqrt(p(1 - p)/n), the
    interval stays inside [0, 1] and keeps a width where every answer is right.

    Args:
        successes: a count in [0, n].
        n: the number of trials, at least 1.
        confidence: the share of such intervals that hold the true rate, in (0, 1).

    Returns:
        The low and the high end, fractions in [0, 1] with p between them.

    Raises:
        DataError: counts for which there is no rate.
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
    centre = p + z**2 / (2 * n)
    reach = z * sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    scale = 1 + z**2 / n
    low, high = (centre - reach) / scale, (centre + reach) / scale
    return min(max(low, 0.0), p), max(min(high, 1.0), p)  # rounding must not leave p, or [0, 1], outside


def negative_log_likelihood(logits: Floats, labels: Ints) -> float:
    """Return the mean surprise at the true labels.

        NLL = -1/n sum_i log softmax(z_i)[y_i]

    Args:
        logits: (n, k) float, finite.
        labels: (n,) int in [0, k).

    Returns:
        Nats per image, at least 0; log k for a classifier that knows nothing.

    Raises:
        DataError: no images, arrays that do not match, or values out of range.

    >>> round(negative_log_likelihood(np.zeros((3, 10)), np.array([7, 2, 1])), 6)  # log 10
    2.302585
    """
    log_probabilities = log_softmax(logits)
    n, k = log_probabilities.shape
    check_labels("labels", labels, n)
    check_range("labels", labels, k)
    return float(np.mean(0.0 - log_probabilities[np.arange(n), labels]))  # 0 - x: certainty costs 0, not -0


def confusion_matrix(labels: Ints, predicted: Ints, *, classes: int = 10) -> NDArray[np.int64]:
    """Count the images of each class that were taken for each class.

    Args:
        labels: (n,) int in [0, classes).
        predicted: (n,) int in [0, classes).
        classes: the number of classes.

    Returns:
        (classes, classes) int64; the row is the true class, the column the predicted one.

    Raises:
        DataError: no images, arrays that do not match, or classes out of range.

    >>> confusion_matrix(np.array([0, 1, 1]), np.array([0, 0, 1]), classes=2).tolist()
    [[1, 0], [1, 1]]
    """
    for name, values in (("labels", labels), ("predicted classes", predicted)):
        check_labels(name, values, labels.size)
        check_range(name, values, classes)
    cell = labels.astype(np.int64) * classes + predicted.astype(np.int64)  # uint8 labels would wrap at 256
    return np.bincount(cell, minlength=classes**2).reshape(classes, classes)


def precision(confusion: Ints) -> NDArray[np.float64]:
    """Return, for each class, the share of its predictions that are right.

    Args:
        confusion: (k, k) counts as `confusion_matrix` returns them.

    Returns:
        (k,) float64 fractions; 0 for a class that was never predicted.

    Raises:
        DataError: a matrix that is not square.

    >>> precision(np.array([[1, 0], [1, 1]])).tolist()
    [0.5, 1.0]
    """
    return _share_right(confusion, confusion.sum(axis=0))


def recall(confusion: Ints) -> NDArray[np.float64]:
    """Return, for each class, the share of its images that were found.

    Args:
        confusion: (k, k) counts as `confusion_matrix` returns them.

    Returns:
        (k,) float64 fractions; 0 for a class that has no images.

    Raises:
        DataError: a matrix that is not square.

    >>> recall(np.array([[1, 0], [1, 1]])).tolist()
    [1.0, 0.5]
    """
    return _share_right(confusion, confusion.sum(axis=-1))


def f1_score(confusion: Ints) -> NDArray[np.float64]:
    """Return, for each class, the harmonic mean of its precision and its recall.

        F1 = 2 precision recall / (precision + recall)

    Args:
        confusion: (k, k) counts as `confusion_matrix` returns them.

    Returns:
        (k,) float64 fractions; 0 for a class of which nothing was found.

    Raises:
        DataError: a matrix that is not square.

    >>> f1_score(np.array([[1, 0], [1, 3]])).round(3).tolist()
    [0.667, 0.857]
    """
    exact, found = precision(confusion), recall(confusion)
    return np.divide(2 * exact * found, exact + found, out=np.zeros(len(exact)), where=exact + found > 0)


def _share_right(confusion: Ints, totals: Ints) -> NDArray[np.float64]:
    if confusion.shape != (len(confusion), len(confusion)):
        raise DataError(f"the confusion matrix has shape {confusion.shape}; expected (k, k)")
    right = np.diagonal(confusion)
    return np.divide(right, totals, out=np.zeros(len(right)), where=totals > 0)
