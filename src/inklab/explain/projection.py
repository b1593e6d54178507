"""Projections of many features to two dimensions, in which similar digits lie close together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_TSNE_ROWS = 1000
"""t-SNE takes seconds on one core for this many rows."""
_TINY = 1e-30  # in place of a standard deviation of 0
_TSNE_COMPONENTS = 50  # t-SNE gets the first principal components: the others are mostly noise, and cost time


@dataclass(frozen=True, eq=False)
class Projection:
    """The rows in the plane of their first two principal components."""

    points: NDArray[np.float64]
    """(n, 2)."""
    explained_variance_ratio: tuple[float, float]
    """The fraction of the total variance along each axis."""


def pca_projection(values: NDArray[np.floating]) -> Projection:
    """Return the first two principal components of the rows.

        values - mean = U S V^T,   points = first two columns of U S,   share = S^2 / sum S^2

    The decomposition leaves the signs open; here the largest weight of each axis is positive.

    Args:
        values: (n, d), one row per image; n at least 1.

    Source: Pearson 1901, On Lines and Planes of Closest Fit to Systems of Points in Space.
    """
    points, variances = _principal_components(values, 2)
    first, second = (variances[:2] / max(float(variances.sum()), _TINY)).tolist()
    return Projection(points, (first, second))


def tsne_projection(values: NDArray[np.floating], *, seed: int = 0) -> NDArray[np.float64]:
    """Return a t-SNE embedding: neighboring rows stay neighbors, larger distances mean little.

    It uses the first 50 principal components and starts from two; equal rows give an equal embedding on one
    machine. The values are (n, d), one row per image; the result is (n, 2) float64.

    Raises:
        ValueError: there are not 2 to `MAX_TSNE_ROWS` rows.

    Source: van der Maaten and Hinton 2008, Visualizing Data using t-SNE.
    """
    from sklearn.manifold import TSNE  # noqa: PLC0415  (it takes a second to load)

    n = len(values)
    if not 1 < n <= MAX_TSNE_ROWS:
        raise ValueError(f"values has {n} rows; expected 2 to {MAX_TSNE_ROWS}")
    components, _ = _principal_components(values, _TSNE_COMPONENTS)
    start = components[:, :2] * (1e-4 / max(float(components[:, 0].std()), _TINY))  # as t-SNE expects it
    tsne = TSNE(perplexity=min(30.0, (n - 1) / 3), init=start, random_state=seed, n_jobs=1)
    return np.asarray(tsne.fit_transform(components), np.float64)


def _principal_components(
    values: NDArray[np.floating], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the first components of each row, (n, count), and the variance along every component."""
    centered = values.astype(np.float64) - values.mean(axis=0, dtype=np.float64)
    left, lengths, right = np.linalg.svd(centered, full_matrices=False)
    largest = np.abs(right).argmax(axis=1)
    signs = np.where(right[np.arange(len(right)), largest] < 0, -1.0, 1.0)
    points = (left * lengths * signs)[:, :count]
    missing = max(0, count - points.shape[1])  # fewer rows or columns than components
    return np.pad(points, ((0, 0), (0, missing))), np.pad(lengths**2, (0, missing))
