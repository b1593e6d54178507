"""Drawings that are neither a digit nor a letter."""

import cv2
import numpy as np
from numpy.typing import NDArray

CANVAS_SIZE = 80
"""Width and height of a drawing in pixels."""

Ink = NDArray[np.float32]
"""(h, w) float32; paper is 0 and ink is 1."""
Path = NDArray[np.float64]
"""(m, 2) float64: the points of a line, x and y in pixels."""


def scribble(rng: np.random.Generator) -> Ink:
    """Return a smooth line through many random points."""
    return draw_stroke(rng, round_corners(rng.uniform(10, CANVAS_SIZE - 10, (rng.integers(8, 17), 2))))


def spiral(rng: np.random.Generator) -> Ink:
    """Return a line with a spiral at one end or at both ends."""
    ends = rng.uniform(10, CANVAS_SIZE - 10, (2, 2))
    between = rng.uniform(5, CANVAS_SIZE - 5, (rng.integers(0, 4), 2))
    path = [_spiral_path(rng, ends[0])] if happens(rng, 0.5) else []
    path += [between, _spiral_path(rng, ends[1])[::-1]]
    return draw_stroke(rng, round_corners(np.concatenate(path)), max_width=6)


def loops(rng: np.random.Generator) -> Ink:
    """Return a row of loops."""
    t = np.linspace(0, 2 * np.pi * rng.uniform(2.5, 6), 150)
    size = rng.uniform(8, 25) * (1 + 0.4 * np.sin(t * rng.uniform(0.1, 0.5)))
    x = t * rng.uniform(1, 6) + size * np.cos(t)
    y = size * rng.uniform(0.5, 2) * np.sin(t)
    return draw_stroke(rng, _fit_to_canvas(np.stack([x, y], axis=1) @ _random_rotation(rng)))


def zigzag(rng: np.random.Generator) -> Ink:
    """Return a line with at least four turns from side to side."""
    n = int(rng.integers(6, 15))
    y = np.where(np.arange(n) % 2, 1, -1) * rng.uniform(8, 30, n)
    path = np.stack([np.linspace(0, rng.uniform(20, 90), n) + rng.normal(0, 2, n), y], axis=1)
    path = _fit_to_canvas(path @ _random_rotation(rng))
    return draw_stroke(rng, round_corners(path) if happens(rng, 0.5) else path)


def polygon(rng: np.random.Generator) -> Ink:
    """Return a filled and shaded polygon."""
    angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 11)))
    radii = rng.uniform(10, 36, len(angles))
    corners = CANVAS_SIZE / 2 + radii[:, None] * _unit_vectors(angles) * rng.uniform(0.5, 1, 2)
    ink = np.zeros((CANVAS_SIZE, CANVAS_SIZE), np.uint8)
    cv2.fillPoly(ink, [np.rint(corners).astype(np.int32)], 255)
    shade = _smooth_noise(rng, rng.uniform(2, 15)) * rng.uniform(0, 0.8)
    return as_ink(ink) * (1 - shade)


