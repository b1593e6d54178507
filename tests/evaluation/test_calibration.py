import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from inklab.errors import DataError
from inklab.evaluation import confidence_bins, expected_calibration_error, softmax

SEEDS = st.integers(0, 2**32 - 1)


def with_confidences(*confidences: float) -> NDArray[np.float64]:
    """Return (n, 4) rows: class 0 has the confidence, and the others share the rest equally."""
    top = np.array(confidences)
    return np.column_stack([top, *[(1 - top) / 3] * 3])


def random_predictions(seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return probabilities (n, 10) and labels (n,)."""
    generator = np.random.default_rng(seed)
    n = int(generator.integers(1, 60))
    return softmax(generator.normal(scale=3, size=(n, 10))), generator.integers(0, 10, n)


def naive_error(probabilities: NDArray[np.float64], labels: NDArray[np.int64], bins: int) -> float:
    """Return the calibration error by loops over bins and images."""
    total = 0.0
    for b in range(bins):
        inside = [i for i, row in enumerate(probabilities) if b / bins < row.max() <= (b + 1) / bins]
        if inside:
            correct = sum(int(probabilities[i].argmax() == labels[i]) for i in inside)
            total += abs(correct - sum(probabilities[i].max() for i in inside))
    return total / len(labels)


def test_error_by_hand() -> None:
    # two bins: confidences 0.4 + 0.5 = 0.9 against 1 correct image; 0.9 + 1.0 = 1.9 against 2
    probabilities, labels = with_confidences(0.4, 0.5, 0.9, 1.0), np.array([0, 3, 0, 0])
    assert expected_calibration_error(probabilities, labels, bins=2) == pytest.approx((0.1 + 0.1) / 4)


def test_upper_edge_belongs_to_the_bin() -> None:
    # 0.275 and 0.28 lie in (0.27, 0.28]; one is correct, so the gap is |1 - 0.555| over 2 images
    assert expected_calibration_error(
        with_confidences(0.275, 0.28), np.array([0, 1]), bins=100
    ) == pytest.approx(0.2225)


def test_certain_and_correct_is_0_certain_and_wrong_is_1() -> None:
    assert expected_calibration_error(with_confidences(1, 1), np.array([0, 0])) == 0
    assert expected_calibration_error(with_confidences(1, 1), np.array([1, 2])) == 1


def test_confidence_slightly_above_1_is_in_the_last_bin() -> None:
    row = np.array([[1 + 5e-5, 0]])  # possible in float32
    assert expected_calibration_error(row, np.array([0])) == pytest.approx(5e-5)


@given(seed=SEEDS, bins=st.integers(1, 40))
def test_error_equals_a_naive_loop(seed: int, bins: int) -> None:
    probabilities, labels = random_predictions(seed)
    expected = naive_error(probabilities, labels, bins)
    assert expected_calibration_error(probabilities, labels, bins=bins) == pytest.approx(expected, abs=1e-12)


@given(seed=SEEDS, bins=st.integers(1, 40))
def test_error_is_a_fraction_and_independent_of_the_order(seed: int, bins: int) -> None:
    probabilities, labels = random_predictions(seed)
    error = expected_calibration_error(probabilities, labels, bins=bins)
    assert 0 <= error <= 1
    order = np.random.default_rng(seed).permutation(len(labels))
    shuffled = expected_calibration_error(probabilities[order], labels[order], bins=bins)
    assert shuffled == pytest.approx(error, abs=1e-12)


def test_labels_drawn_from_the_probabilities_are_calibrated() -> None:
    generator = np.random.default_rng(0)
    probabilities = softmax(generator.normal(scale=2, size=(20_000, 10)))
    draws = generator.random((20_000, 1))
    labels = np.minimum((probabilities.cumsum(axis=1) < draws).sum(axis=1), 9)
    assert (
        expected_calibration_error(probabilities, labels) < 0.02
    )  # 15 bins, each within about 0.5/sqrt(n/15)
    sharper = probabilities**3 / (probabilities**3).sum(axis=1, keepdims=True)
    assert expected_calibration_error(sharper, labels) > 0.1


@pytest.mark.parametrize(
    ("probabilities", "labels", "message"),
    [
        (np.array([0.5, 0.5]), [0], r"probabilities have shape \(2,\); expected \(n, k\)"),
        (np.array([[2.0, -1.0]]), [0], "probabilities reach -1.0; expected fractions; apply softmax"),
        (np.array([[3.0, 1.0]]), [0], "sums to 1 ± 3; expected 1; apply softmax"),
        (np.array([[0.0, 0.0]]), [0], "sums to 1 ± 1; expected 1; apply softmax"),
        (np.array([[np.nan, 1.0]]), [0], "probabilities reach nan"),
        (np.array([[np.inf, 1.0]]), [0], "sums to 1 ± inf"),
        (np.array([[0.5, 0.5]]), [2], "labels contains 2; expected integers from 0 to 1"),
        (np.array([[0.5, 0.5]]), [0, 1], r"labels has shape \(2,\); expected \(1,\)"),
        (np.empty((0, 2)), [], "labels is empty"),
    ],
)
def test_invalid_arrays_are_refused(
    probabilities: NDArray[np.float64], labels: list[int], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        expected_calibration_error(probabilities, np.array(labels, int))


def test_fewer_than_one_bin_is_refused() -> None:
    with pytest.raises(ValueError, match="bins is 0; expected at least 1"):
        expected_calibration_error(np.array([[1.0]]), np.array([0]), bins=0)


def test_bins_by_hand() -> None:
    # 0.55 and 0.6 are both in (0.5, 0.6], and one of them is correct; 1.0 is correct
    low, high = confidence_bins(with_confidences(0.55, 0.6, 1.0), np.array([0, 2, 0]), bins=10)
    assert (low.n, low.low, low.high, low.accuracy) == (2, 0.5, 0.6, 0.5)
    assert low.confidence == pytest.approx(0.575)
    assert (high.n, high.high, high.accuracy, high.confidence) == (1, 1.0, 1.0, 1.0)


@given(SEEDS, st.integers(1, 30))
def test_bins_contain_every_image_and_their_gaps_add_up_to_the_error(seed: int, bins: int) -> None:
    probabilities, labels = random_predictions(seed)
    filled = confidence_bins(probabilities, labels, bins=bins)
    assert sum(one_bin.n for one_bin in filled) == len(labels)
    assert all(one_bin.low < one_bin.confidence <= one_bin.high + 1e-9 for one_bin in filled)
    gaps = sum(one_bin.n * abs(one_bin.accuracy - one_bin.confidence) for one_bin in filled)
    assert gaps / len(labels) == pytest.approx(expected_calibration_error(probabilities, labels, bins=bins))
