"""Temperature scaling: divide the logits by one number so that confidence matches accuracy."""

from functools import cache
from math import exp, log, sqrt

import numpy as np

from inklab.evaluation.array_checks import Floats, Ints
from inklab.evaluation.metrics import negative_log_likelihood

MIN_TEMPERATURE, MAX_TEMPERATURE = 1 / 20, 20.0
"""The bounds of the search: if every image is classified correctly, the best temperature would be 0."""

_GOLDEN_RATIO = (sqrt(5) - 1) / 2  # a step keeps this part of the interval, and one of its inner points
_TOLERANCE = 1e-6  # of log T: closer, float64 cannot distinguish the losses of two temperatures


def fit_temperature(logits: Floats, labels: Ints) -> float:
    """Return the temperature, from 1/20 to 20, that minimizes the negative log-likelihood of the labels.

        T = argmin_T  -1/n sum_i log softmax(z_i / T)[y_i]

    T is above 1 for an overconfident network. It changes no predicted class, and the loss on these images is
    never larger than that of T = 1. The loss is convex in 1/T, so golden-section search finds its minimum.
    Use images that the network was not trained on: logits (n, k) float, finite; labels (n,) int in [0, k).

    Raises:
        DataError: no images, arrays that do not match, or values out of range.

    Source: Guo et al. 2017, On Calibration of Modern Neural Networks, section 4.2; Kiefer 1953, Sequential
    Minimax Search for a Maximum.

    >>> logits = np.log([[0.99, 0.01]] * 4)  # confidence 99%, accuracy 75%
    >>> round(fit_temperature(logits, np.array([0, 0, 0, 1])), 3)  # log 99 / log 3
    4.183
    """

    @cache
    def loss(log_temperature: float) -> float:
        return negative_log_likelihood(logits.astype(np.float64) / exp(log_temperature), labels)

    low, high = log(MIN_TEMPERATURE), log(MAX_TEMPERATURE)
    left, right = high - _GOLDEN_RATIO * (high - low), low + _GOLDEN_RATIO * (high - low)
    while high - low > _TOLERANCE:
        if loss(left) <= loss(right):
            high, right = right, left
            left = high - _GOLDEN_RATIO * (high - low)
        else:
            low, left = left, right
            right = low + _GOLDEN_RATIO * (high - low)
    best = (low + high) / 2
    return exp(best) if loss(best) < loss(0.0) else 1.0
