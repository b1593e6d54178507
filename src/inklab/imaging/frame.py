"""Remove a frame along the sides of a picture, as of a form's cell that was cut out with its lines."""

import numpy as np

from inklab.imaging.gray import GrayImage

_LEVEL_WIDTH = 0.1  # of the picture's range: gray levels of one material differ by at most this
_MIN_LINE_SHARE, _MIN_PAPER_SHARE = 0.9, 0.6  # of a ring of pixels that is line, or paper
_MIN_CONTRAST = 0.3  # of the picture's range, between line and paper
_MAX_THICKNESS = 0.12  # of the picture


def crop_frame(gray: GrayImage) -> GrayImage:
    """Return the inside of the frame, or the picture if there is no frame along its four sides.

    The inside is mostly paper, at the picture's median level; otherwise the ring of a 0 could be the frame.
    """
    gray_range, max_thickness = float(np.ptp(gray)), int(_MAX_THICKNESS * min(gray.shape))
    level_width, contrast = _LEVEL_WIDTH * gray_range, _MIN_CONTRAST * gray_range
    line, share = _ring_level(gray, level_width)
    row, column = gray[gray.shape[0] // 2], gray[:, gray.shape[1] // 2]
    ends = (values[: max_thickness + 1] for values in (row, row[::-1], column, column[::-1]))
    if share < _MIN_LINE_SHARE or all(np.abs(end - line).max() < contrast for end in ends):  # a fast check
        return gray
    paper = float(np.median(gray))
    if abs(paper - line) < contrast:
        return gray
    for thickness in range(1, max_thickness + 1):
        inner = gray[thickness:-thickness, thickness:-thickness]
        level, share = _ring_level(inner, level_width)
        if abs(level - paper) <= level_width and share >= _MIN_PAPER_SHARE:
            return inner
    return gray


def _ring_level(gray: GrayImage, width: float) -> tuple[float, float]:
    """Return the upper median of the outermost ring of pixels, and the share of the ring near it."""
    ring = np.concatenate([gray[0], gray[-1], gray[1:-1, 0], gray[1:-1, -1]])
    level = float(np.sort(ring)[ring.size // 2])
    return level, np.count_nonzero(np.abs(ring - level) <= width) / ring.size
