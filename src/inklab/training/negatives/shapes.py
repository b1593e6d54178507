"""Shapes: what a pen or a brush may leave that is neither a digit nor a letter."""

import cv2
import numpy as np
from numpy.typing import NDArray

PAGE_SIZE = 80
"""Of the canvas that a shape is drawn on, in pixels."""

Ink = NDArray[np.float32]
"""(h, w) float32, paper 0 and ink 1."""
Path = NDArray[np.float64]
"""(m, 2) float64: the points that a pen goes through, x and y in pixels."""


def scribble(rng: np.random.Generator) -> Ink:
    """Return a line that goes smoothly through many random places."""
    corners = rng.uniform(10, PAGE_SIZE - 10, (rng.integers(8, 17), 2))
    return stroke(rng, _smooth(corners))


def coil(rng: np.random.Generator) -> Ink:
    """Return a line that winds itself up at one end or at both."""
    ends = rng.uniform(10, PAGE_SIZE - 10, (2, 2))
    between = rng.uniform(5, PAGE_SIZE - 5, (rng.integers(0, 4), 2))
    path = [_wound(rng, ends[0])] if _happens(rng, 0.5) else []
    path += [between, _wound(rng, ends[1])[::-1]]
    return stroke(rng, _smooth(np.concatenate(path)), most=6)


def loops(rng: np.random.Generator) -> Ink:
    """Return a row of loops, as a child scribbles or a pen is tried out."""
    t = np.linspace(0, 2 * np.pi * rng.uniform(2.5, 6), 150)
    size = rng.uniform(8, 25) * (1 + 0.4 * np.sin(t * rng.uniform(0.1, 0.5)))
    path = np.stack(
        [t * rng.uniform(1, 6) + size * np.cos(t), size * rng.uniform(0.5, 2) * np.sin(t)], axis=1
    )
    return stroke(rng, _fitted(path @ _turn(rng)))


def zigzag(rng: np.random.Generator) -> Ink:
    """Return a line that goes to and fro at least four times."""
    n = int(rng.integers(6, 15))
    across = np.where(np.arange(n) % 2, 1, -1) * rng.uniform(8, 30, n)
    path = np.stack([np.linspace(0, rng.uniform(20, 90), n) + rng.normal(0, 2, n), across], axis=1)
    path = _fitted(path @ _turn(rng))
    return stroke(rng, _smooth(path) if _happens(rng, 0.5) else path)


def figure(rng: np.random.Generator) -> Ink:
    """Return a filled polygon, as the shadow of a house, a star or a piece of clothing may be."""
    n = rng.integers(3, 11)
    angles = np.sort(rng.uniform(0, 2 * np.pi, n))
    radii = rng.uniform(10, 36, n)
    corners = PAGE_SIZE / 2 + radii[:, None] * _towards(angles) * rng.uniform(0.5, 1, 2)
    ink = np.zeros((PAGE_SIZE, PAGE_SIZE), np.uint8)
    cv2.fillPoly(ink, [np.rint(corners).astype(np.int32)], 255)
    shade = _field(rng, rng.uniform(2, 15)) * rng.uniform(0, 0.8)
    return np.asarray(ink / np.float32(255) * (1 - shade), np.float32)


