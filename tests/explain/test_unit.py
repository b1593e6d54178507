"""How a number came about, by hand: a convolution, a pooling, a ReLU, and their edges."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from inklab.errors import DataError
from inklab.explain.layers import Kind, Layer
from inklab.explain.unit import UnitExplanation, explain_unit

BELOW = np.arange(9, dtype=np.float32).reshape(1, 3, 3)  # 0 1 2 / 3 4 5 / 6 7 8


def layer(kind: Kind, **said: object) -> Layer:
    plain = {"filters": None, "biases": None, "shape": (1, 3, 3), "window": (1, 1), "parameters": 0}
    return Layer(name="it", kind=kind, below=(1, 3, 3), source="below", output="it", **{**plain, **said})  # type: ignore[arg-type]


def of(one: Layer, row: int, column: int, below: np.ndarray = BELOW) -> UnitExplanation:
    return explain_unit(one, {"below": below}, 0, row, column)


def test_a_convolution_sums_window_times_filter() -> None:
    filters = np.array([[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]], np.float32)
    one = layer(
        "convolution", filters=filters, biases=np.array([0.5], np.float32), window=(3, 3), margin=(1, 1)
    )
    found = of(one, 0, 2)  # the window lies one row above and one column right of what there is
    assert_array_equal(found.window[0], [[0, 0, 0], [1, 2, 0], [4, 5, 0]])
    assert (found.row, found.column, found.bias) == (-1, 1, 0.5)
    assert found.value == 1 * 4 + 2 * 5 + 4 * 7 + 5 * 8 + 0.5
    assert_array_equal(found.parts, [82.0])


def test_a_pooling_takes_the_largest_and_never_one_beyond_the_edge() -> None:
    one = layer("pooling", shape=(1, 2, 2), window=(2, 2), stride=(2, 2), margin=(1, 1))
    found = of(one, 0, 0, below=BELOW - 10)
    assert (found.value, found.filter, found.maps) == (-10.0, None, (0,))
    assert of(one, 1, 1, below=BELOW - 10).value == -2.0
    far = of(replace(one, margin=(0, 0)), 1, 1, below=BELOW - 10)  # partly beyond the far edges
    assert (far.value, far.window.tolist()) == (-2.0, [[[-2, 0], [0, 0]]])
    assert of(layer("pooling", shape=(1, 1, 1), window=(2, 2), stride=(2, 2)), 0, 0).value == 4.0


def test_a_rectifier_makes_what_is_below_zero_zero() -> None:
    assert of(layer("rectifying"), 0, 1, below=-BELOW).value == 0.0
    assert of(layer("rectifying"), 0, 1).value == 1.0


def test_normalising_is_a_factor_and_a_shift() -> None:
    one = layer(
        "normalising", filters=np.full((1, 1, 1, 1), 3, np.float32), biases=np.array([-1], np.float32)
    )
    assert of(one, 2, 2).value == 23.0


@pytest.mark.parametrize("where", [(0, 3, 0), (0, 0, -1), (1, 0, 0)])
def test_a_number_that_is_not_there_is_refused(where: tuple[int, int, int]) -> None:
    with pytest.raises(DataError, match=r"it has no map .*; it has 1 maps of 3 x 3"):
        explain_unit(layer("rectifying"), {"below": BELOW}, *where)
