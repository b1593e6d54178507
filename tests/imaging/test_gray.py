"""Gray: luminance worked out by hand, and colors of equal luminance."""

import numpy as np
import pytest
from drawn_digits import encode
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from inklab.imaging import decode
from inklab.imaging.gray import downscale


def paint(ink: tuple[int, int, int], paper: tuple[int, int, int]) -> NDArray[np.uint8]:
    page = np.full((40, 40, 3), paper, np.uint8)
    page[10:30, 18:22] = ink
    return page


def test_luminance_worked_out_by_hand() -> None:
    # 0.299 * 200 + 0.587 * 100 + 0.114 * 50 = 124.2
    assert decode(np.array([[[200, 100, 50]]], np.uint8))[0, 0] == pytest.approx(124.2 / 255)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_gray_in_any_number_of_channels(channels: int) -> None:
    gray = np.linspace(0, 1, 12).reshape(3, 4)
    pixels = np.stack([gray] * channels, axis=2)
    if channels in {2, 4}:
        pixels[..., -1] = 1
    assert_allclose(decode(pixels), gray, atol=1e-6)


@pytest.mark.parametrize("ink", [(0, 0, 0), (20, 40, 160), (180, 20, 30), (0, 120, 60)])
def test_common_inks_on_white_get_their_luminance(ink: tuple[int, int, int]) -> None:
    gray = decode(paint(ink, (255, 255, 255)))
    assert gray[20, 20] == pytest.approx(np.dot(ink, [0.299, 0.587, 0.114]) / 255, abs=1e-3)
    assert gray[0, 0] == pytest.approx(1)


@pytest.mark.parametrize(
    ("ink", "paper"),
    [((255, 255, 0), (255, 255, 255)), ((200, 60, 60), (40, 140, 76)), ((250, 120, 40), (60, 160, 250))],
)
def test_colors_of_equal_brightness_stay_different(
    ink: tuple[int, int, int], paper: tuple[int, int, int]
) -> None:
    gray = decode(paint(ink, paper))
    assert 0 <= gray.min() <= gray.max() <= 1
    assert abs(gray[20, 20] - gray[0, 0]) > 0.45


def test_colors_of_equal_brightness_stay_different_in_a_jpeg() -> None:
    gray = decode(encode(paint((200, 60, 60), (40, 140, 76)), "JPEG"))
    assert abs(gray[20, 20] - gray[0, 0]) > 0.4


def test_transparent_pixels_become_white() -> None:
    pixels = np.array([[[0, 0], [0, 128], [0, 255], [255, 0]]], np.uint8)
    assert_allclose(decode(pixels), [[1, 127 / 255, 0, 1]], atol=1e-6)


def test_white_strokes_on_a_transparent_canvas_become_dark() -> None:
    pixels = np.array([[[255, 255, 255, 0], [255, 255, 255, 255]]], np.uint8)
    assert_array_equal(decode(pixels), [[1, 0]])
    pixels[..., 3] = 255
    assert_array_equal(decode(pixels), [[1, 1]])


def test_downscaling_averages_and_keeps_the_aspect_ratio() -> None:
    pixels = np.arange(6 * 12, dtype=np.float32).reshape(6, 12)
    assert_allclose(downscale(pixels, 6), pixels.reshape(3, 2, 6, 2).mean(axis=(1, 3)))
    assert downscale(pixels, 12) is pixels
    assert downscale(np.zeros((1, 5000, 3), np.uint8), 100).shape == (1, 100, 3)
