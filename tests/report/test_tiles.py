"""mosaic and tile: many small images in one."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from inklab.report.tiles import mosaic, tile


def test_tile_by_hand() -> None:
    images = np.array([[[0.0, 10], [5, 10]], [[-1, -3], [-2, -3]], [[0, 0], [0, 255]]])
    expected = [
        [0, 255, 255, 255, 0],
        [128, 255, 255, 128, 0],  # half of 255 is 127.5, and the even number next to it is 128
        [255, 255, 255, 255, 255],  # the gap
        [0, 0, 255, 255, 255],
        [0, 255, 255, 255, 255],  # there is no fourth image
    ]
    assert_array_equal(tile(images, columns=2), np.array(expected, np.uint8), strict=True)


def test_the_tile_of_random_filters() -> None:
    filters = np.random.default_rng(0).normal(size=(32, 5, 5)).astype(np.float32)
    tiles = tile(filters, columns=8)
    assert tiles.shape == (23, 47)  # 4 rows and 8 columns of 5 + 1 pixels, less the last gap
    assert (tiles[5::6] == 255).all()
    assert (tiles[:, 5::6] == 255).all()
    for index, image in enumerate(filters):
        top, left = 6 * (index // 8), 6 * (index % 8)
        drawn = tiles[top : top + 5, left : left + 5]
        assert (drawn.min(), drawn.max()) == (0, 255)
        assert drawn.argmin() == image.argmin()
        assert drawn.argmax() == image.argmax()
        assert (np.diff(drawn.ravel()[np.argsort(image.ravel())].astype(int)) >= 0).all()


@pytest.mark.parametrize("value", [0.0, -3.0, 1e30])
def test_an_image_without_contrast_is_gray(value: float) -> None:
    assert_array_equal(
        tile(np.full((1, 2, 3), value), columns=1), np.full((2, 3), 127, np.uint8), strict=True
    )


@pytest.mark.parametrize(
    ("m", "columns", "gap", "shape"),
    [
        (1, 1, 1, (3, 4)),
        (2, 1, 1, (7, 4)),
        (2, 2, 0, (3, 8)),
        (3, 2, 2, (8, 10)),
        (5, 3, 1, (7, 14)),
        (2, 4, 1, (3, 19)),  # the row has the requested width
    ],
)
def test_shape(m: int, columns: int, gap: int, shape: tuple[int, int]) -> None:
    images = np.zeros((m, 3, 4))
    images[:, 0, 0] = 1
    tiles = tile(images, columns=columns, gap=gap)
    assert tiles.shape == shape
    assert np.count_nonzero(tiles == 0) == m * 11  # all but one pixel of each; the rest is white


def test_mosaic_keeps_values_and_leaves_gaps_nan() -> None:
    expected = [[1, np.nan, 2], [np.nan] * 3, [-3, np.nan, np.nan]]
    assert_array_equal(mosaic(np.array([[[1.0]], [[2.0]], [[-3.0]]]), columns=2), expected)