def symmetric_boxes(rng: np.random.Generator) -> Ink:
    """Return a few overlapping gray boxes, mostly mirrored at the vertical axis, as clothing looks."""
    ink = np.zeros((CANVAS_SIZE, CANVAS_SIZE), np.float32)
    for _ in range(rng.integers(2, 6)):
        width, height = int(rng.integers(4, 36)), int(rng.integers(6, 60))
        offset, top = int(rng.integers(0, 30)), int(rng.integers(5, 70 - height + 5))
        gray = rng.uniform(0.0, 1)
        for side in (-1, 1) if happens(rng, 0.8) else (1,):
            left = max(0, 40 + side * offset - width // 2)
            ink[top : top + height, left : left + width] = gray
    return np.asarray(ink * (1 - rng.uniform(0, 0.6) * _smooth_noise(rng, rng.uniform(1, 8))), np.float32)


def texture(rng: np.random.Generator) -> Ink:
    """Return clouds, grain, spots, or stripes over the whole canvas."""
    ink = _smooth_noise(rng, float(np.exp(rng.uniform(0, 2.5))))
    if happens(rng, 0.3):
        phase = np.add.outer(np.arange(CANVAS_SIZE) * rng.normal(), np.arange(CANVAS_SIZE) * rng.normal())
        ink = np.asarray(np.sin(phase * rng.uniform(0.2, 1)) / 2 + 0.5, np.float32)
    if happens(rng, 0.6):
        ink = (ink > rng.uniform(0.4, 0.7)).astype(np.float32)
    return ink


def separate_strokes(rng: np.random.Generator) -> Ink:
    """Return three to six straight strokes at random positions."""
    ink = np.zeros((CANVAS_SIZE, CANVAS_SIZE), np.float32)
    for _ in range(rng.integers(3, 7)):
        ink = np.maximum(ink, draw_stroke(rng, rng.uniform(5, CANVAS_SIZE - 5, (2, 2))))
    return ink


def crossing_strokes(rng: np.random.Generator) -> Ink:
    """Return two to four straight strokes through one point: a plus, a cross, or a star."""
    ink, n = np.zeros((CANVAS_SIZE, CANVAS_SIZE), np.float32), int(rng.choice((2, 2, 3, 4)))
    rotation = rng.uniform(0, np.pi) * rng.integers(2)  # one in two is upright
    for angle in rotation + np.pi / n * np.arange(n) + rng.normal(0, 0.08, n):
        end = rng.uniform(22, 36) * _unit_vectors(angle)
        center = CANVAS_SIZE / 2 + rng.normal(0, 2, 2)
        ink = np.maximum(ink, draw_stroke(rng, np.stack([center - end, center + end])))
    return ink


def arch(rng: np.random.Generator) -> Ink:
    """Return half an ellipse with a straight leg at each end, open to any side."""
    x_radius, y_radius, leg = rng.uniform(12, 30), rng.uniform(10, 30), rng.uniform(0, 30)
    half = np.array([x_radius, y_radius]) * _unit_vectors(np.linspace(0, np.pi, 20))
    legs = np.array([[x_radius, -leg], [-x_radius, -leg]]) * rng.uniform(0.8, 1.3, (2, 2))
    path = np.concatenate([legs[:1], half, legs[1:]])
    rotation = _random_rotation(rng) if rng.integers(2) else np.eye(2)
    return draw_stroke(rng, _fit_to_canvas(path @ rotation))


def flat_lines(rng: np.random.Generator) -> Ink:
    """Return one or two lines that are closer to horizontal than to vertical."""
    ink = np.zeros((CANVAS_SIZE, CANVAS_SIZE), np.float32)
    slope = rng.uniform(-0.6, 0.6)
    for y in rng.uniform(25, 55, rng.integers(1, 3)):
        half = rng.uniform(15, 35)
        ends = np.array([[40 - half, y - half * slope], [40 + half, y + half * slope]])
        bend = ends.mean(axis=0) + rng.normal(0, 2, 2)
        ink = np.maximum(ink, draw_stroke(rng, round_corners(np.stack([ends[0], bend, ends[1]]))))
    return ink


def narrow_ten(rng: np.random.Generator) -> Ink:
    """Return a 10 whose 1 touches or crosses the left side of its 0, often with a flag."""
    x_radius, y_radius = rng.uniform(9, 18), rng.uniform(19, 30)
    center, tilt = np.array([46, 40]), np.array([[1, 0], [-rng.uniform(-0.1, 0.35), 1]])
    stem_x = -x_radius + rng.uniform(-8, 4)
    stem = np.array([[stem_x, -y_radius - rng.uniform(-4, 6)], [stem_x, y_radius + rng.uniform(-4, 6)]])
    if happens(rng, 0.5):
        stem = np.concatenate([stem[:1] + rng.uniform((-14, 5), (-5, 14)), stem])
    ring = np.array([x_radius, y_radius]) * _unit_vectors(np.linspace(0, 2 * np.pi, 40))
    width = int(rng.integers(2, 8))
    strokes = (draw_stroke(rng, center + path @ tilt, width=width) for path in (stem, ring))
    return np.maximum(*strokes)


def outline_with_marks(rng: np.random.Generator) -> Ink:
    """Return a closed outline with two to six small marks inside."""
    radii, corners = rng.uniform(18, 34, 2), int(rng.choice((4, 5, 6, 7, 40)))
    angles = rng.uniform(0, np.pi) + np.linspace(0, 2 * np.pi, corners + 1)
    ink = draw_stroke(rng, CANVAS_SIZE / 2 + radii * _unit_vectors(angles))
    for _ in range(rng.integers(2, 7)):
        ink = np.maximum(ink, _draw_mark(rng, CANVAS_SIZE / 2 + radii * rng.uniform(-0.55, 0.55, 2)))
    return ink


def dots(rng: np.random.Generator) -> Ink:
    """Return one to four filled ellipses."""
    ink = np.zeros((CANVAS_SIZE, CANVAS_SIZE), np.uint8)
    for _ in range(rng.integers(1, 5)):
        center = [int(v) for v in rng.integers(20, CANVAS_SIZE - 20, 2)]
        axes = [int(v) for v in rng.integers(3, 16, 2)]
        cv2.ellipse(ink, center, axes, float(rng.uniform(0, 180)), 0, 360, 255, -1)
    return as_ink(ink)


def as_ink(page: NDArray[np.uint8]) -> Ink:
    """Return a uint8 page, ink 255, as float32, ink 1."""
    return np.asarray(page, np.float32) / np.float32(255)


def deform(rng: np.random.Generator, ink: Ink, strength: float) -> Ink:
    """Return ink under a random affine map about its center, which changes each coefficient by `strength`."""
    matrix = np.eye(2) + rng.uniform(-strength, strength, (2, 2))
    center = np.array(ink.shape[::-1]) / 2
    offset = center - matrix @ center
    return np.asarray(cv2.warpAffine(ink, np.column_stack([matrix, offset]), ink.shape[::-1]), np.float32)


def draw_stroke(rng: np.random.Generator, path: Path, *, max_width: int = 10, width: int = 0) -> Ink:
    """Return a line through the points of a path, `width` or else 2 to `max_width` - 1 pixels wide."""
    ink, width = np.zeros((CANVAS_SIZE, CANVAS_SIZE), np.uint8), width or int(rng.integers(2, max_width))
    points = np.rint(path * 16).astype(np.int32)  # in sixteenths of a pixel
    cv2.polylines(ink, [points], isClosed=False, color=255, thickness=width, lineType=cv2.LINE_AA, shift=4)
    return as_ink(ink)


def _draw_mark(rng: np.random.Generator, position: NDArray[np.float64]) -> Ink:
    """Return a dot, a ring, or a short curved stroke."""
    if happens(rng, 0.4):
        ink = np.zeros((CANVAS_SIZE, CANVAS_SIZE), np.uint8)
        thickness = -1 if happens(rng, 0.7) else 2  # -1 fills the circle
        cv2.circle(ink, [int(v) for v in position], int(rng.integers(2, 7)), 255, thickness, cv2.LINE_AA)
        return as_ink(ink)
    start, end = np.array([-1, 1])[:, None] * rng.uniform(-12, 12, 2)
    path = round_corners(position + np.stack([start, rng.normal(0, 6, 2), end]))
    return draw_stroke(rng, path, max_width=6)


def _spiral_path(rng: np.random.Generator, center: NDArray[np.float64]) -> Path:
    """Return a spiral from a center outwards, clockwise or counterclockwise."""
    turns = rng.uniform(1.5, 4) * 2 * np.pi
    angles = np.linspace(0, turns, 60)
    radii = rng.choice((6, 20)) * rng.uniform(0.4, 1) * angles / turns
    angles = rng.choice((-1, 1)) * angles + rng.uniform(0, 2 * np.pi)
    path: Path = center + radii[:, None] * _unit_vectors(angles)
    return path


def _unit_vectors(angles: NDArray[np.float64] | np.float64) -> Path:
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)


