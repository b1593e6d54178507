"""Votes of an ensemble, and its error rate by the number of members."""

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from inklab.evaluation.array_checks import Floats, Ints, check_labels, check_probabilities

_BLOCK_SIZE = 256  # images: 200 ensembles of 10 classes then take 4 MB


@dataclass(frozen=True, kw_only=True)
class EnsembleErrors:
    """Error rates of the ensembles of one size, `members`."""

    members: int
    subsets: int
    """The number of ensembles of this size that were evaluated."""
    mean_error: float
    deviation: float
    """The population standard deviation of their error rates; 0 for a single ensemble."""


def mean_vote(probabilities: Floats) -> NDArray[np.float64]:
    """Return the mean probabilities (n, k) of m members (soft voting).

        p_ij = 1/m sum_c p_cij

    The probabilities are (m, n, k) float, rows sum to 1: member, image, class.

    Raises:
        DataError: an array of another shape, or rows that are not probabilities.

    Source: Ciresan, Meier and Schmidhuber 2012, Multi-column Deep Neural Networks for Image Classification.

    >>> mean_vote(np.array([[[1.0, 0.0]], [[0.5, 0.5]]])).tolist()
    [[0.75, 0.25]]
    """
    check_probabilities(probabilities, "(m, n, k)")
    mean: NDArray[np.float64] = probabilities.mean(axis=0, dtype=np.float64)  # (n, k)
    return mean


def majority_vote(probabilities: Floats) -> NDArray[np.int64]:
    """Return the class (n,) that most members predict (hard voting).

    If several classes have the most votes, the one with the largest mean probability over all members wins.
    Remaining ties, here and in a member's own prediction, go to the lowest class. The argument and the errors
    are those of `mean_vote`.

    Source: Hansen and Salamon 1990, Neural Network Ensembles.

    >>> members = np.array([[[0.6, 0.4]], [[0.6, 0.4]], [[0.0, 1.0]]])
    >>> majority_vote(members).tolist(), mean_vote(members).argmax(axis=1).tolist()
    ([0], [1])
    """
    mean = mean_vote(probabilities)  # also checks the array
    predicted = probabilities.argmax(axis=2)  # (m, n)
    votes = (predicted[..., np.newaxis] == np.arange(mean.shape[1])).sum(axis=0)  # (n, k)
    has_most = votes == votes.max(axis=1, keepdims=True)  # (n, k)
    winners: NDArray[np.int64] = np.where(has_most, mean, -1.0).argmax(axis=1)  # (n,)
    return winners


def error_by_ensemble_size(
    probabilities: Floats, labels: Ints, *, max_subsets: int = 200, seed: int = 0
) -> list[EnsembleErrors]:
    """Return the error rate of the mean vote of s members, for every s from 1 to m.

    The probabilities are (m, n, k) float, rows sum to 1: member, image, class; the labels are (n,) int in
    [0, k). The ensembles of size s are all subsets of s members, or `max_subsets` random ones if there are
    more. Subsets share members, so their error rates deviate less and less as s approaches m: the deviation
    shows how much the choice among these m members matters, not how other members would do.

    Raises:
        DataError: no images, arrays that do not match, or rows that are not probabilities.
        ValueError: `max_subsets` is below 1.

    >>> members = np.array([[[0.9, 0.1], [0.4, 0.6]], [[0.3, 0.7], [0.2, 0.8]]])
    >>> [(size.members, size.mean_error) for size in error_by_ensemble_size(members, np.array([0, 1]))]
    [(1, 0.25), (2, 0.0)]
    """
    if max_subsets < 1:
        raise ValueError(f"max_subsets is {max_subsets}; expected at least 1")
    check_probabilities(probabilities, "(m, n, k)")
    m, n, k = probabilities.shape
    check_labels("labels", labels, n, classes=k)
    predicted = probabilities.argmax(axis=2)  # (m, n)
    # Where all members agree, every ensemble agrees too: only the few other images need a vote.
    differ = (predicted != predicted[0]).any(axis=0)  # (n,)
    common_errors = np.count_nonzero(~differ & (predicted[0] != labels))
    generator = np.random.default_rng(seed)
    sizes = []
    for size in range(1, m + 1):
        subsets = _sample_subsets(m, size, max_subsets, generator)  # (q, m)
        errors = common_errors + _count_errors(subsets, probabilities[:, differ], labels[differ])  # (q,)
        mean, deviation = float(errors.mean() / n), float(errors.std() / n)
        sizes.append(EnsembleErrors(members=size, subsets=len(subsets), mean_error=mean, deviation=deviation))
    return sizes


def _sample_subsets(m: int, size: int, limit: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Return (q, m) rows that hold 1 for the members of a subset and 0 for the others."""
    chosen: set[tuple[int, ...]] = set()
    if comb(m, size) <= limit:
        chosen.update(combinations(range(m), size))
    while len(chosen) < min(limit, comb(m, size)):
        chosen.add(tuple(sorted(generator.permutation(m)[:size].tolist())))
    subsets = np.zeros((len(chosen), m))
    np.put_along_axis(subsets, np.array(sorted(chosen)), 1.0, axis=1)
    return subsets


def _count_errors(subsets: NDArray[np.float64], probabilities: Floats, labels: Ints) -> NDArray[np.int64]:
    """Return (q,) counts of the images that each ensemble classifies incorrectly."""
    m, n, k = probabilities.shape
    errors = np.zeros(len(subsets), np.int64)
    for start in range(0, n, _BLOCK_SIZE):
        block = slice(start, start + _BLOCK_SIZE)
        sums = subsets @ probabilities[:, block].reshape(m, -1)  # (q, b * k), float64 like the subsets
        predicted = sums.reshape(len(subsets), -1, k).argmax(axis=2)  # (q, b)
        errors += np.count_nonzero(predicted != labels[block], axis=1)
    return errors
