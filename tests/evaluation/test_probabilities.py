from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from scipy import special

from inklab.errors import DataError
from inklab.evaluation import log_softmax, softmax

Function = Callable[[NDArray[np.floating]], NDArray[np.float64]]
LOGITS = arrays(
    np.float64,
    st.tuples(st.integers(1, 6), st.integers(1, 12)),
    elements=st.floats(-1e4, 1e4, allow_subnormal=False),
)


def test_softmax_by_hand() -> None:
    logits = np.log([[1.0, 2.0, 5.0], [3.0, 3.0, 2.0]])  # exp gives the counts; a row sums to 8
    expected = [[1 / 8, 2 / 8, 5 / 8], [3 / 8, 3 / 8, 2 / 8]]
    assert_allclose(softmax(logits), expected, rtol=1e-15)
    assert_allclose(log_softmax(logits), np.log(expected), rtol=1e-14)


def test_large_logits_do_not_overflow() -> None:
    logits = np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4]])
    assert_array_equal(softmax(logits), [[1, 0, 0], [1 / 3] * 3])
    assert_allclose(log_softmax(logits), [[0, -2e4, -1e4], [-np.log(3)] * 3])


def test_largest_float32_stays_finite() -> None:
    largest = float(np.finfo(np.float32).max)
    logits = np.array([[largest, -largest]], np.float32)
    assert_allclose(log_softmax(logits), [[0, -2 * largest]])


@pytest.mark.parametrize("function", [softmax, log_softmax])
def test_float32_gives_float64_and_the_input_is_unchanged(function: Function) -> None:
    logits = np.array([[1, 2, 3]], np.float32)
    assert function(logits).dtype == np.float64
    assert_array_equal(logits, [[1, 2, 3]])


@given(logits=LOGITS)
def test_softmax_equals_that_of_scipy(logits: NDArray[np.float64]) -> None:
    assert_allclose(softmax(logits), special.softmax(logits, axis=1), rtol=1e-12, atol=1e-300)
    assert_allclose(log_softmax(logits), special.log_softmax(logits, axis=1), rtol=1e-12, atol=1e-12)


@given(logits=LOGITS)
def test_rows_sum_to_1(logits: NDArray[np.float64]) -> None:
    assert_allclose(softmax(logits).sum(axis=1), 1, rtol=1e-14)
    assert (softmax(logits) >= 0).all()
    assert (log_softmax(logits) <= 0).all()


@given(logits=LOGITS, shift=st.floats(-1e4, 1e4))
def test_adding_a_constant_changes_nothing(logits: NDArray[np.float64], shift: float) -> None:
    # near 2e4, float64 is exact to 4e-12, and so are the logarithms
    assert_allclose(log_softmax(logits + shift), log_softmax(logits), atol=2e-11, rtol=0)
    assert_allclose(softmax(logits + shift), softmax(logits), atol=2e-11, rtol=0)


@pytest.mark.parametrize("function", [softmax, log_softmax])
@pytest.mark.parametrize(
    ("logits", "message"),
    [
        (np.zeros(10), r"logits have shape \(10,\); expected \(n, k\)"),
        (np.zeros((2, 0)), r"logits have shape \(2, 0\); expected \(n, k\)"),
        (np.array([[0, np.nan]]), "logits reach nan; expected finite"),
        (np.array([[0, -np.inf]]), "logits reach inf; expected finite"),
        (np.array([[0, 1e39]]), r"logits reach 1e\+39; expected finite"),
    ],
)
def test_invalid_logits_are_refused(function: Function, logits: NDArray[np.float64], message: str) -> None:
    with pytest.raises(DataError, match=message):
        function(logits)


@pytest.mark.parametrize("function", [softmax, log_softmax])
def test_no_images_give_no_rows(function: Function) -> None:
    assert function(np.empty((0, 10))).shape == (0, 10)
