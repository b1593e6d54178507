"""explain_unit by hand: a convolution, a pooling, a ReLU, a batch norm, and their padding."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from inklab.errors import DataError
from inklab.explain.layers import Kind, Layer
from inklab.explain.unit import UnitExplanation, explain_unit

INPUT = np.arange(9, dtype=np.float32).reshape(1, 3, 3)  # 0 1 2 / 3 4 5 / 6 7 8


def make_layer(kind: Kind, **fields: object) -> Layer:
    defaults = {"filters": None, "biases": None, "shape": (1, 3, 3), "kernel_size": (1, 1), "parameters": 0}
    names = {"name": "layer", "source": "input", "output": "output"}
    return Layer(kind=kind, input_shape=(1, 3, 3), **{**defaults, **names, **fields})  # type: ignore[arg-type]


def explain(layer: Layer, row: int, column: int, inputs: np.ndarray = INPUT) -> UnitExplanation:
    return explain_unit(layer, {"input": inputs}, 0, row, column)


def test_a_convolution_sums_window_times_filter() -> None:
    filters = np.array([[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]], np.float32)
    layer = make_layer(
        "convolution", filters=filters, biases=np.array([0.5], np.float32), kernel_size=(3, 3), padding=(1, 1)
    )
    # the window starts one row above the input and ends one column right of it
    explanation = explain(layer, 0, 2)
    assert_array_equal(explanation.window[0], [[0, 0, 0], [1, 2, 0], [4, 5, 0]])
    assert (explanation.row, explanation.column, explanation.bias) == (-1, 1, 0.5)
    assert explanation.value == 1 * 4 + 2 * 5 + 4 * 7 + 5 * 8 + 0.5
    assert_array_equal(explanation.parts, [82.0])


def test_a_pooling_takes_the_maximum_without_the_padding() -> None:
    layer = make_layer("pooling", shape=(1, 2, 2), kernel_size=(2, 2), stride=(2, 2), padding=(1, 1))
    explanation = explain(layer, 0, 0, inputs=INPUT - 10)
    assert (explanation.value, explanation.filter, explanation.maps) == (-10.0, None, (0,))
    assert explain(layer, 1, 1, inputs=INPUT - 10).value == -2.0
    # partly beyond the right and lower edges
    far = explain(replace(layer, padding=(0, 0)), 1, 1, inputs=INPUT - 10)
    assert (far.value, far.window.tolist()) == (-2.0, [[[-2, 0], [0, 0]]])
    assert (
        explain(make_layer("pooling", shape=(1, 1, 1), kernel_size=(2, 2), stride=(2, 2)), 0, 0).value == 4.0
    )


def test_a_relu_sets_negative_values_to_zero() -> None:
    assert explain(make_layer("ReLU"), 0, 1, inputs=-INPUT).value == 0.0
    assert explain(make_layer("ReLU"), 0, 1).value == 1.0


def test_batch_norm_is_a_factor_and_a_shift() -> None:
    layer = make_layer(
        "batch norm", filters=np.full((1, 1, 1, 1), 3, np.float32), biases=np.array([-1], np.float32)
    )
    assert explain(layer, 2, 2).value == 23.0


@pytest.mark.parametrize("where", [(0, 3, 0), (0, 0, -1), (1, 0, 0)])
def test_an_unknown_value_is_refused(where: tuple[int, int, int]) -> None:
    with pytest.raises(DataError, match=r"layer has no map .*; it has 1 maps of 3 x 3"):
        explain_unit(make_layer("ReLU"), {"input": INPUT}, *where)