def garment(rng: np.random.Generator) -> Ink:
    """Return a shaded shape that is the same on both sides, of a few boxes, with or without holes."""
    ink = np.zeros((PAGE_SIZE, PAGE_SIZE), np.float32)
    for _ in range(rng.integers(2, 6)):
        width, height = int(rng.integers(4, 36)), int(rng.integers(6, 60))
        middle, top = int(rng.integers(0, 30)), int(rng.integers(5, 70 - height + 5))
        tone = rng.uniform(0.0, 1)
        for way in (-1, 1) if _happens(rng, 0.8) else (1,):
            left = max(0, 40 + way * middle - width // 2)
            ink[top : top + height, left : left + width] = tone
    return np.asarray(ink * (1 - rng.uniform(0, 0.6) * _field(rng, rng.uniform(1, 8))), np.float32)


def texture(rng: np.random.Generator) -> Ink:
    """Return a random field: clouds, grain, spots, or stripes."""
    field = _field(rng, float(np.exp(rng.uniform(0, 2.5))))
    if _happens(rng, 0.3):
        across = np.add.outer(np.arange(PAGE_SIZE) * rng.normal(), np.arange(PAGE_SIZE) * rng.normal())
        field = np.asarray(np.sin(across * rng.uniform(0.2, 1)) / 2 + 0.5, np.float32)
    if _happens(rng, 0.6):
        field = (field > rng.uniform(0.4, 0.7)).astype(np.float32)
    return field


def strokes(rng: np.random.Generator) -> Ink:
    """Return three to six straight strokes that have nothing to do with each other."""
    ink = np.zeros((PAGE_SIZE, PAGE_SIZE), np.float32)
    for _ in range(rng.integers(3, 7)):
        ink = np.maximum(ink, stroke(rng, rng.uniform(5, PAGE_SIZE - 5, (2, 2))))
    return ink


def crossed(rng: np.random.Generator) -> Ink:
    """Return two to four straight strokes through one place, as a plus, a cross or a star has them."""
    ink, n = np.zeros((PAGE_SIZE, PAGE_SIZE), np.float32), int(rng.choice((2, 2, 3, 4)))
    turned = rng.uniform(0, np.pi) * rng.integers(2)  # one in two stands upright
    for angle in turned + np.pi / n * np.arange(n) + rng.normal(0, 0.08, n):
        end = rng.uniform(22, 36) * _towards(angle)
        middle = PAGE_SIZE / 2 + rng.normal(0, 2, 2)
        ink = np.maximum(ink, stroke(rng, np.stack([middle - end, middle + end])))
    return ink


def bow(rng: np.random.Generator) -> Ink:
    """Return half of a round with a leg at each end, open to any side."""
    wide, high, leg = rng.uniform(12, 30), rng.uniform(10, 30), rng.uniform(0, 30)
    round_ = np.array([wide, high]) * _towards(np.linspace(0, np.pi, 20))
    legs = np.array([[wide, -leg], [-wide, -leg]]) * rng.uniform(0.8, 1.3, (2, 2))
    path = np.concatenate([legs[:1], round_, legs[1:]])
    turn = _turn(rng) if rng.integers(2) else np.eye(2)
    return stroke(rng, _fitted(path @ turn))


def flat_line(rng: np.random.Generator) -> Ink:
    """Return a line that is nearer to level than to upright, or two of them."""
    ink = np.zeros((PAGE_SIZE, PAGE_SIZE), np.float32)
    slope = rng.uniform(-0.6, 0.6)
    for middle in rng.uniform(25, 55, rng.integers(1, 3)):
        half = rng.uniform(15, 35)
        ends = np.array([[40 - half, middle - half * slope], [40 + half, middle + half * slope]])
        ink = np.maximum(ink, stroke(rng, _bent(rng, ends)))
    return ink


def enclosed(rng: np.random.Generator) -> Ink:
    """Return a closed outline with two to six small things in it."""
    radii, corners = rng.uniform(18, 34, 2), int(rng.choice((4, 5, 6, 7, 40)))
    angles = rng.uniform(0, np.pi) + np.linspace(0, 2 * np.pi, corners + 1)
    ink = stroke(rng, PAGE_SIZE / 2 + radii * _towards(angles))
    for _ in range(rng.integers(2, 7)):
        ink = np.maximum(ink, _mark(rng, PAGE_SIZE / 2 + radii * rng.uniform(-0.55, 0.55, 2)))
    return ink


def dot(rng: np.random.Generator) -> Ink:
    """Return one to four dots or specks, filled."""
    ink = np.zeros((PAGE_SIZE, PAGE_SIZE), np.uint8)
    for _ in range(rng.integers(1, 5)):
        middle = [int(v) for v in rng.integers(20, PAGE_SIZE - 20, 2)]
        axes = [int(v) for v in rng.integers(3, 16, 2)]
        cv2.ellipse(ink, middle, axes, float(rng.uniform(0, 180)), 0, 360, 255, -1)
    return as_ink(ink)


def as_ink(page: NDArray[np.uint8]) -> Ink:
    """Return a page, 0 to 255, as ink."""
    return np.asarray(page, np.float32) / np.float32(255)


def _mark(rng: np.random.Generator, place: NDArray[np.float64]) -> Ink:
    """Return a dot, a ring, a bow or a short stroke at a place."""
    if _happens(rng, 0.4):
        ink = np.zeros((PAGE_SIZE, PAGE_SIZE), np.uint8)
        filled_or_pen = -1 if _happens(rng, 0.7) else 2
        cv2.circle(ink, [int(v) for v in place], int(rng.integers(2, 7)), 255, filled_or_pen, cv2.LINE_AA)
        return as_ink(ink)
    start, end = np.array([-1, 1])[:, None] * rng.uniform(-12, 12, 2)
    return stroke(rng, _smooth(place + np.stack([start, rng.normal(0, 6, 2), end])), most=6)


def _wound(rng: np.random.Generator, middle: NDArray[np.float64]) -> Path:
    """Return a path that leaves a place in a growing spiral, one way round or the other."""
    turns = rng.uniform(1.5, 4) * 2 * np.pi
    angles = np.linspace(0, turns, 60)
    radii = rng.choice((6, 20)) * rng.uniform(0.4, 1) * angles / turns
    path: Path = middle + radii[:, None] * _towards(rng.choice((-1, 1)) * angles + rng.uniform(0, 2 * np.pi))
    return path


def _towards(angles: NDArray[np.float64] | np.float64) -> Path:
    """Return the point at a distance of 1 in each of these directions."""
    points: Path = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    return points


def _turn(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the matrix of a random rotation."""
    return _towards(rng.uniform(0, 2 * np.pi) + np.array([0, np.pi / 2]))


def _fitted(path: Path) -> Path:
    """Return a path moved and scaled so that it fits the canvas."""
    fitted: Path = path - path.min(axis=0)
    fitted *= (PAGE_SIZE - 24) / fitted.max()
    fitted += 12
    return fitted


def stroke(rng: np.random.Generator, path: Path, *, most: int = 10) -> Ink:
    """Return a line through the points of a path (m, 2), of a random width."""
    ink = np.zeros((PAGE_SIZE, PAGE_SIZE), np.uint8)
    points = np.rint(path * 16).astype(np.int32)
    width = int(rng.integers(2, most))
    cv2.polylines(ink, [points], isClosed=False, color=255, thickness=width, lineType=cv2.LINE_AA, shift=4)
    return as_ink(ink)


def _smooth(corners: Path) -> Path:
    """Return points on a curve that Chaikin's cutting of corners makes of a path."""
    for _ in range(3):
        before, after = corners[:-1], corners[1:]
        cut = np.stack([0.75 * before + 0.25 * after, 0.25 * before + 0.75 * after], axis=1)
        corners = cut.reshape(-1, 2)
    return corners


def _bent(rng: np.random.Generator, ends: Path) -> Path:
    middle = ends.mean(axis=0) + rng.normal(0, 2, 2)
    return _smooth(np.stack([ends[0], middle, ends[1]]))


def _field(rng: np.random.Generator, elastic_sigma: float) -> Ink:
    """Return random numbers from 0 to 1, smooth over so many pixels."""
    field = cv2.GaussianBlur(
        rng.normal(size=(PAGE_SIZE, PAGE_SIZE)).astype(np.float32), (0, 0), elastic_sigma
    )
    return np.asarray((field - field.min()) / np.ptp(field), np.float32)


def _happens(rng: np.random.Generator, probability: float) -> bool:
    return bool(rng.random() < probability)
