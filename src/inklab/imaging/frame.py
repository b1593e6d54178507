"""A frame along the sides of a picture, as of a cell that was cut out with its lines."""

import numpy as np

from inklab.imaging.grey import Greys

_ONE_SHADE = 0.1  # of the picture's range: how far shades of one thing lie apart
_LINE_SHARE, _PAPER_SHARE = 0.9, 0.6  # of a ring of pixels has one shade, at least, if it is line or paper
_CONTRAST = 0.3  # of the picture's range lies between line and paper
_THICKEST = 0.12  # of the picture


def unframed(grey: Greys) -> Greys:
    """Return what is within the frame, or the picture if it has none that reaches its four sides."""
    one_shade = _ONE_SHADE * float(np.ptp(grey))
    line, share = _shade(grey, one_shade)
    if share < _LINE_SHARE:
        return grey
    for wide in range(1, int(_THICKEST * min(grey.shape)) + 1):
        inner = grey[wide:-wide, wide:-wide]
        shade, share = _shade(inner, one_shade)
        if abs(shade - line) >= _CONTRAST * float(np.ptp(grey)) and share >= _PAPER_SHARE:
            return inner
    return grey


def _shade(grey: Greys, one_shade: float) -> tuple[float, float]:
    """Return the median of the outermost ring of pixels, and the share of them that has its shade."""
    ring = np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])
    middle = float(np.median(ring))
    return middle, float((np.abs(ring - middle) <= one_shade).mean())
