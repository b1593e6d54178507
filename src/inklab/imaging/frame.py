"""Crop a picture to the inside of the lines along its sides, as of a form's cell."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import cv2
import numpy as np
from numpy.typing import NDArray

from inklab.imaging.gray import GrayImage, downscale
from inklab.imaging.lines import share_along_lines, slopes

_THUMBNAIL = 160  # pixels; enough for lines of 1% of the picture
_MIN_SIDE = 24  # pixels; in smaller pictures, strokes are as wide as lines
_MAX_ASPECT = 2.5  # a narrower picture is a tight crop of a 1, not a cell
_DEPTH = 0.22  # of the picture: a line and the paper outside reach at most this far from a side
_CONTRAST = 0.1  # of the picture's range, across the edge of a line
_STEP = 0.015  # of the picture: the width of a soft edge
_SMOOTH = 0.04  # of the picture: averaged along a line, against noise
_N_SAMPLES, _MIN_SAMPLES = 7, 5  # columns that are looked at first, and how many of them show an edge
_MIN_INSIDE = 0.7  # of a line's columns lie in the picture; a slanting line leaves it
_MAX_CANDIDATES = 4  # straight edges that are looked at; more are a texture
_MIN_CANDIDATE_SHARE = 0.8  # of a line's columns show its edge
_MIN_SHARE, _MIN_SINGLE_SHARE = 0.9, 0.98  # the same, of the columns between other lines
_MIDDLE = 0.15  # of the columns at each end may show the lines of other sides
_MIN_SLANT = 1.5  # pixels from end to end; pixels of lines that slant less are not interpolated
_TOLERANCE = 2  # pixels that a line may deviate from a straight one

_Mask = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class _Half:
    """Half of a picture, seen with one side on top."""

    gray: GrayImage  # smoothed along the rows
    edges: tuple[_Mask, _Mask]  # where gray rises, and where it falls, within a step of rows
    step: int
    paper: float  # the median level in the middle of the picture


@dataclass(frozen=True)
class _Line:
    """A line along a side: how deep it reaches into the picture at the first and at the last column."""

    start: float
    end: float
    share: float  # of the columns that show its inner edge
    is_sure: bool  # whether there is paper inside, by its level in the middle of the picture as well


def crop_frame(gray: GrayImage) -> GrayImage:
    """Return the inside of the lines along the picture's sides, or the picture if there are none.

    A line is a straight edge with paper inside. It may be of any thickness and level, slant, leave the
    picture, and have paper outside. A single line counts only if it touches no stroke: in a tight crop, the
    bar of a 7 lies along a side.
    """
    small = downscale(gray, _THUMBNAIL)
    if min(small.shape) < _MIN_SIDE or max(small.shape) > _MAX_ASPECT * min(small.shape):
        return gray
    if not (contrast := _CONTRAST * float(np.ptp(small))):
        return gray
    views = (small, small[::-1], small.T, small.T[::-1])  # with the top, bottom, left, right side on top
    has_edge = (*_has_edge(small, contrast), *_has_edge(small.T, contrast))
    halves = [
        _edges(view, contrast) if is_edge else None for view, is_edge in zip(views, has_edge, strict=True)
    ]
    found = [_find_line(half, _MIDDLE, 1 - _MIDDLE) if half else None for half in halves]
    depths = [max(line.start, line.end, 0) + _TOLERANCE if line else 0 for line in found]
    lines: list[_Line | None] = []
    for number, (half, line) in enumerate(zip(halves, found, strict=True)):
        before, after = depths[2:] if number < 2 else depths[:2]  # noqa: PLR2004
        width = views[number].shape[1]
        lines.append(_find_line(half, before / width, 1 - after / width) if half and line else None)
    lines = [line if line and line.share >= _MIN_SHARE else None for line in lines]
    if sum(map(bool, lines)) == 1:
        lines = [
            line if line and line.is_sure and line.share >= _MIN_SINGLE_SHARE else None for line in lines
        ]
    return _crop(gray, lines, small.shape) if any(lines) else gray


def _has_edge(view: GrayImage, contrast: float) -> tuple[bool, bool]:
    """Return whether sampled columns show an edge near the top, and near the bottom: a fast check."""
    depth, step = int(_DEPTH * len(view)), _step(view)
    left = int(_MIDDLE * view.shape[1])
    sample = view[:, left :: max(1, (view.shape[1] - 2 * left) // _N_SAMPLES)][:, :_N_SAMPLES]
    is_edge = np.abs(sample[step:] - sample[:-step]) >= contrast
    counts = (np.count_nonzero(zone.any(axis=0)) for zone in (is_edge[:depth], is_edge[-depth:]))
    top, bottom = (int(count) >= _MIN_SAMPLES for count in counts)
    return top, bottom


def _step(view: GrayImage) -> int:
    return max(1, round(_STEP * len(view)))


def _edges(view: GrayImage, contrast: float) -> _Half:
    """Return the upper half of a view with its horizontal edges."""
    step, smooth = _step(view), max(1, int(_SMOOTH * view.shape[1]) | 1)
    gray = np.asarray(cv2.blur(np.ascontiguousarray(view[: len(view) // 2]), (smooth, 1)), np.float32)
    rise = gray[step:] - gray[:-step]
    top, left = (int(_MIDDLE * length) for length in view.shape)
    paper = float(np.median(view[top:-top, left:-left]))
    return _Half(
        gray, ((rise >= contrast).astype(np.uint8), (rise <= -contrast).astype(np.uint8)), step, paper
    )


def _find_line(half: _Half, start: float, end: float) -> _Line | None:
    """Return the innermost line; start and end are the part of the columns that may show it."""
    width = half.gray.shape[1]
    columns = slice(int(start * width), max(int(start * width) + 3, round(end * width)))
    lines = (
        line
        for edges in half.edges
        if edges[:, columns].any(axis=0).mean() >= _MIN_INSIDE * _MIN_CANDIDATE_SHARE
        for row, slope in islice(_candidates(edges, 2 * len(half.gray), columns), _MAX_CANDIDATES)
        if (line := _fit(half, edges, row, slope, columns))
    )
    return max(lines, key=lambda line: line.start + line.end, default=None)


def _candidates(edges: _Mask, height: int, columns: slice) -> Iterator[tuple[int, float]]:
    """Yield the row at the middle column, and the slope, of straight edges, the innermost first."""
    tried = slopes(edges.shape[1])
    above = len(tried) // 2 + 1  # rows; the middle of a line that leaves the picture may be outside
    padding = ((above, 0), (0, 0))
    thick = np.pad(np.asarray(cv2.dilate(edges, np.ones((3, 1), np.uint8)), np.uint8), padding)
    shares = np.stack([share_along_lines(thick, slope, columns) for slope in tried])
    if shares.max() < _MIN_INSIDE * _MIN_CANDIDATE_SHARE:
        return
    inside = np.pad(np.ones_like(edges), padding)
    counts = np.stack([share_along_lines(inside, slope, columns) for slope in tried])
    shares = np.where(counts >= _MIN_INSIDE, shares / np.maximum(counts, _MIN_INSIDE), 0)
    shares[:, above + int(_DEPTH * height) :] = 0
    while (is_line := (shares >= _MIN_CANDIDATE_SHARE).any(axis=0)).any():
        last = int(np.flatnonzero(is_line)[-1])
        first = max(0, last - 2 * _TOLERANCE + 1)
        best, row = np.unravel_index(shares[:, first : last + 1].argmax(), (len(tried), last + 1 - first))
        yield first + int(row) - above, float(tried[best])
        shares[:, first:] = 0


def _fit(half: _Half, edges: _Mask, row: int, slope: float, columns: slice) -> _Line | None:
    """Return the straight line through the edges near a candidate, if there is paper inside."""
    width = edges.shape[1]
    x = np.arange(width)[columns]
    rows = np.rint(row + slope * (x - width / 2)).astype(int)
    x, rows = x[rows >= 0], rows[rows >= 0]
    near = rows + np.arange(-_TOLERANCE, _TOLERANCE + 1)[:, np.newaxis]  # (n, columns)
    is_edge = (near >= 0) & (near < len(edges)) & (edges[np.clip(near, 0, len(edges) - 1), x] > 0)
    has_edge = is_edge.any(axis=0)
    y = np.where(is_edge, near, -1).max(axis=0)[has_edge]  # the innermost edge of each column
    inside, outside = (float(np.median(half.gray[y + step, x[has_edge]])) for step in (half.step, 0))
    paper = float(np.median(half.gray[y.max() :]))
    if abs(inside - paper) > abs(outside - paper):
        return None
    slant, start = np.polyfit(x[has_edge], y + half.step, 1)
    if abs(slant) * width < _MIN_SLANT:
        slant, start = 0, start + slant * width / 2
    is_sure = abs(inside - half.paper) < abs(outside - half.paper)
    return _Line(start, start + slant * width, float(has_edge.mean()), is_sure)


def _crop(gray: GrayImage, lines: Sequence[_Line | None], shape: tuple[int, ...]) -> GrayImage:
    """Return the quadrilateral inside the lines at the top, bottom, left, and right, as a rectangle."""
    height, width = shape
    depths = [np.maximum((line.start, line.end), 0) if line else np.zeros(2) for line in lines]
    rows, columns = (depths[0], height - depths[1]), (depths[2], width - depths[3])
    scale = gray.shape[0] / height
    if all(start == end for start, end in (*rows, *columns)):
        (top, bottom), (left, right) = (
            (round(ends[0] * scale) for ends in sides) for sides in (rows, columns)
        )
        return gray[top:bottom, left:right]
    meeting = np.array([_meet(row, column, shape) for row in rows for column in columns])
    corners = np.asarray(meeting * scale - 0.5, np.float32)  # of pixels' centers
    sides = np.linalg.norm(corners[[1, 2]] - corners[0], axis=1)
    inner = max(1, round(float(sides[0]))), max(1, round(float(sides[1])))
    targets = np.array([(x - 0.5, y - 0.5) for y in (0, inner[1]) for x in (0, inner[0])], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, targets)
    cropped = cv2.warpPerspective(
        gray, matrix, inner, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(cropped, np.float32)


def _meet(
    row: NDArray[np.float64], column: NDArray[np.float64], shape: tuple[int, ...]
) -> tuple[float, float]:
    """Return the point (x, y) where a line with rows at both ends meets a line with columns at both ends."""
    row_slope, column_slope = (row[1] - row[0]) / shape[1], (column[1] - column[0]) / shape[0]
    y = (row[0] + row_slope * column[0]) / (1 - row_slope * column_slope)
    return float(column[0] + column_slope * y), float(y)
