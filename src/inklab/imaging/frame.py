"""Remove a frame along the sides of a picture, as of a form's cell that was cut out with its lines."""

import numpy as np

from inklab.imaging.gray import GrayImage

_LEVEL_WIDTH = 0.1  # of the picture's range: gray levels of one material differ by at most this
_MIN_LINE_SHARE, _MIN_PAPER_SHARE = 0.9, 0.6  # of a ring of pixels that is line, or paper
_MIN_CONTRAST = 0.3  # of the picture's range, between line and paper
_MAX_THICKNESS = 0.12  # of the picture


def crop_frame(gray: GrayImage) -> GrayImage:
    """Return the inside of the frame, or the picture if there is no frame along its four sides.

    The inside is mostly paper, so its level is the picture's median. Without that check, the outermost pixels
    could be the paper, and the ring of a 0 could be the frame.
    """
    gray_range, max_thickness = float(np.ptp(gray)), int(_MAX_THICKNESS * min(gray.shape))
    line, share = _ring_level(gray, _LEVEL_WIDTH * gray_range)
    contrast = _MIN_CONTRAST * gray_range
    if share < _MIN_LINE_SHARE or not _has_other_level(gray, line, contrast, max_thickness):
        return gray
    paper = float(np.median(gray))
    if abs(paper - line) < contrast:
        return gray
    for thickness in range(1, max_thickness + 1):
        inner = gray[thickness:-thickness, thickness:-thickness]
        level, share = _ring_level(inner, _LEVEL_WIDTH * gray_range)
        if abs(level - paper) <= _LEVEL_WIDTH * gray_range and share >= _MIN_PAPER_SHARE:
            return inner
    return gray


def _has_other_level(gray: GrayImage, line: float, contrast: float, max_thickness: int) -> bool:
    """Return whether the middle row or column changes its level near a side, as a fast check."""
    row, column = gray[gray.shape[0] // 2], gray[:, gray.shape[1] // 2]
    ends = (values[: max_thickness + 1] for values in (row, row[::-1], column, column[::-1]))
    return any(np.abs(end - line).max() >= contrast for end in ends)


def _ring_level(gray: GrayImage, width: float) -> tuple[float, float]:
    """Return the upper median of the outermost ring of pixels, and the share of the ring near it."""
    ring = np.concatenate([gray[0], gray[-1], gray[1:-1, 0], gray[1:-1, -1]])
    level = float(np.sort(ring)[ring.size // 2])
    return level, np.count_nonzero(np.abs(ring - level) <= width) / ring.size
