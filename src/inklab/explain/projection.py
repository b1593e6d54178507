"""Projections: many numbers a digit laid out in a plane, so that digits which are alike lie together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_NEIGHBOURED = 1000
"""Of so many digits t-SNE takes seconds on one core."""
_TINY = 1e-30  # in place of a spread of 0
_KEPT = 50  # the directions that t-SNE looks at: the others are mostly noise, and cost time


@dataclass(frozen=True, eq=False)
class Projection:
    """Where each row lies in the plane in which the rows differ most."""

    points: NDArray[np.float64]
    """(n, 2)."""
    shares: tuple[float, float]
    """The part of all variance that lies along each axis, fractions."""


def pca_projection(values: NDArray[np.floating]) -> Projection:
    """Return the rows as seen along their two principal components.

        values - mean = U S V^T,   points = U S, its first two columns,   share = S^2 / sum S^2

    The signs of the axes, which the decomposition leaves open, are chosen so that the largest weight of each
    is positive.

    Args:
        values: (n, d), a row for each digit; n at least 1.

    Source: Pearson 1901, On Lines and Planes of Closest Fit to Systems of Points in Space.
    """
    points, variances = _principal(values, 2)
    first, second = (variances[:2] / max(float(variances.sum()), _TINY)).tolist()
    return Projection(points, (first, second))


def tsne_projection(values: NDArray[np.floating], *, seed: int = 0) -> NDArray[np.float64]:
    """Return a plane in which neighbours among the rows stay neighbours, by t-SNE; distances mean little.

    It begins at the principal plane and looks at the first 50 principal components, so the same rows give the
    same plane on one machine.

    Args:
        values: (n, d), a row for each digit; n from 2 to `MOST_NEIGHBOURED`.
        seed: of the approximations.

    Returns:
        (n, 2) float64.

    Raises:
        ValueError: fewer or more rows.

    Source: van der Maaten and Hinton 2008, Visualizing Data using t-SNE.
    """
    from sklearn.manifold import TSNE  # noqa: PLC0415  (it takes a second to load)

    n = len(values)
    if not 1 < n <= MOST_NEIGHBOURED:
        raise ValueError(f"there are {n} rows; expected 2 to {MOST_NEIGHBOURED}")
    start, _ = _principal(values, _KEPT)
    perplexity = min(30.0, (n - 1) / 3)
    made = TSNE(perplexity=perplexity, init=_spread(start[:, :2]), random_state=seed, n_jobs=1)
    found: NDArray[np.float64] = made.fit_transform(start).astype(np.float64)
    return found


def _spread(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the points drawn together as t-SNE wants its start: within some 0.0001 of the middle."""
    return points * (1e-4 / max(float(points[:, 0].std()), _TINY))


def _principal(values: NDArray[np.floating], kept: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the first components of each row, (n, kept), and the variance along every one."""
    centred = values.astype(np.float64) - values.mean(axis=0, dtype=np.float64)
    left, lengths, right = np.linalg.svd(centred, full_matrices=False)
    largest = np.abs(right).argmax(axis=1)
    signs = np.where(right[np.arange(len(right)), largest] < 0, -1.0, 1.0)
    points = (left * lengths * signs)[:, :kept]
    missing = max(0, kept - points.shape[1])  # fewer rows or columns than components
    variances = np.pad(lengths**2, (0, missing))
    return np.pad(points, ((0, 0), (0, missing))), variances
