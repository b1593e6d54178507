"""Remove padding: an even border that a program added to make a picture square."""

import numpy as np

from inklab.imaging.gray import GrayImage
from inklab.imaging.normalize import extent

_MIN_SIDE = 40  # pixels; in smaller pictures, a thick 1 may be an even block with soft edges
_SAMPLE = 100  # pixels along the longer side; the border is found to within 1%
_SAME = 0.03  # gray levels that differ less are the same padding, in spite of JPEG compression
_MIN_FULL = 0.95  # of each side of the picture inside differs from the padding
_MIN_PAPER = 0.6  # of the picture inside is paper; a square 0 has less ink
_PAPER_WIDTH = 0.1  # gray levels of paper differ from their median by at most this
_MIN_INK = 0.005  # of the picture inside; an upright 1 may be a block without anything inside


def crop_padding(gray: GrayImage) -> GrayImage:
    """Return the picture inside its padding, or the whole picture if it has none.

    The padding has one gray level. The picture inside fills a rectangle, is mostly paper, and has ink.
    """
    step = -(-max(gray.shape) // _SAMPLE)
    small = gray[::step, ::step]
    differs = np.abs(small - small[0, 0]) > _SAME
    if min(gray.shape) < _MIN_SIDE or differs[[0, 0, -1, -1], [0, -1, 0, -1]].any() or not differs.any():
        return gray
    (top, bottom), (left, right) = extent(differs.any(axis=1)), extent(differs.any(axis=0))
    differs, inside = differs[top:bottom, left:right], small[top:bottom, left:right]
    sides = (differs[0], differs[-1], differs[:, 0], differs[:, -1])
    level = float(np.median(inside))
    is_paper = np.abs(inside - level) <= _PAPER_WIDTH
    is_full = all(side.mean() >= _MIN_FULL for side in sides)
    is_mostly_paper = abs(level - small[0, 0]) > _SAME and _MIN_PAPER <= is_paper.mean() <= 1 - _MIN_INK
    if not (is_full and is_mostly_paper):
        return gray
    return gray[top * step : (bottom - 1) * step + 1, left * step : (right - 1) * step + 1]
