"""Temperature: one number by which logits are divided, so that confidence is neither too high nor too low."""

from math import exp, log, sqrt

import numpy as np

from inklab.evaluation.array_checks import Floats, Ints
from inklab.evaluation.metrics import negative_log_likelihood

COLDEST, HOTTEST = 1 / 20, 20.0
"""The search stays between these: of answers that are all right, the best temperature would be 0."""

_GOLDEN = (sqrt(5) - 1) / 2  # each step keeps this part of the interval, and one of its two inner points
_PRECISE_ENOUGH = 1e-6  # of log T: nearer, the loss is so flat that float64 tells no two temperatures apart


def fit_temperature(logits: Floats, labels: Ints) -> float:
    """Return the temperature that makes the true labels least surprising.

        T = argmin_T  -1/n sum_i log softmax(z_i / T)[y_i]

    Dividing by T > 0 changes no answer, only how sure it is. The loss is convex in 1/T, so it has one
    valley over log T, and golden-section search finds its bottom without a derivative.

    Args:
        logits: (n, k) float, finite, of images that the network did not learn from.
        labels: (n,) int in [0, k).

    Returns:
        A number from 1/20 to 20, above 1 for a network that is too sure; its loss on these images is never
        larger than that of T = 1.

    Raises:
        DataError: no images, arrays that do not match, or values out of range.

    Source: Guo et al. 2017, On Calibration of Modern Neural Networks, section 4.2; Kiefer 1953, Sequential
    Minimax Search for a Maximum.

    >>> logits = np.log([[0.99, 0.01]] * 4)  # 99% sure, and right three times of four
    >>> round(fit_temperature(logits, np.array([0, 0, 0, 1])), 3)  # log 99 / log 3
    4.183
    """

    def loss(log_temperature: float) -> float:
        return negative_log_likelihood(logits.astype(np.float64) / exp(log_temperature), labels)

    low, high = log(COLDEST), log(HOTTEST)
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = loss(left), loss(right)
    while high - low > _PRECISE_ENOUGH:
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = loss(right)
    found = (low + high) / 2
    return exp(found) if loss(found) < loss(0.0) else 1.0
