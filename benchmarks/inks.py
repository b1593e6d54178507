"""Draw digits in difficult ink and on difficult paper: one generator per kind of fault.

The digits are those of MNIST's validation set, enlarged, and pen digits. The right answer is the digit; None
where every reader should refuse.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from pen import pen_digit

from inklab.data import Split, load_mnist

Ink: TypeAlias = NDArray[np.float32]
"""(h, w) in [0, 1], 0 no ink and 1 full ink."""
Labeled: TypeAlias = tuple[NDArray[np.uint8], int | None]
"""A picture, and its digit; None if it must be refused."""


def grey_crops(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield photos of a digit on gray paper, squared up with white, black, or any gray."""
    for _ in range(n):
        ink, label = _digit(rng)
        height, width = ink.shape
        across = rng.uniform(0.05, 0.4)
        crop = _place(ink, round(height * 1.3), round(width * (1 + 2 * across)), rng)
        photo = _photo(crop, rng, paper=int(rng.integers(140, 241)), noise=rng.choice([0, 0, 2, 4]))
        side = max(photo.shape)
        side += int(rng.choice([0, side // 4]))
        level = int(rng.choice([255, 255, 255, 0, rng.integers(256)]))
        page = np.full((side, side), level, np.uint8)
        top, left = (side - photo.shape[0]) // 2, (side - photo.shape[1]) // 2
        page[top : top + photo.shape[0], left : left + photo.shape[1]] = photo
        yield page, label


def tiny(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield digits 6 to 9 pixels high on a white page."""
    for _ in range(n):
        ink, label = _digit(rng)
        height = int(rng.integers(6, 10))
        small = _resize(ink, height / ink.shape[0])
        yield _photo(_place(small, *2 * [max(*small.shape, 10) + int(rng.integers(2, 20))], rng), rng), label


def blurred(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield photos of digits, out of focus, with noise and uneven light."""
    for _ in range(n):
        ink, label = _digit(rng)
        page = _place(ink, *2 * [int(max(ink.shape) * rng.uniform(1.4, 2.2))], rng)
        sigma = rng.uniform(0.03, 0.07) * max(ink.shape)
        soft = _resize(np.asarray(cv2.GaussianBlur(page, (0, 0), sigma), np.float32), 62 / len(page))
        paper, dark = int(rng.integers(120, 230)), int(rng.integers(30, 90))
        yield (
            _photo(
                soft, rng, paper=paper, ink_level=dark, noise=rng.uniform(0.5, 2), shade=rng.uniform(0, 0.3)
            ),
            label,
        )


def beside_a_stop(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield a digit with a full stop or a comma at its foot."""
    for _ in range(n):
        ink, label = _digit(rng)
        size = max(ink.shape)
        page = _place(ink, 2 * size, 2 * size, rng, jitter=0)
        ys, xs = np.nonzero(page > 0.5)
        radius = size * rng.uniform(0.03, 0.07)
        side = rng.choice([-1, 1, 1, 1])
        gap = radius + size * rng.uniform(0.04, 0.2)
        x = xs.max() + gap if side > 0 else xs.min() - gap
        y = ys.max() + size * rng.uniform(-0.15, 0.05)
        tail = (
            (x, y)
            if rng.random() < 0.5
            else (x - radius * rng.uniform(0, 2), y + radius * rng.uniform(1.5, 3.5))
        )
        yield _photo(np.maximum(page, _stroke([(x, y), tail], 2 * radius, len(page))), rng), label


def beside_a_blot(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield a digit beside a struck-out one: dense strokes back and forth."""
    for _ in range(n):
        ink, label = _digit(rng)
        size = max(ink.shape)
        page = _place(ink, 3 * size, 3 * size, rng, jitter=0)
        xs = np.flatnonzero((page > 0.5).any(axis=0))
        wide, high = size * rng.uniform(0.35, 0.7), size * rng.uniform(0.35, 0.8)
        left = (
            xs.max() + size * rng.uniform(0.1, 0.4)
            if rng.random() < 0.5
            else xs.min() - wide - size * rng.uniform(0.1, 0.4)
        )
        turns = int(rng.integers(7, 14))
        points = [
            (left + wide * (i % 2) + rng.normal(0, 0.05 * wide), 1.5 * size - high / 2 + high * i / turns)
            for i in range(turns)
        ]
        yield _photo(np.maximum(page, _stroke(points, size * rng.uniform(0.06, 0.12), len(page))), rng), label


def on_print(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield tight crops on printed or patterned paper, with no margin or a tenth."""
    for _ in range(n):
        ink, label = _digit(rng)
        size = max(ink.shape)
        margin = int(size * rng.choice([0, 0, 0.1]))
        page = np.pad(ink, margin)
        y, x = np.mgrid[: page.shape[0], : page.shape[1]]
        pattern = np.zeros(page.shape)
        for _ in range(rng.integers(1, 4)):
            angle, period = rng.uniform(0, np.pi), size * rng.uniform(0.05, 0.4)
            wave = (x * np.cos(angle) + y * np.sin(angle)) / period
            wave += rng.uniform(0, 1) * np.sin((x * np.sin(angle) - y * np.cos(angle)) / period / 2)
            pattern += np.cos(2 * np.pi * wave) > rng.uniform(-0.5, 0.9)
        print_ink = np.asarray(
            cv2.GaussianBlur(pattern / pattern.max(), (0, 0), 0.02 * size) if pattern.any() else pattern
        )
        paper = int(rng.integers(190, 245))
        depth = rng.uniform(0.05, 0.2)
        level = (1 - depth * print_ink) * paper
        dark = int(rng.integers(20, 90))
        gray = level * (1 - page) + dark * page + rng.normal(0, rng.uniform(1, 5), page.shape)
        side = int(rng.integers(32, 80))
        yield _uint8(_resize(gray.astype(np.float32), side / max(gray.shape))), label


def thick(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield digits in 8 x 8 cells of 17 grays, enlarged to 56 x 56 with margins of 0, 8, or 14 pixels."""
    for _ in range(n):
        ink, label = _digit(rng)
        grown = _resize(ink, 24 / max(ink.shape))
        grown = np.asarray(cv2.dilate(grown, np.ones((2, 2), np.uint8)) if rng.random() < 0.2 else grown)
        box = np.zeros((32, 32), np.float32)
        grown = _resize(grown, 30 / max(grown.shape))
        top, left = (32 - grown.shape[0]) // 2, (32 - grown.shape[1]) // 2
        box[top : top + grown.shape[0], left : left + grown.shape[1]] = grown
        cells = np.rint(16 * box.reshape(8, 4, 8, 4).mean(axis=(1, 3))) / 16
        page = cv2.resize(cells.astype(np.float32), (56, 56), interpolation=cv2.INTER_CUBIC)
        yield _uint8(255 * (1 - np.clip(np.pad(page, int(rng.choice([0, 8, 14]))), 0, 1))), label


def bold(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield digits drawn with a felt pen, 4 to 6 pixels wide for a digit of 20."""
    for _ in range(n):
        label = int(rng.integers(10))
        size = int(rng.integers(60, 200))
        ink = pen_digit(rng, label, size, size * rng.uniform(0.1, 0.17))
        yield _photo(np.pad(_crop(ink), size // 5), rng), label


def cut(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield digits of which a side lies outside the picture: the digit, or a refusal, is right."""
    for _ in range(n):
        ink, label = _digit(rng)
        size = max(ink.shape)
        page = np.pad(ink, size // 4)
        side, amount = int(rng.integers(4)), rng.uniform(0.1, 0.35)
        turned = np.rot90(page, side)
        length = ink.shape[side % 2]
        page = np.rot90(turned[size // 4 + round(amount * length) :], -side)
        yield _photo(np.ascontiguousarray(page), rng), label


def outlines(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield the outlines of digits, as of an edge detector or of hollow letters."""
    for _ in range(n):
        if rng.random() < 0.5:
            ink, label = _digit(rng)
        else:
            label = int(rng.integers(10))
            ink = _crop(pen_digit(rng, label, 120, 120 * rng.uniform(0.07, 0.14)))
        ink = np.pad(_resize(ink, 120 / max(ink.shape)), 24)
        if rng.random() < 0.5:
            edges = cv2.Canny(_uint8(255 * ink), 80, 200)
            line = cv2.dilate(edges, np.ones((2, 2), np.uint8)).astype(np.float32) / 255
        else:
            mask = (ink > 0.5).astype(np.uint8)
            line = cv2.morphologyEx(
                mask, cv2.MORPH_GRADIENT, np.ones((k := int(rng.integers(3, 6)), k), np.uint8)
            )
        yield _photo(line.astype(np.float32), rng), label


def plain(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield the images of MNIST's validation set unchanged."""
    for index in rng.permutation(len(_valid()))[:n]:
        image, label = _valid()[int(index)]
        yield image, int(label)


def tight(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield digits cropped to their ink, 20 to 200 pixels high."""
    for _ in range(n):
        ink, label = _digit(rng)
        yield _photo(_resize(ink, rng.uniform(20, 200) / max(ink.shape)), rng), label


def enlarged(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield MNIST's validation images 2 to 10 times as large, by any interpolation."""
    for image, label in plain(n, rng):
        method = int(rng.choice([cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC]))
        times = int(rng.integers(2, 11))
        yield np.asarray(cv2.resize(image, None, fx=times, fy=times, interpolation=method), np.uint8), label


def photos(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield photos of digits, with noise and uneven light."""
    for _ in range(n):
        ink, label = _digit(rng)
        page = _place(ink, *2 * [int(max(ink.shape) * rng.uniform(1.2, 3))], rng)
        page = _resize(page, rng.uniform(80, 400) / len(page))
        yield (
            _photo(
                page,
                rng,
                paper=int(rng.integers(150, 240)),
                ink_level=int(rng.integers(20, 110)),
                noise=rng.uniform(0, 6),
                shade=rng.uniform(0, 0.6),
            ),
            label,
        )


GENERATORS: dict[str, Callable[[int, np.random.Generator], Iterator[Labeled]]] = {
    "gray crop, squared up": grey_crops,
    "tiny digit": tiny,
    "blurred photo": blurred,
    "full stop or comma beside": beside_a_stop,
    "struck-out blot beside": beside_a_blot,
    "tight crop on print": on_print,
    "8 x 8 enlarged": thick,
    "felt pen": bold,
    "cut by the side": cut,
    "outline": outlines,
    "MNIST valid": plain,
    "tight crop": tight,
    "MNIST valid enlarged": enlarged,
    "photo": photos,
}
"""Name -> generator of n labeled pictures."""


@cache
def _valid() -> Split:
    return load_mnist().valid


def _digit(rng: np.random.Generator) -> tuple[Ink, int]:
    """Return the cropped ink of a digit about 200 pixels high: one of MNIST's, or one that a pen draws."""
    if rng.random() < 0.5:
        image, label = _valid()[int(rng.integers(len(_valid())))]
        large = cv2.resize(image.astype(np.float32) / 255, (280, 280), interpolation=cv2.INTER_CUBIC)
        soft = cv2.GaussianBlur(large, (0, 0), 4)
        return _crop(np.clip((soft - 0.35) / 0.3, 0, 1)), int(label)
    label = int(rng.integers(10))
    return _crop(pen_digit(rng, label, 200, rng.uniform(10, 30))), label


def _crop(ink: Ink) -> Ink:
    mask = ink > 0.05
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32)


def _resize(ink: Ink, scale: float) -> Ink:
    size = [max(1, round(length * scale)) for length in ink.shape[::-1]]
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(ink, size, interpolation=method), np.float32)


def _place(ink: Ink, height: int, width: int, rng: np.random.Generator, *, jitter: float = 1) -> Ink:
    """Return a page of at least this size with the ink, near its middle."""
    page = np.zeros((max(height, ink.shape[0]), max(width, ink.shape[1])), np.float32)
    top, left = (
        round((outer - inner) / 2 * (1 + jitter * rng.uniform(-0.8, 0.8)))
        for outer, inner in zip(page.shape, ink.shape, strict=True)
    )
    page[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return page


def _stroke(points: list[tuple[float, float]], width: float, side: int) -> Ink:
    page = np.zeros((side, side), np.uint8)
    path = np.rint(np.array(points)).astype(np.int32)
    cv2.polylines(
        page, [path], isClosed=False, color=255, thickness=max(1, round(width)), lineType=cv2.LINE_AA
    )
    return page.astype(np.float32) / 255


def _photo(
    ink: Ink,
    rng: np.random.Generator,
    *,
    paper: int = 255,
    ink_level: int = 0,
    noise: float = 0,
    shade: float = 0,
) -> NDArray[np.uint8]:
    """Return ink on paper, with a linear shade towards one side and noise."""
    gray = paper + (ink_level - paper) * ink
    if shade:
        angle = rng.uniform(0, 2 * np.pi)
        y, x = np.mgrid[-1 : 1 : gray.shape[0] * 1j, -1 : 1 : gray.shape[1] * 1j]
        gray = gray * (1 - shade * (1 + x * np.cos(angle) / 2 + y * np.sin(angle) / 2) / 2)
    if noise:
        gray = gray + rng.normal(0, noise, gray.shape)
    return _uint8(gray)


def _uint8(gray: NDArray[np.floating]) -> NDArray[np.uint8]:
    return np.asarray(np.clip(np.rint(gray), 0, 255), np.uint8)
