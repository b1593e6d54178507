"""pca_projection and tsne_projection."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from inklab.explain.projection import pca_projection, tsne_projection


def test_pca_of_points_on_a_line_by_hand() -> None:
    # the mean is (2, 4); along (1, 2)/sqrt(5) the points lie at -sqrt(5), 0 and sqrt(5)
    projection = pca_projection(np.array([[1.0, 2], [2, 4], [3, 6]]))
    along = sqrt(5)
    assert_allclose(projection.points, np.array([[-along, 0.0], [0, 0], [along, 0]]), atol=1e-12)
    assert_allclose(projection.explained_variance_ratio, [1, 0], atol=1e-12)


@given(st.integers(0, 2**32 - 1))
def test_pca_equals_scikit_learn_up_to_signs(seed: int) -> None:
    random = np.random.default_rng(seed)
    n, d = random.integers(3, 30, 2)
    values = random.normal(size=(n, d)) * np.arange(1, d + 1)
    projection, reference = pca_projection(values), PCA(2).fit(values)
    assert_allclose(np.abs(projection.points), np.abs(reference.transform(values)), rtol=1e-6, atol=1e-6)
    assert_allclose(projection.explained_variance_ratio, reference.explained_variance_ratio_, rtol=1e-9)


@pytest.mark.parametrize("values", [np.ones((1, 5)), np.ones((4, 5)), np.arange(3.0).reshape(3, 1)])
def test_degenerate_rows_have_a_projection(values: np.ndarray) -> None:
    projection = pca_projection(values)
    assert projection.points.shape == (len(values), 2)
    assert np.isfinite(projection.points).all()
    assert np.isfinite(projection.explained_variance_ratio).all()


def test_neighbors_stay_neighbors() -> None:
    random = np.random.default_rng(0)
    centers = 20 * random.normal(size=(4, 60))
    group = np.repeat(range(4), 15)
    values = centers[group] + random.normal(size=(60, 60))
    points = tsne_projection(values)
    nearest = NearestNeighbors(n_neighbors=2).fit(points).kneighbors(return_distance=False)[:, 0]
    assert_array_equal(group[nearest], group)
    assert_array_equal(tsne_projection(values), points)


def test_tsne_takes_few_or_equal_rows_but_not_too_many() -> None:
    assert tsne_projection(np.eye(3)).shape == (3, 2)
    assert np.isfinite(tsne_projection(np.ones((6, 4)))).all()
    for n in (1, 1001):
        with pytest.raises(ValueError, match="expected 2 to 1000"):
            tsne_projection(np.ones((n, 2)))
