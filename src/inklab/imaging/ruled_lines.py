"""Remove lines that cross the picture: ruled and squared paper, frames, the dark edge of a scan."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inklab.imaging.gray import GrayImage

_MIN_SIDE = 40  # pixels; in smaller pictures, the bar of a 7 is as long and as thin as a line
_RUN = 4  # a straight run of 1/4 of the picture may belong to a line
_TOLERANCE = 1  # pixels up and down that a line may deviate within a run
_MIN_SPAN, _MIN_SINGLE_SPAN = 0.9, 0.99  # of the picture that a line crosses: one of several, a single one
_MAX_THICKNESS = 0.03  # of the picture
_BARE_SHARE = 0.25  # of a line, at least, has no stroke next to it
_EDGE = 0.12  # of the picture: within this distance of a side, a line may have any thickness
_MIN_REST = 0.05  # of all ink remains, at least, if there is a digit
_DARKER = 0.25  # of full ink: pixels darker than the lines by this are strokes
_MEND = 16  # strokes that a line cut are joined over 1/16 of the picture


def remove_lines(ink: GrayImage) -> GrayImage | None:
    """Return the ink without lines that cross the picture, and mend the strokes that they crossed.

    Lines are kept if they may be strokes: in small pictures, if a single line is all the ink, and if the rest
    of the digit touches a side of the picture, as in tight crops. The result is None if all ink is lines.
    """
    if min(ink.shape) < _MIN_SIDE:
        return ink
    mask = (ink > 0).astype(np.uint8)
    lines = [*_find_rows(mask), *(line.T for line in _find_rows(np.ascontiguousarray(mask.T)))]
    if not lines:
        return ink
    is_line = np.logical_or.reduce(lines)
    rest = np.where(is_line, np.float32(0), ink)
    if rest.sum() < _MIN_REST * ink.sum():
        return ink if len(lines) == 1 else None
    count, labels = cv2.connectedComponents((rest > 0).astype(np.uint8), connectivity=8)
    heaviest = np.bincount(labels.ravel(), weights=rest.ravel(), minlength=count).argmax()
    if heaviest in np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]):
        return ink
    rest = np.where(is_line & (ink <= np.median(ink[is_line]) + _DARKER), np.float32(0), ink)
    size = max(3, min(ink.shape) // _MEND)
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    mended = np.asarray(cv2.morphologyEx(rest, cv2.MORPH_CLOSE, disk), np.float32)
    return np.where(is_line, np.minimum(ink, mended), ink)


def _find_rows(mask: NDArray[np.uint8]) -> list[NDArray[np.bool]]:
    """Return a mask of each line from left to right; a single line must reach both sides."""
    height, width = mask.shape
    run = np.ones((1, width // _RUN), np.uint8)
    thickened = cv2.dilate(mask, np.ones((1 + 2 * _TOLERANCE, 1), np.uint8))
    runs = cv2.dilate(cv2.erode(thickened, run, borderType=cv2.BORDER_CONSTANT, borderValue=0), run)
    if np.count_nonzero(runs.any(axis=0)) < _MIN_SPAN * width:
        return []
    _, labels, stats, _ = cv2.connectedComponentsWithStats(runs, connectivity=8)
    lines, longest = [], 0
    for label, (left, top, length, rows, _) in enumerate(stats[1:].tolist(), start=1):
        if length < _MIN_SPAN * width:
            continue
        part = labels[top : top + rows, left : left + length] == label
        thickness = float(np.quantile(part.sum(axis=0), _BARE_SHARE))
        is_edge = top + rows <= _EDGE * height or top >= (1 - _EDGE) * height
        if thickness - 2 * _TOLERANCE <= max(2, _MAX_THICKNESS * height) or is_edge:
            line = np.zeros(mask.shape, np.bool)
            line[top : top + rows, left : left + length] = part & _fit_line(part, thickness)
            lines.append(line & (mask > 0))
            longest = max(longest, length)
    return lines if len(lines) > 1 or longest >= _MIN_SINGLE_SPAN * width else []


def _fit_line(part: NDArray[np.bool], thickness: float) -> NDArray[np.bool]:
    """Return the mask of a straight line of this thickness, fitted to the columns without a stroke."""
    y, x = np.arange(part.shape[0])[:, np.newaxis], np.arange(part.shape[1])
    counts = part.sum(axis=0)
    is_bare = counts <= thickness
    middle = (part * y).sum(axis=0)[is_bare] / counts[is_bare]
    slope, intercept = np.polyfit(x[is_bare], middle, 1)
    return np.asarray(np.abs(y - (intercept + slope * x)) <= (thickness + 1) / 2)
