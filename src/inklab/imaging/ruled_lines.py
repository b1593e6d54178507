"""Remove the lines of ruled and squared paper, which cross the picture from side to side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inklab.imaging.gray import GrayImage, downscale
from inklab.imaging.lines import share_along_lines, slopes

_MIN_SIDE = 40  # pixels; in smaller pictures, the bar of a 7 is as long and as thin as a line
_MAX_SIDE = 400  # pixels of the picture in which lines are searched
_MAX_FILLED_SIDE = 800  # pixels of the picture without lines; more would take seconds
_MAX_LINES = 40  # from side to side; more are a texture
_CONTRAST = 0.06  # of the picture's range, between line and paper
_MIN_SNR = 3  # of the contrast of a line, and the texture of the paper
_MAX_THICKNESS = 0.03  # of the picture
_MIN_THIN = 0.7  # of the contrast of a line remains of a wider feature
_SMOOTH = 0.025  # of the picture: averaged along a line, against noise
_END = 1 / 8  # of a line's columns lie at each end
_MIN_SHARE = 0.4  # of the columns show a line, of all and of those at the ends; strokes cover others
_MIN_SINGLE_SHARE = 0.95  # of the columns show a line that is the only one
_MARGIN = 25  # the outer 1/25 of the picture is looked at first: few digits reach it
_MIDDLE = 0.22  # of the picture: lines within this distance of a side may be a frame
_MIN_REST = 0.3  # of the picture's range remains without a line that is not the digit


@dataclass(frozen=True)
class _Line:
    row: float  # of its middle, at the middle column
    slope: float
    thickness: float
    share: float  # of the columns that show it


def remove_lines(gray: GrayImage) -> GrayImage:
    """Return the picture with paper in place of lines, and join the strokes that the lines crossed.

    A line is straight, thin, darker or lighter than the paper on both sides, and crosses the picture. Lines
    near the sides alone may be a frame and are kept. So is a single line that touches a stroke, or that is
    everything: it may be a part of the digit.
    """
    if min(gray.shape) < _MIN_SIDE:
        return gray
    small = downscale(gray, _MAX_SIDE)
    if not (contrast := _CONTRAST * float(np.ptp(small))):
        return gray
    views = [view if _has_line(view, contrast) else None for view in (small, small.T)]
    if all(view is None for view in views):
        return gray
    for sign in (1, -1):  # dark lines, light lines
        rows, columns = ([] if view is None else _find_lines(sign * view, contrast) for view in views)
        if not _is_ruled(rows, len(small)) and not _is_ruled(columns, small.shape[1]):
            continue
        gray = downscale(gray, _MAX_FILLED_SIDE)
        scale = len(gray) / len(small)
        without = sign * _fill(_fill(sign * gray, rows, scale).T, columns, scale).T
        is_digit = np.ptp(downscale(without, _MAX_SIDE)) < _MIN_REST * np.ptp(small)
        if len(rows) + len(columns) > 1 or not is_digit:
            return np.ascontiguousarray(without)
    return gray


def _is_ruled(lines: Sequence[_Line], height: int) -> bool:
    return any(_MIDDLE < line.row / height < 1 - _MIDDLE for line in lines)


def _has_line(gray: GrayImage, contrast: float) -> bool:
    """Return whether a thin dark or light line may reach the left or the right side: a fast check."""
    margin = max(1, gray.shape[1] // _MARGIN)
    ends = np.stack([end.mean(axis=1) for end in (gray[:, :margin], gray[:, -margin:])], axis=1)  # (h, 2)
    if np.ptp(ends) < contrast / 2:
        return False
    return max(float(_depth(sign * ends, _thickness(ends)).max()) for sign in (1, -1)) >= contrast / 2


def _thickness(gray: GrayImage) -> int:
    """Return the largest thickness of a line from left to right, in pixels."""
    return max(2, round(_MAX_THICKNESS * len(gray)))


def _find_lines(gray: GrayImage, contrast: float) -> list[_Line]:
    """Return the parallel dark lines from left to right."""
    gray, width, thickness = np.ascontiguousarray(gray), gray.shape[1], _thickness(gray)
    smooth = max(1, int(_SMOOTH * width) | 1)
    depth = cv2.blur(_depth(gray, thickness), (smooth, 1))
    is_line = depth >= max(contrast, _MIN_SNR * float(np.median(depth)))
    if is_line.any(axis=0).mean() < _MIN_SHARE:
        return []
    is_line &= depth >= _MIN_THIN * cv2.blur(_depth(gray, 2 * thickness), (smooth, 1))
    mask = np.asarray(cv2.dilate(is_line.astype(np.uint8), np.ones((3, 1), np.uint8)), np.uint8)
    tried = slopes(width)
    shares = np.stack([share_along_lines(mask, slope, slice(None)) for slope in tried])
    best = int((np.maximum(shares - _MIN_SHARE, 0) ** 2).sum(axis=1).argmax())
    slope = float(tried[best])
    end = int(_END * width)
    columns = (slice(0, end), slice(width - end, width))
    at_ends = np.mean([share_along_lines(mask, slope, part) for part in columns], axis=0)
    share = np.minimum(shares[best], at_ends)
    lines = list(_peaks(share, slope, thickness))
    if len(lines) > _MAX_LINES:
        return []
    return lines if len(lines) > 1 or (lines and lines[0].share >= _MIN_SINGLE_SHARE) else []


def _depth(gray: GrayImage, thickness: int) -> GrayImage:
    """Return how much darker each pixel is than the paper above and below, within a line's thickness."""
    return np.asarray(
        cv2.morphologyEx(gray, cv2.MORPH_CLOSE, np.ones((2 * thickness + 1, 1), np.uint8)) - gray
    )


def _peaks(share: NDArray[np.float32], slope: float, max_thickness: int) -> Iterator[_Line]:
    """Yield a line for each interval of rows around a maximum of the share of columns."""
    while (peak := float(share.max())) >= _MIN_SHARE:
        below = np.flatnonzero(np.pad(share, 1) < 0.7 * peak) - 1
        place = int(np.searchsorted(below, share.argmax()))
        first, last = int(below[place - 1]) + 1, int(below[place]) - 1
        thickness = max(1, last - first - 1)  # two rows less: the mask is dilated by one
        if thickness <= max_thickness + 1:
            yield _Line((first + last) / 2, slope, thickness, peak)
        share = np.where(
            np.abs(np.arange(len(share)) - (first + last) / 2) <= (last - first) / 2 + 2, 0, share
        )


def _fill(gray: GrayImage, lines: Sequence[_Line], scale: float) -> GrayImage:
    """Return the picture with dark lines filled by the paper or the strokes on both sides of them."""
    if not lines:
        return gray
    gray = np.ascontiguousarray(gray)
    y, x = np.arange(len(gray))[:, np.newaxis], np.arange(gray.shape[1])
    is_line = np.zeros(gray.shape, np.bool)
    for line in lines:
        middle = (line.row + 0.5) * scale - 0.5 + line.slope * (x - gray.shape[1] / 2)
        is_line |= np.abs(y - middle) <= (line.thickness + 1) * scale / 2 + 0.5
    size = 3 + 2 * int(np.ceil((max(line.thickness for line in lines) + 1) * scale / 2 + 1))
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    paper = cv2.morphologyEx(gray, cv2.MORPH_CLOSE, np.ones((size, 1), np.uint8))
    strokes = cv2.morphologyEx(np.where(is_line, gray.max(), gray), cv2.MORPH_OPEN, disk)
    return np.where(is_line, np.minimum(paper, strokes), gray)
