"""principal_plane and neighbour_plane: many numbers a digit laid out in a plane."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from inklab.explain.projection import pca_projection, tsne_projection


def test_points_on_a_line_by_hand() -> None:
    # the mean is (2, 4); along (1, 2)/sqrt(5) the points lie at -sqrt(5), 0 and sqrt(5)
    plane = pca_projection(np.array([[1.0, 2], [2, 4], [3, 6]]))
    along = sqrt(5)
    assert_allclose(plane.points, np.array([[-along, 0.0], [0, 0], [along, 0]]), atol=1e-12)
    assert_allclose(plane.shares, [1, 0], atol=1e-12)


@given(st.integers(0, 2**32 - 1))
def test_it_is_the_plane_of_scikit_learn_up_to_signs(seed: int) -> None:
    random = np.random.default_rng(seed)
    n, d = random.integers(3, 30, 2)
    values = random.normal(size=(n, d)) * np.arange(1, d + 1)
    plane, reference = pca_projection(values), PCA(2).fit(values)
    assert_allclose(np.abs(plane.points), np.abs(reference.transform(values)), rtol=1e-6, atol=1e-6)
    assert_allclose(plane.shares, reference.explained_variance_ratio_, rtol=1e-9)


@pytest.mark.parametrize("values", [np.ones((1, 5)), np.ones((4, 5)), np.arange(3.0).reshape(3, 1)])
def test_rows_that_fill_no_plane_still_lie_in_one(values: np.ndarray) -> None:
    plane = pca_projection(values)
    assert plane.points.shape == (len(values), 2)
    assert np.isfinite(plane.points).all()
    assert np.isfinite(plane.shares).all()


def test_neighbours_stay_neighbours() -> None:
    random = np.random.default_rng(0)
    centres = 20 * random.normal(size=(4, 60))
    group = np.repeat(range(4), 15)
    values = centres[group] + random.normal(size=(60, 60))
    points = tsne_projection(values)
    nearest = NearestNeighbors(n_neighbors=2).fit(points).kneighbors(return_distance=False)[:, 0]
    assert_array_equal(group[nearest], group)
    assert_array_equal(tsne_projection(values), points)


def test_few_or_equal_rows_have_a_plane_and_too_many_have_none() -> None:
    assert tsne_projection(np.eye(3)).shape == (3, 2)
    assert np.isfinite(tsne_projection(np.ones((6, 4)))).all()
    for n in (1, 1001):
        with pytest.raises(ValueError, match="expected 2 to 1000"):
            tsne_projection(np.ones((n, 2)))
