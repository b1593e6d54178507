"""Softmax: logits to probabilities. No other module computes it."""

import numpy as np
from numpy.typing import NDArray

from inklab.evaluation.array_checks import Floats, check_logits


def softmax(logits: Floats) -> NDArray[np.float64]:
    """Return the probability of each class, (n, k) float64, for finite logits (n, k) float.

        softmax(z)_j = exp(z_j - max z) / sum_i exp(z_i - max z)

    Subtracting the maximum changes nothing, but keeps exp from overflowing.

    Raises:
        DataError: logits of another shape, or not finite.

    Source: Bridle 1990, Probabilistic Interpretation of Feedforward Classification Network Outputs.

    >>> softmax(np.array([[0.0, 0.0], [1e4, -1e4]])).tolist()
    [[0.5, 0.5], [1.0, 0.0]]
    """
    powers = np.exp(_subtract_max(logits))
    total: NDArray[np.float64] = powers.sum(axis=1, keepdims=True)  # (n, 1), at least 1
    return powers / total


def log_softmax(logits: Floats) -> NDArray[np.float64]:
    """Return the logarithm of `softmax`, finite even where the probability underflows to 0.

        log_softmax(z)_j = z_j - max z - log sum_i exp(z_i - max z)

    Both arrays are (n, k); the result is float64, at most 0, in nats.

    Raises:
        DataError: logits of another shape, or not finite.

    >>> log_softmax(np.array([[1e4, -1e4]])).tolist()
    [[0.0, -20000.0]]
    """
    shifted = _subtract_max(logits)
    total: NDArray[np.float64] = np.exp(shifted).sum(axis=1, keepdims=True)  # (n, 1), at least 1
    return shifted - np.log(total)


def _subtract_max(logits: Floats) -> NDArray[np.float64]:
    check_logits(logits)
    in_float64 = logits.astype(np.float64)  # first: the difference of two float32 can overflow float32
    largest: NDArray[np.float64] = in_float64.max(axis=1, keepdims=True)  # (n, 1)
    return in_float64 - largest