def _random_rotation(rng: np.random.Generator) -> NDArray[np.float64]:
    return _unit_vectors(rng.uniform(0, 2 * np.pi) + np.array([0, np.pi / 2]))


def _fit_to_canvas(path: Path) -> Path:
    """Return a path moved and scaled to fit the canvas, with a margin of 12 pixels."""
    fitted: Path = path - path.min(axis=0)
    return fitted * float((CANVAS_SIZE - 24) / fitted.max()) + 12


def round_corners(path: Path) -> Path:
    """Return a path with rounded corners, by three rounds of Chaikin's algorithm."""
    for _ in range(3):
        before, after = path[:-1], path[1:]
        cuts = np.stack([0.75 * before + 0.25 * after, 0.25 * before + 0.75 * after], axis=1)
        path = cuts.reshape(-1, 2)
    return path


def _smooth_noise(rng: np.random.Generator, sigma: float) -> Ink:
    """Return noise from 0 to 1 over the canvas, smoothed by a Gaussian of `sigma` pixels."""
    noise = rng.normal(size=(CANVAS_SIZE, CANVAS_SIZE)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), sigma)
    return np.asarray((smooth - smooth.min()) / np.ptp(smooth), np.float32)


def happens(rng: np.random.Generator, probability: float) -> bool:
    """Return True with this probability."""
    return bool(rng.random() < probability)
