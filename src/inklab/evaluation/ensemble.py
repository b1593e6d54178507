"""Several columns, one answer: how a committee of networks votes, and what each further member is worth."""

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from inklab.evaluation.array_checks import Floats, Ints, check_columns, check_labels, check_range

IMAGES_AT_ONCE = 256  # 200 committees of 10 classes take 4 MB then


@dataclass(frozen=True, kw_only=True)
class EnsembleErrors:
    """How often the committees of one size err."""

    columns: int
    """The size: how many columns vote together."""
    subsets: int
    """How many committees of this size were asked."""
    mean_error: float
    """The mean of their errors, each the fraction of images that are answered wrongly."""
    deviation: float
    """The population standard deviation of their errors; 0 where there is one committee."""


def mean_vote(probabilities: Floats) -> NDArray[np.float64]:
    """Return the mean of the columns' probabilities; the committee's answer is the class with the largest.

        p_ij = 1/m sum_c p_cij

    Args:
        probabilities: (m, n, k) float, rows sum to 1; one table of images by classes for each column.

    Returns:
        (n, k) float64, rows sum to 1.

    Raises:
        DataError: an array of another shape, or rows that are not probabilities.

    Source: Ciresan, Meier and Schmidhuber 2012, Multi-column Deep Neural Networks for Image Classification.

    >>> mean_vote(np.array([[[1.0, 0.0]], [[0.5, 0.5]]])).tolist()
    [[0.75, 0.25]]
    """
    check_columns(probabilities)
    mean: NDArray[np.float64] = probabilities.mean(axis=0, dtype=np.float64)  # (n, k)
    return mean


def majority_vote(probabilities: Floats) -> NDArray[np.int64]:
    """Return the class that most columns answer.

    A column answers the class it finds most probable, the first of equals. Where several classes have the
    most votes, the one with the largest mean probability over all columns wins, again the first of equals.

    Args:
        probabilities: (m, n, k) float, rows sum to 1; one table of images by classes for each column.

    Returns:
        (n,) int64 in [0, k).

    Raises:
        DataError: an array of another shape, or rows that are not probabilities.

    Source: Hansen and Salamon 1990, Neural Network Ensembles.

    >>> columns = np.array([[[0.6, 0.4]], [[0.6, 0.4]], [[0.0, 1.0]]])
    >>> majority_vote(columns).tolist(), mean_vote(columns).argmax(axis=1).tolist()
    ([0], [1])
    """
    mean = mean_vote(probabilities)  # first: it checks the array
    answers = probabilities.argmax(axis=2)  # (m, n)
    votes = (answers[..., np.newaxis] == np.arange(mean.shape[1])).sum(axis=0)  # (n, k)
    has_most = votes == votes.max(axis=1, keepdims=True)  # (n, k)
    winners: NDArray[np.int64] = np.where(has_most, mean, -1.0).argmax(axis=1)  # (n,)
    return winners


def error_by_ensemble_size(
    probabilities: Floats, labels: Ints, *, most_subsets: int = 200, seed: int = 0
) -> list[EnsembleErrors]:
    """Return how often the mean vote of s columns errs, for every s from 1 to m.

    The committees of one size are all subsets of s columns, or `most_subsets` different ones drawn at
    random where there are more. They share columns, so their errors deviate less and less towards s = m:
    the deviation says how much the choice among these m columns matters, not how other columns would do.

    Args:
        probabilities: (m, n, k) float, rows sum to 1; one table of images by classes for each column.
        labels: (n,) int in [0, k).
        most_subsets: the most committees to ask for each size, at least 1.
        seed: of the draw, at least 0.

    Returns:
        m sizes, from one column to all of them.

    Raises:
        DataError: no images, arrays that do not match, or rows that are not probabilities.
        ValueError: fewer than one subset.

    >>> columns = np.array([[[0.9, 0.1], [0.4, 0.6]], [[0.3, 0.7], [0.2, 0.8]]])
    >>> [(one.columns, one.mean_error) for one in error_by_ensemble_size(columns, np.array([0, 1]))]
    [(1, 0.25), (2, 0.0)]
    """
    if most_subsets < 1:
        raise ValueError(f"most_subsets is {most_subsets}; expected at least 1")
    check_columns(probabilities)
    m, n, k = probabilities.shape
    check_labels("labels", labels, n)
    check_range("labels", labels, k)
    answers = probabilities.argmax(axis=2)  # (m, n)
    # Where all columns agree, so does every committee: of good columns few images are left to be voted on.
    is_open = (answers != answers[0]).any(axis=0)  # (n,)
    wrong_anyway = np.count_nonzero(~is_open & (answers[0] != labels))
    contested, contested_labels = probabilities[:, is_open], labels[is_open]
    generator = np.random.default_rng(seed)
    sizes = []
    for columns in range(1, m + 1):
        members = _members(m, columns, most_subsets, generator)  # (q, m)
        wrong = wrong_anyway + _wrong(members, contested, contested_labels)  # (q,)
        size = EnsembleErrors(
            columns=columns,
            subsets=len(members),
            mean_error=float(wrong.mean() / n),
            deviation=float(wrong.std() / n),
        )
        sizes.append(size)
    return sizes


def _members(m: int, columns: int, most: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Return (q, m) rows of 1 for a column that is in the committee and 0 for one that is not."""
    subsets: set[tuple[int, ...]] = set()
    if comb(m, columns) <= most:
        subsets.update(combinations(range(m), columns))
    while len(subsets) < min(most, comb(m, columns)):
        subsets.add(tuple(sorted(generator.permutation(m)[:columns].tolist())))
    members = np.zeros((len(subsets), m))
    np.put_along_axis(members, np.array(sorted(subsets)), 1.0, axis=1)
    return members


def _wrong(members: NDArray[np.float64], probabilities: Floats, labels: Ints) -> NDArray[np.int64]:
    """Return (q,) counts of the images that each committee answers wrongly."""
    m, n, k = probabilities.shape
    wrong = np.zeros(len(members), np.int64)
    for start in range(0, n, IMAGES_AT_ONCE):
        block = slice(start, start + IMAGES_AT_ONCE)
        sums = members @ probabilities[:, block].reshape(m, -1)  # (q, b * k), of float64 since members are
        answers = sums.reshape(len(members), -1, k).argmax(axis=2)  # (q, b)
        wrong += np.count_nonzero(answers != labels[block], axis=1)
    return wrong
