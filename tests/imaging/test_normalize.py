"""Normalize: against results worked out by hand and in a loop, and properties of every result."""

import cv2
import numpy as np
import pytest
from drawn_digits import as_ink
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from inklab.data import Dataset
from inklab.imaging import normalize
from inklab.imaging.normalize import is_normalized

Inks = NDArray[np.float32]


def center(image: NDArray[np.uint8]) -> tuple[float, float]:
    rows, columns = image.sum(axis=1, dtype=int), image.sum(axis=0, dtype=int)
    row, column = (float((np.arange(28) * mass).sum() / mass.sum()) for mass in (rows, columns))
    return row, column


def extent(image: NDArray[np.uint8]) -> tuple[int, int]:
    places = np.argwhere(image)
    height, width = np.ptp(places, axis=0) + 1
    return int(height), int(width)


def test_a_bar_worked_out_by_hand() -> None:
    # 40 high and 8 wide, in a square of 40: halved to 20 x 4. Its center is at 9.5 on both axes of the
    # square, and floor(14.5 - 9.5) = 5: rows 5 to 24, columns 8 + 5 to 11 + 5.
    ink = np.zeros((60, 50), np.float32)
    ink[7:47, 30:38] = 0.25  # divided by its maximum
    expected = np.zeros((28, 28), np.uint8)
    expected[5:25, 13:17] = 255
    assert_array_equal(normalize(ink), expected)


def test_an_odd_width_is_averaged_into_its_outer_columns() -> None:
    # 20 x 3: (20 - 3) // 2 = 8 columns before the bar. 40 x 6: 17 columns before it, which is 8.5 of 20.
    assert normalize(np.ones((20, 3), np.float32))[10, 12:18].tolist() == [0, 255, 255, 255, 0, 0]
    assert normalize(np.ones((40, 6), np.float32))[10, 12:18].tolist() == [0, 128, 255, 255, 128, 0]


def test_small_ink_is_doubled() -> None:
    assert extent(normalize(np.ones((10, 1), np.float32))) == (20, 2)
    assert extent(normalize(np.ones((15, 3), np.float32))) == (20, 4)


def test_very_small_ink_is_enlarged_smoothly() -> None:
    slope: Inks = np.eye(8, dtype=np.float32)
    image = normalize(slope)
    assert extent(image) == (20, 20)
    assert len(np.unique(image)) > 10  # blocks of repeated pixels would have few levels
    assert_array_equal(normalize(slope * np.float32(0.01)), image)


def reference(ink: Inks) -> NDArray[np.float64]:
    """Return ink of 20 pixels or more as 20 x 20 cells, to which each pixel adds by its overlap."""
    height, width = ink.shape
    side = max(height, width)
    cell, top, left = side / 20, (side - height) // 2, (side - width) // 2
    cells = np.zeros((20, 20))
    for (row, column), strength in np.ndenumerate(ink):
        y, x = row + top, column + left
        for i in range(int(y / cell), min(20, int((y + 1) / cell) + 1)):
            for j in range(int(x / cell), min(20, int((x + 1) / cell) + 1)):
                high = min(y + 1, (i + 1) * cell) - max(y, i * cell)
                wide = min(x + 1, (j + 1) * cell) - max(x, j * cell)
                cells[i, j] += strength * max(high, 0) * max(wide, 0)
    scaled: NDArray[np.float64] = cells / cells.max() * 255
    return scaled


@pytest.mark.parametrize("shape", [(37, 23), (20, 20), (29, 61), (43, 43)])
def test_areas_are_averaged_as_in_a_loop(shape: tuple[int, int]) -> None:
    ink = np.random.default_rng(0).uniform(0.1, 1, shape).astype(np.float32)
    cells = reference(ink)
    image = normalize(ink)
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    inside = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    expected = cells[np.ix_(cells.any(axis=1), cells.any(axis=0))]
    assert inside.shape == expected.shape
    assert np.abs(inside - expected).max() < 0.51


def test_mnist_digits_are_reproduced(mnist: Dataset) -> None:
    for image in mnist.test.images[:1000]:
        again = normalize(as_ink(image))
        if image.max() == 255:
            assert_array_equal(again, image)
        else:
            assert image.max() == 254
            assert np.abs(again.astype(int) - image).max() <= 1


@pytest.mark.parametrize(
    ("interpolation", "limit"),
    [(cv2.INTER_NEAREST, 2), (cv2.INTER_AREA, 2), (cv2.INTER_LINEAR, 10), (cv2.INTER_CUBIC, 14)],
)
@pytest.mark.parametrize("times", [2, 3, 5, 10])
def test_enlarged_mnist_digits_are_reproduced_within_the_documented_difference(
    mnist: Dataset, times: int, interpolation: int, limit: float
) -> None:
    differences = []
    for image in mnist.test.images[::50]:
        larger = cv2.resize(image, None, fx=times, fy=times, interpolation=interpolation)
        again = normalize(as_ink(larger))
        differences.append(np.abs(again.astype(int) - image).mean())
    assert np.mean(differences) < limit


inks = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=60),
    elements=st.sampled_from([0, 0, 0, 0.01, 0.3, 1]),
    fill=st.just(0),
).filter(np.any)


@given(ink=inks)
def test_properties_of_every_normalized_image(ink: Inks) -> None:
    image = normalize(ink)
    assert image.dtype == np.uint8
    assert image.max() == 255
    places = np.argwhere(image)
    for axis, middle in enumerate(center(image)):
        is_at_side = places[:, axis].min() == 0 or places[:, axis].max() == 27
        assert 13.5 < middle <= 14.5 or is_at_side
    assert max(extent(image)) <= 20
    if max(np.ptp(np.argwhere(ink), axis=0) + 1) >= 20:
        assert max(extent(image)) == 20
    assert_array_equal(normalize(as_ink(image)), image)


def test_normalizing_twice_changes_nothing(mnist: Dataset) -> None:
    for image in mnist.valid.images[:500]:
        moved = np.roll(np.kron(image, np.ones((2, 3))), 9, axis=0)
        once = normalize(as_ink(moved))
        assert_array_equal(normalize(as_ink(once)), once)
        assert is_normalized(once)


def test_ends_that_averaging_erases_do_not_shorten_the_digit() -> None:
    ink = np.zeros((400, 400), np.float32)
    ink[100:300, 150:250] = 1
    ink[:100, 200] = 0.02  # a hair: 0.001 of each cell
    assert extent(normalize(ink)) == (20, 10)


def test_the_shift_never_moves_ink_out_of_the_image() -> None:
    # A head on a thin stick: its center of mass is at row 4 of 20, so the stick would end below the image.
    ink = np.zeros((200, 80), np.float32)
    ink[:60] = 1
    ink[60:, 38:42] = 1
    image = normalize(ink)
    assert extent(image) == (20, 8)
    assert image[27].any()


def test_a_normalized_image_is_recognized(mnist: Dataset) -> None:
    images = mnist.test.images[:500]
    assert np.mean([is_normalized(image) for image in images]) > 0.99
    assert not any(is_normalized(np.roll(image, 2, axis=0)) for image in images)
    assert not any(is_normalized(image // 2) for image in images)
    assert not is_normalized(np.zeros((27, 28), np.uint8))
