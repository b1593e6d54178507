"""Digits drawn with a round pen, photos of them, and the ink that is found, for the tests of imaging."""

import io
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inklab.imaging import find_ink, normalize

Page = NDArray[np.uint8]

SEVEN = [[(0.2, 0.1), (0.8, 0.1), (0.45, 0.9)]]
FOUR = [[(0.6, 0.1), (0.2, 0.65), (0.8, 0.65)], [(0.6, 0.4), (0.6, 0.9)]]
FIVE = [
    [(0.3, 0.1), (0.28, 0.45), (0.55, 0.42), (0.72, 0.6), (0.68, 0.8), (0.5, 0.9), (0.28, 0.85)],
    [(0.3, 0.1), (0.75, 0.1)],
]
ONE = [[(0.55, 0.1), (0.45, 0.9)]]
DIGITS = {"seven": SEVEN, "four": FOUR, "five": FIVE, "one": ONE}
SIMILAR = 12
"""Gray levels by which images of the same digit differ at most, on average."""


def draw(
    strokes: Sequence[Sequence[tuple[float, float]]],
    *,
    size: int = 200,
    pen: int = 12,
    ink: int = 0,
    paper: int = 255,
) -> NDArray[np.uint8]:
    """Return (size, size) uint8 with strokes through points (x, y) of the unit square."""
    page = np.full((size, size), paper, np.uint8)
    for stroke in strokes:
        points = np.rint(np.array(stroke) * size).astype(np.int32)
        cv2.polylines(page, [points], False, ink, pen, cv2.LINE_AA)
    return page


def photograph(
    page: NDArray[np.uint8], *, seed: int = 0, noise: float = 3, dim: float = 0.5
) -> NDArray[np.uint8]:
    """Return a simulated photo of a page: blurred, lit from the left, noisy."""
    height, width = page.shape
    light = 1 - dim * np.linspace(0, 1, width)[None, :] * np.linspace(0.6, 1, height)[:, None]
    photo = cv2.GaussianBlur(page, (0, 0), 1.5) * light
    photo = photo + np.random.default_rng(seed).normal(0, noise, page.shape)
    return np.asarray(np.clip(photo, 0, 255), np.uint8)


def encode(picture: NDArray[Any] | Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Return the bytes of an image file."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def as_ink(image: NDArray[Any]) -> NDArray[np.float32]:
    """Return numbers from 0 to 255 as fractions."""
    return np.asarray(image, np.float32) / np.float32(255)


def mean_difference(first: NDArray[np.uint8] | None, second: NDArray[np.uint8] | None) -> float:
    """Return the mean absolute difference of two images in gray levels."""
    assert first is not None
    assert second is not None
    return float(np.abs(first.astype(float) - second).mean())


def ink_of(gray: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the ink that is found in a gray picture; there is some."""
    ink = find_ink(gray)
    assert not isinstance(ink, str), ink
    return ink


def image_of(page: Page) -> Page:
    """Return the normalized ink of a page."""
    return normalize(ink_of(as_ink(page)))


def add_rules(page: Page, *, step: int, shade: int, tilt: int = 0) -> Page:
    """Draw ruled lines on a page."""
    lines = np.full(page.shape, 255, np.uint8)
    for y in range(step // 2, len(page), step):
        cv2.line(lines, (0, y), (page.shape[1] - 1, y + tilt), shade, 2)
    return np.minimum(page, lines)
