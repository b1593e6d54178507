"""Draw digits in the cells of forms and puzzles, and on ruled paper: one generator per kind of line.

The digits are those of MNIST's validation set, enlarged, and pen digits. The right answer is the digit; None
where every reader should refuse.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from pen import DIGITS, pen_digit

from inklab.data import Split, load_mnist

Floats: TypeAlias = NDArray[np.float32]
Line: TypeAlias = tuple[Sequence[float], Sequence[float], float]
"""The ends (x, y) and the thickness of a line, in pixels."""
Labeled: TypeAlias = tuple[NDArray[np.uint8], int | None]
"""A picture, and its digit; None if it must be refused."""


def some_sides(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield digits with lines along one, two, or three sides of the picture."""
    for number in range(n):
        size, thick = _size(rng), rng.uniform(0.01, 0.12)
        count = 1 + number % 3
        sides = rng.permutation(4)[:count]
        depths = np.where(np.isin(np.arange(4), sides), thick + rng.uniform(0, 0.06, 4) * rng.integers(2), -1)
        ink, label = _digit(rng, size)
        yield _picture(ink, _frame(depths * size, thick * size, size, rng), rng), label


def corner(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield digits in a corner of a cell: two lines that begin where they meet, inside the picture."""
    for _ in range(n):
        size, thick = _size(rng), rng.uniform(0.01, 0.08)
        x, y = size * (thick / 2 + rng.uniform(0, 0.08, 2))
        ink, label = _digit(rng, size)
        lines = [((x, y), (2 * size, y), thick * size), ((x, y), (x, 2 * size), thick * size)]
        layer = np.rot90(_drawn(lines, size), rng.integers(4))
        yield _picture(ink, np.ascontiguousarray(layer), rng), label


def leaving_lines(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield photos of digits with one or two slanting lines that leave the picture."""
    for number in range(n):
        size, thick = _size(rng, small=60), rng.uniform(0.01, 0.05)
        depths = np.full(4, -1.0)
        depths[rng.permutation(4)[: 1 + number % 2]] = thick + rng.uniform(0, 0.06)
        ink, label = _digit(rng, size)
        layer = _frame(depths * size, thick * size, size, rng, tilt=rng.uniform(0.02, 0.08))
        yield _picture(ink, layer, rng, photo=True), label


def dark_lines(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield digits in faint ink in a frame of much darker lines, with paper outside."""
    for _ in range(n):
        size, thick = _size(rng, small=60), rng.uniform(0.02, 0.06)
        ink, label = _digit(rng, size)
        depths = size * (thick + rng.uniform(0, 0.06, 4))
        layer = _frame(depths, thick * size, size, rng)
        yield _picture(ink, layer, rng, faint_ink=True), label


def dark_bands(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield photos of digits in fainter ink beside a dark band along one or two sides."""
    for number in range(n):
        size, thick = _size(rng, small=60), rng.uniform(0.02, 0.12)
        depths = np.full(4, -1.0)
        depths[rng.permutation(4)[: 1 + number % 2]] = thick
        ink, label = _digit(rng, size)
        layer = _frame(depths * size, 2 * thick * size, size, rng)
        yield _picture(ink, layer, rng, photo=True, faint_ink=True), label


def sudoku_cells(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield photos of sudoku cells, cut out with their lines and a margin of the neighboring cells."""
    for _ in range(n):
        cell = _size(rng)
        thick, bold = sorted(rng.uniform(0.01, 0.12, 2))
        margin = rng.uniform(0, 0.12)
        size = round(cell * (1 + 2 * margin))
        ink, label = _digit(rng, size, label=int(rng.integers(1, 10)), share=1 / (1 + 2 * margin))
        thickness = np.where(rng.random(4) < 0.3, bold, thick) * cell
        layer = _grid(margin * cell, cell, thickness, size, rng.uniform(-0.04, 0.04))
        yield _picture(ink, layer, rng, photo=bool(rng.integers(4))), label


def form_cells(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield scanned form cells, cut out by their place: the lines lie at, across, or outside the sides."""
    for _ in range(n):
        size, thick = _size(rng), max(rng.uniform(0.01, 0.06), 0.02)
        ink, label = _digit(rng, size)
        depths = size * (thick + rng.uniform(-0.06, 0.08, 4))
        layer = _frame(depths, thick * size, size, rng, tilt=rng.uniform(0, 0.015))
        yield _picture(ink, layer, rng, photo=False), label


def squared_paper(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield photos of digits on squared paper, 300 to 800 pixels."""
    yield from _on_ruled_paper(n, rng, is_squared=True)


def ruled_paper(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield photos of digits on ruled paper, 300 to 800 pixels."""
    yield from _on_ruled_paper(n, rng, is_squared=False)


def several_on_ruled_paper(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield photos of two to four digits on ruled or squared paper, which a reader must refuse."""
    for number in range(n):
        count = 2 + number % 3
        part = int(rng.integers(150, 250))
        ink = np.hstack([_digit(rng, part)[0] for _ in range(count)])
        layer = _rules(ink.shape, rng, is_squared=bool(number % 2))
        yield _picture(ink, layer, rng, photo=True, thin_lines=True), None


def zigzag(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield digits that a zigzag line crosses out, from side to side."""
    for _ in range(n):
        size = _size(rng, small=60)
        ink, label = _digit(rng, size)
        count = int(rng.integers(4, 12))
        x = np.linspace(0, size, count + 1)
        y = size * (0.5 + np.where(np.arange(count + 1) % 2, 1, -1) * rng.uniform(0.05, 0.3))
        points = list(zip(x.tolist(), y.tolist(), strict=True))
        lines = [(*ends, size * 0.02) for ends in pairwise(points)]
        layer = _drawn(lines, size)
        yield _picture(np.maximum(ink, layer), np.zeros_like(ink), rng), label


def tight(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield digits cropped exactly to their ink, 20 to 200 pixels, as they are or squared up."""
    for number in range(n):
        ink, label = _digit(rng, 400)
        ys, xs = np.nonzero(ink > 0.4)
        ink = ink[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
        scale = rng.integers(20, 201) / max(ink.shape)
        size = [max(4, round(length * scale)) for length in ink.shape[::-1]]
        ink = np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.float32)
        if number % 2:
            side = max(ink.shape)
            top, left = (side - ink.shape[0]) // 2, (side - ink.shape[1]) // 2
            square = np.zeros((side, side), np.float32)
            square[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
            ink = square
        yield _picture(ink, np.zeros_like(ink), rng), label


def at_the_sides(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield digits that touch one or two sides of the picture."""
    for number in range(n):
        ink, label = _digit(rng, 300)
        ys, xs = np.nonzero(ink > 0.4)
        top, bottom, left, right = ys.min(), ys.max() + 1, xs.min(), xs.max() + 1
        boxes = ((0, bottom, 0, 300), (top, 300, 0, 300), (0, 300, left, 300), (0, bottom, 0, right))
        y0, y1, x0, x1 = boxes[number % 4]
        ink, size = ink[y0:y1, x0:x1], _size(rng)
        shape = [max(4, round(length * size / 300)) for length in ink.shape[::-1]]
        ink = np.asarray(cv2.resize(ink, shape, interpolation=cv2.INTER_AREA), np.float32)
        yield _picture(ink, np.zeros_like(ink), rng), label


def plain(n: int, rng: np.random.Generator) -> Iterator[Labeled]:
    """Yield digits with paper around them, and no lines."""
    for _ in range(n):
        ink, label = _digit(rng, _size(rng))
        yield _picture(ink, np.zeros_like(ink), rng), label


@cache
def _valid() -> Split:
    return load_mnist().valid


def _size(rng: np.random.Generator, small: int = 28) -> int:
    return int(np.exp(rng.uniform(np.log(small), np.log(200))))


def _digit(
    rng: np.random.Generator, size: int, label: int | None = None, share: float = 1
) -> tuple[Floats, int]:
    """Return the ink (size, size) of a digit in 55% to 75% of the middle of the picture, and its label."""
    if rng.integers(2):
        label = int(rng.choice(list(DIGITS))) if label is None else label
        whole = pen_digit(rng, label, 400, 400 * rng.uniform(0.04, 0.1))
    else:
        index = int(rng.integers(len(_valid())))
        while label is not None and _valid().labels[index] != label:
            index = int(rng.integers(len(_valid())))
        label = int(_valid().labels[index])
        large = cv2.resize(np.float32(_valid().images[index]), (400, 400), interpolation=cv2.INTER_CUBIC)
        whole = np.clip((np.asarray(cv2.GaussianBlur(large, (0, 0), 5)) / 255 - 0.4) / 0.2, 0, 1)
    scale = share * size / 400 * rng.uniform(0.9, 1)
    matrix = np.array([[scale, 0, size / 2 - 200 * scale], [0, scale, size / 2 - 200 * scale]])
    soft = cv2.GaussianBlur(whole, (0, 0), max(0.3, 0.4 / scale))
    return np.asarray(cv2.warpAffine(soft, matrix, (size, size)), np.float32), label


def _frame(
    depths: NDArray[Any], thick: float, size: int, rng: np.random.Generator, tilt: float = 0.01
) -> Floats:
    """Return lines whose inner edges lie at these depths from the left, top, right, bottom, on average."""
    lines: list[Line] = []
    for side, depth in enumerate(depths.tolist()):
        if depth <= 0:
            continue
        slope = rng.choice([-1, 1]) * rng.uniform(tilt / 2, tilt) * size
        start, end = depth - thick / 2 - slope, depth - thick / 2 + slope
        if side >= 2:
            start, end = size - 1 - start, size - 1 - end
        ends = ((start, -size / 2), (end, 1.5 * size))
        lines.append((*(ends if side % 2 == 0 else tuple(end[::-1] for end in ends)), thick))
    return _drawn(lines, size)


def _grid(margin: float, cell: float, thickness: NDArray[Any], size: int, angle: float) -> Floats:
    """Return the four lines around a cell, which continue into the margin, turned by an angle."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    lines = []
    for number, thick in enumerate(thickness.tolist()):
        place = margin + (cell if number % 2 else 0)
        ends = np.array([[place, -size], [place, 2 * size]]) - size / 2
        ends = (ends if number < 2 else ends[:, ::-1]) @ turn.T + size / 2
        lines.append((ends[0].tolist(), ends[1].tolist(), thick))
    return _drawn(lines, size)


def _rules(shape: tuple[int, ...], rng: np.random.Generator, *, is_squared: bool) -> Floats:
    """Return parallel lines at equal distances, and as many across."""
    step, angle = rng.uniform(0.06, 0.2) * shape[0], rng.normal(0, 0.025)
    thick = max(1.0, step * rng.uniform(0.03, 0.12))
    size = max(shape)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    lines = []
    for place in np.arange(-size, size, step) + rng.uniform(0, step):
        ends = np.array([[-size, place], [size, place]])
        for across in range(1 + is_squared):
            rotated = (ends[:, ::-1] if across else ends) @ turn.T + size / 2
            lines.append((rotated[0].tolist(), rotated[1].tolist(), thick))
    return _drawn(lines, size)[: shape[0], : shape[1]]


def _drawn(lines: Sequence[Line], size: int) -> Floats:
    """Return lines on (size, size), 1 where a line is, drawn four times as large and averaged."""
    large = np.zeros((4 * size, 4 * size), np.uint8)
    for start, end, thick in lines:
        a, b = np.array(start), np.array(end)
        across = (b - a)[::-1] * [-1, 1] / max(np.hypot(*(b - a)), 1e-9) * thick / 2
        polygon = np.array([a - across, a + across, b + across, b - across])
        cv2.fillConvexPoly(large, np.rint((polygon * 4 + 1.5) * 16).astype(np.int32), 255, shift=4)
    small = cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(small / 255, np.float32)


def _on_ruled_paper(n: int, rng: np.random.Generator, *, is_squared: bool) -> Iterator[Labeled]:
    for _ in range(n):
        size = int(rng.integers(300, 801))
        ink, label = _digit(rng, size)
        layer = _rules(ink.shape, rng, is_squared=is_squared)
        yield _picture(ink, layer, rng, photo=True, thin_lines=True), label


def _picture(
    ink: Floats,
    lines: Floats,
    rng: np.random.Generator,
    *,
    photo: bool | None = None,
    faint_ink: bool = False,
    thin_lines: bool = False,
) -> NDArray[np.uint8]:
    """Return ink and lines on paper: a clean scan, or a photo with uneven light, noise, and JPEG."""
    photo = bool(rng.integers(2)) if photo is None else photo
    contrast = rng.uniform(0.25, 0.5) if faint_ink else rng.uniform(0.5, 0.9)
    line_contrast = rng.uniform(0.75, 0.95) if faint_ink else rng.uniform(0.3, 0.95)
    if thin_lines:
        line_contrast = contrast * rng.uniform(0.3, 1)
    layers = [(lines, 1 - line_contrast), (ink, 1 - contrast)]
    page = np.ones_like(ink)
    for layer, level in layers if rng.random() < 0.7 else layers[::-1]:
        page = page * (1 - layer) + level * layer
    if not photo:
        page = 1 - (1 - page) * rng.choice([1, 1 / max(contrast, line_contrast)])
        page = page + rng.normal(0, rng.choice([0, 0.01]), page.shape)
        return np.asarray(np.clip(np.rint(255 * page), 0, 255), np.uint8)
    height, width = page.shape
    page = np.asarray(cv2.GaussianBlur(page, (0, 0), rng.uniform(0.4, 1) * max(1, height / 200)))
    direction = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light = 1 - rng.uniform(0, 0.4) * (1 + (x * np.cos(direction) + y * np.sin(direction)) / 1.5) / 2
    page = page * light * rng.uniform(0.7, 0.98) + rng.normal(0, rng.uniform(0, 0.012), page.shape)
    gray = np.asarray(np.clip(np.rint(255 * page), 0, 255), np.uint8)
    _, jpeg = cv2.imencode(".jpg", gray, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 96))])
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE), np.uint8)


GENERATORS: dict[str, Callable[[int, np.random.Generator], Iterator[Labeled]]] = {
    "lines along some sides": some_sides,
    "corner of a cell": corner,
    "lines that leave the picture": leaving_lines,
    "frame of dark lines": dark_lines,
    "dark band at a side": dark_bands,
    "sudoku cell": sudoku_cells,
    "scanned form cell": form_cells,
    "squared paper": squared_paper,
    "ruled paper": ruled_paper,
    "several digits on ruled paper": several_on_ruled_paper,
    "zigzag across": zigzag,
    "control: tight crop": tight,
    "control: at the sides": at_the_sides,
    "control: plain": plain,
}
"""Kind -> generator of n labeled pictures."""
