"""Lines that were there before the digit: ruled and squared paper, frames, the dark edge of a scan."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inklab.imaging.gray import GrayImage

_LEAST_SIDE = 40  # pixels; in less, the bar of a 7 is as long and as thin
_RUN = 4  # a quarter of the picture: what is straight for so long may belong to a line
_LOOSE = 1  # pixels up and down, by which a line may stray within a run
_SPAN, _WHOLE = 0.9, 0.99  # of the picture: how much a line crosses, and one that is alone
_THICKEST = 0.03  # of the picture
_BARE = 0.25  # of a line, at least, has no stroke along it
_EDGE = 0.12  # of the picture: nearer to its side, a line may be as thick
_REST = 0.05  # of all ink is left, at least, if there is a digit beside the lines
_DARKER = 0.25  # of full ink: what is so much darker than the lines is a stroke
_MEND = 16  # strokes that a line cut are joined over a sixteenth of the picture


def without_lines(ink: GrayImage) -> GrayImage | None:
    """Return the ink without lines that cross the picture, the strokes that they crossed mended.

    Lines are kept where they may be strokes: in small pictures, where a single one is all that there is, and
    where what would be left of the digit runs out of the picture, as it does when a picture is cut tightly.

    Args:
        ink: (h, w) float32 in [0, 1], 0 where there is none.

    Returns:
        The same, or None if there are lines and nothing else.
    """
    if min(ink.shape) < _LEAST_SIDE:
        return ink
    mask = (ink > 0).astype(np.uint8)
    found = [*_lines_across(mask), *(line.T for line in _lines_across(np.ascontiguousarray(mask.T)))]
    if not found:
        return ink
    lines = np.logical_or.reduce(found)
    rest = np.where(lines, np.float32(0), ink)
    if rest.sum() < _REST * ink.sum():
        return ink if len(found) == 1 else None
    if _runs_out(rest):
        return ink
    rest = np.where(lines & (ink <= np.median(ink[lines]) + _DARKER), np.float32(0), ink)
    size = max(3, min(ink.shape) // _MEND)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    mended = np.asarray(cv2.morphologyEx(rest, cv2.MORPH_CLOSE, disc), np.float32)
    return np.where(lines, np.minimum(ink, mended), ink)


def _lines_across(mask: NDArray[np.uint8]) -> list[NDArray[np.bool]]:
    """Return a mask of each line from left to right; a lone one reaches both sides, a frame's need not."""
    height, width = mask.shape
    run = np.ones((1, width // _RUN), np.uint8)
    loose = cv2.dilate(mask, np.ones((1 + 2 * _LOOSE, 1), np.uint8))
    runs = cv2.dilate(cv2.erode(loose, run, borderType=cv2.BORDER_CONSTANT, borderValue=0), run)
    if np.count_nonzero(runs.any(axis=0)) < _SPAN * width:
        return []
    _, labels, stats, _ = cv2.connectedComponentsWithStats(runs, connectivity=8)
    lines, longest = [], 0
    for label, (left, top, wide, high, _) in enumerate(stats[1:].tolist(), start=1):
        if wide < _SPAN * width:
            continue
        part = labels[top : top + high, left : left + wide] == label
        thickness = float(np.quantile(part.sum(axis=0), _BARE))
        is_edge = top + high <= _EDGE * height or top >= (1 - _EDGE) * height
        if thickness - 2 * _LOOSE <= max(2, _THICKEST * height) or is_edge:
            line = np.zeros(mask.shape, np.bool)
            line[top : top + high, left : left + wide] = part & _band(part, thickness)
            lines.append(line & (mask > 0))
            longest = max(longest, wide)
    return lines if len(lines) > 1 or longest >= _WHOLE * width else []


def _band(part: NDArray[np.bool], thickness: float) -> NDArray[np.bool]:
    """Return where a straight line of that thickness lies, fitted where the part has no stroke beside it."""
    y, x = np.arange(part.shape[0])[:, np.newaxis], np.arange(part.shape[1])
    held = part.sum(axis=0)
    bare = held <= thickness
    middle = (part * y).sum(axis=0)[bare] / held[bare]
    slope, start = np.polyfit(x[bare], middle, 1)
    band: NDArray[np.bool] = np.abs(y - (start + slope * x)) <= (thickness + 1) / 2
    return band


def _runs_out(ink: GrayImage) -> bool:
    """Whether the heaviest connected part of the ink touches a side of the picture."""
    count, labels = cv2.connectedComponents((ink > 0).astype(np.uint8), connectivity=8)
    heaviest = np.bincount(labels.ravel(), weights=ink.ravel(), minlength=count).argmax()
    sides = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return bool((sides == heaviest).any())
