"""Generate pictures without a digit, on which the shipped network is evaluated.

They come from other generators than the negatives of the training set: printed letters that training has only
as a pen writes them, in other fonts, and clothing and faces, which training does not have at all. Lines and
dots are of a kind that training has, and so is the shape of a U (`bow`).
"""

import gzip
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from matplotlib import get_data_path
from numpy.typing import NDArray

from inklab.training.negatives.letters import TEST_LETTERS, render_text

Picture = NDArray[np.uint8]

FONTS = ("cmb10", "cmmi10", "cmr10", "cmss10", "cmti10", "cmtt10")
"""Computer Modern, which matplotlib includes; no training set uses it."""
FASHION = Path("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")
"""The file of the Debian package dataset-fashion-mnist."""

_SIZE = 160


def letters(n: int, rng: np.random.Generator) -> Iterator[Picture]:
    """Yield letters, dark on light, slightly sheared, rotated, and scaled, thin or bold."""
    for number in range(n):
        font = Path(get_data_path()) / f"fonts/ttf/{rng.choice(FONTS)}.ttf"
        ink = render_text(TEST_LETTERS[number % len(TEST_LETTERS)], font)
        deformation = np.eye(2) + rng.uniform(-0.15, 0.15, (2, 2))
        center = np.full(2, _SIZE / 2)
        matrix = np.column_stack([deformation, center - deformation @ center])
        ink = np.asarray(cv2.warpAffine(ink, matrix, (_SIZE, _SIZE)), np.float32)
        ink = np.asarray(cv2.dilate(ink, np.ones((k := rng.integers(1, 6), k), np.uint8)), np.float32)
        yield _dark_on_white(ink)


def scribbles(n: int, rng: np.random.Generator) -> Iterator[Picture]:
    """Yield long random strokes of a pen."""
    for _ in range(n):
        steps = int(rng.integers(250, 700))
        turning = np.cumsum(rng.normal(0, 0.12, steps))
        heading = np.cumsum(turning * rng.uniform(0.2, 0.6)) + rng.uniform(0, 2 * np.pi)
        path = np.cumsum(np.stack([np.cos(heading), np.sin(heading)], axis=1) * 5, axis=0)
        path -= path.min(axis=0)
        yield _drawn([path / max(path.max(), 1) * (_SIZE - 40) + 20], int(rng.integers(2, 9)))


def lines(n: int, rng: np.random.Generator) -> Iterator[Picture]:
    """Yield one to three horizontal lines, a cross, or a grid."""
    for number in range(n):
        tilt, count = rng.normal(0, 4), 1 + number % 3
        heights = 80 + 30 * (np.arange(count) - (count - 1) / 2) + rng.normal(0, 4)
        horizontal = [np.array([[20, y], [140, y + tilt]]) for y in heights]
        vertical = [line[:, ::-1] for line in horizontal]
        yield _drawn(horizontal + (vertical if number % 2 else []), int(rng.integers(2, 9)))


def dots(n: int, rng: np.random.Generator) -> Iterator[Picture]:
    """Yield one round dot per picture, of any size."""
    for _ in range(n):
        ink = np.zeros((_SIZE, _SIZE), np.uint8)
        center = [int(v) for v in rng.integers(60, 100, 2)]
        cv2.circle(ink, center, int(rng.integers(2, 40)), 255, -1, cv2.LINE_AA)
        yield 255 - ink


def faces(n: int, rng: np.random.Generator) -> Iterator[Picture]:
    """Yield simple drawn faces: a circle, two eyes, a mouth, and sometimes a nose."""
    for _ in range(n):
        ink = np.zeros((_SIZE, _SIZE), np.uint8)
        pen, wide = int(rng.integers(2, 7)), int(rng.integers(40, 70))
        eye, high = int(rng.integers(12, 25)), int(rng.integers(50, 72))
        cv2.ellipse(ink, (80, 80), (wide, high), 0, 0, 360, 255, pen, cv2.LINE_AA)
        for side in (-1, 1):
            cv2.circle(ink, (80 + side * eye, 65), int(rng.integers(3, 8)), 255, -1, cv2.LINE_AA)
        cv2.ellipse(ink, (80, 100), (eye, int(rng.integers(4, 18))), 0, 0, 180, 255, pen, cv2.LINE_AA)
        if rng.random() < 0.5:
            cv2.line(ink, (80, 75), (76, 90), 255, pen, cv2.LINE_AA)
        yield 255 - ink


def textures(n: int, rng: np.random.Generator) -> Iterator[Picture]:
    """Yield checkerboards, plaids, rings, gradients, and noise."""
    y, x = np.mgrid[:_SIZE, :_SIZE]
    for number in range(n):
        size, angle = rng.uniform(4, 40), rng.uniform(0, np.pi)
        across, along = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
        grain = rng.random((_SIZE, _SIZE)) < rng.uniform(0.05, 0.6)
        field = (
            (np.floor(across / size) + np.floor(along / size)) % 2,
            np.sin(across / size) + np.sin(along / size * rng.uniform(0.5, 2)),
            np.sin(np.hypot(x - 80, y - 80) / size * 2),
            across + rng.normal(0, size, (_SIZE, _SIZE)),
            grain.astype(np.float64),
        )[number % 5]
        yield np.asarray(np.rint(255 * (field - field.min()) / np.ptp(field)), np.uint8)


def fashion(n: int, rng: np.random.Generator) -> Iterator[Picture]:
    """Yield clothing, shoes, and bags, light on dark."""
    with gzip.open(FASHION) as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    yield from images[rng.permutation(len(images))[:n]]


GENERATORS = {
    "letters": (letters, 1000),
    "scribbles": (scribbles, 500),
    "lines": (lines, 200),
    "dots": (dots, 200),
    "faces": (faces, 200),
    "textures": (textures, 500),
    "fashion": (fashion, 2000),
}
"""Name -> generator, and the number of pictures to evaluate on."""


def _drawn(paths: list[NDArray[np.float64]], pen: int) -> Picture:
    ink = np.zeros((_SIZE, _SIZE), np.uint8)
    points = [np.rint(path * 16).astype(np.int32) for path in paths]
    cv2.polylines(ink, points, isClosed=False, color=255, thickness=pen, lineType=cv2.LINE_AA, shift=4)
    return 255 - ink


def _dark_on_white(ink: NDArray[np.float32]) -> Picture:
    return np.asarray(np.rint(255 * (1 - np.clip(ink, 0, 1))), np.uint8)
