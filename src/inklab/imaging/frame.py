"""A frame along the sides of a picture, as of a cell that was cut out with its lines."""

import numpy as np

from inklab.imaging.gray import GrayImage

_ONE_SHADE = 0.1  # of the picture's range: how far shades of one thing lie apart
_LINE_SHARE, _PAPER_SHARE = 0.9, 0.6  # of a ring of pixels has one shade, at least, if it is line or paper
_CONTRAST = 0.3  # of the picture's range lies between line and paper
_THICKEST = 0.12  # of the picture


def unframed(grey: GrayImage) -> GrayImage:
    """Return what is within the frame, or the picture if it has none along its four sides.

    What the frame encloses is paper, so most of the picture has its shade; otherwise the outermost pixels
    would be paper, and the frame within them a 0 with corners.
    """
    reach, thickest = float(np.ptp(grey)), int(_THICKEST * min(grey.shape))
    line, share = _shade(grey, _ONE_SHADE * reach)
    if share < _LINE_SHARE or not _ends(grey, line, _CONTRAST * reach, thickest):
        return grey
    paper = float(np.median(grey))
    if abs(paper - line) < _CONTRAST * reach:
        return grey
    for wide in range(1, thickest + 1):
        inner = grey[wide:-wide, wide:-wide]
        shade, share = _shade(inner, _ONE_SHADE * reach)
        if abs(shade - paper) <= _ONE_SHADE * reach and share >= _PAPER_SHARE:
            return inner
    return grey


def _ends(grey: GrayImage, line: float, contrast: float, thickest: int) -> bool:
    """Whether anything but line is seen half-way along the sides: most pictures need no further look."""
    row, column = grey[grey.shape[0] // 2], grey[:, grey.shape[1] // 2]
    starts = (way[: thickest + 1] for way in (row, row[::-1], column, column[::-1]))
    return any(np.abs(start - line).max() >= contrast for start in starts)


def _shade(grey: GrayImage, one_shade: float) -> tuple[float, float]:
    """Return the upper median of the outermost ring of pixels, and the share that has its shade."""
    ring = np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])
    middle = float(np.sort(ring)[ring.size // 2])
    return middle, np.count_nonzero(np.abs(ring - middle) <= one_shade) / ring.size
