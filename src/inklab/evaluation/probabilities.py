"""Logits to probabilities: the one place where softmax happens."""

import numpy as np
from numpy.typing import NDArray

from inklab.evaluation.array_checks import Floats, check_logits


def softmax(logits: Floats) -> NDArray[np.float64]:
    """Return the probability of each class.

        softmax(z)_j = exp(z_j - max z) / sum_i exp(z_i - max z)

    Taking the largest logit away changes nothing but keeps exp from overflowing.

    Args:
        logits: (n, k) float, finite.

    Returns:
        (n, k) float64, rows sum to 1.

    Raises:
        DataError: logits of another shape, or not finite.

    Source: Bridle 1990, Probabilistic Interpretation of Feedforward Classification Network Outputs.

    >>> softmax(np.array([[0.0, 0.0], [1e4, -1e4]])).tolist()
    [[0.5, 0.5], [1.0, 0.0]]
    """
    powers = np.exp(_below_zero(logits))
    total: NDArray[np.float64] = powers.sum(axis=1, keepdims=True)  # (n, 1), at least 1
    return powers / total


def log_softmax(logits: Floats) -> NDArray[np.float64]:
    """Return the logarithm of `softmax`, finite where the probability itself underflows to 0.

        log_softmax(z)_j = z_j - max z - log sum_i exp(z_i - max z)

    Args:
        logits: (n, k) float, finite.

    Returns:
        (n, k) float64, at most 0, in nats.

    Raises:
        DataError: logits of another shape, or not finite.

    >>> log_softmax(np.array([[1e4, -1e4]])).tolist()
    [[0.0, -20000.0]]
    """
    below = _below_zero(logits)
    total: NDArray[np.float64] = np.exp(below).sum(axis=1, keepdims=True)  # (n, 1), at least 1
    return below - np.log(total)


def _below_zero(logits: Floats) -> NDArray[np.float64]:
    check_logits(logits)
    exact = logits.astype(np.float64)  # first: the difference of two float32 can overflow float32
    largest: NDArray[np.float64] = exact.max(axis=1, keepdims=True)  # (n, 1)
    return exact - largest
