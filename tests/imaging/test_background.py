"""The background is found where ink fills the margin: in tight crops, on printed paper, with soft edges."""

import cv2
import numpy as np
import pytest
from drawn_digits import FIVE, FOUR, SEVEN, as_ink, draw, mean_difference

from inklab.imaging import find_ink, normalize
from inklab.imaging.background import estimate_contrast


@pytest.mark.parametrize("digit", [SEVEN, FOUR, FIVE], ids=["seven", "four", "five"])
def test_print_in_the_margin_is_not_noise(digit: list[list[tuple[float, float]]]) -> None:
    page = draw(digit)
    rows, columns = (np.flatnonzero((page < 128).any(axis=axis)) for axis in (1, 0))
    tight = as_ink(page[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    y, x = np.mgrid[: tight.shape[0], : tight.shape[1]]
    noise = np.random.default_rng(0).normal(0, 0.01, tight.shape)
    printed = tight * (0.85 - 0.12 * (np.sin((x + y) / 5) > 0)) + 0.1 + noise
    small = cv2.resize(printed.astype(np.float32), None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    ink = find_ink(np.asarray(small, np.float32))
    assert not isinstance(ink, str), ink
    clean = find_ink(as_ink(page))
    assert not isinstance(clean, str), clean
    assert mean_difference(normalize(ink), normalize(clean)) < 12


def test_soft_edges_in_the_margin_are_not_a_shadow() -> None:
    small = np.full((8, 8), 255, np.uint8)
    small[:, 2:4] = small[1, :] = small[6, :] = 0
    page = as_ink(np.asarray(cv2.resize(small, (56, 56), interpolation=cv2.INTER_CUBIC), np.uint8))
    ink = estimate_contrast(page).ink
    np.testing.assert_allclose(ink, 1 - page, atol=0.01)


def test_noise_without_ink_is_noise() -> None:
    noise = np.random.default_rng(0).normal(0.8, 0.02, (120, 90)).astype(np.float32)
    assert estimate_contrast(noise).noise == pytest.approx(0.02 / 0.8, rel=0.2)
    assert find_ink(noise) == "blank"
