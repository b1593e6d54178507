"""Fill digits that are drawn as outlines, as by an edge detector or in hollow letters."""

import cv2
import numpy as np

from inklab.imaging.gray import GrayImage
from inklab.imaging.normalize import crop_to_ink
from inklab.imaging.strokes import stroke_width

_MAX_LINE = 0.08  # of the digit: lines of an outline are thin; 1% of MNIST's strokes are
_MIN_LENGTH = 8  # times its width: the inside of an outlined stroke; the hole of a thin 0 has 3 to 7
_MAX_REGIONS = 20  # with the outside; more are a texture
_LINE_INK = 0.5  # of full ink: more separates the inside of an outline from the outside


def fill_outlines(ink: GrayImage) -> GrayImage:
    """Return an outlined digit, cropped, with its strokes filled; return any other ink unchanged.

    A region that ink encloses is the inside of a stroke if it is long and narrow, and the hole of a loop if
    it is round. A region of area a and mean width w is a / w long, which is a / w^2 times its width.

    Args:
        ink: (h, w) float32 in [0, 1], exactly 0 where there is no ink, not all 0.
    """
    cropped = crop_to_ink(ink)
    if stroke_width(cropped) > _MAX_LINE * max(cropped.shape):
        return ink
    padded = np.pad(cropped, 1)
    is_open = (padded <= _LINE_INK * padded.max()).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(is_open, connectivity=4)
    if count > _MAX_REGIONS:
        return ink
    is_filled = np.zeros(count, np.bool)
    for region in set(range(1, count)) - {int(labels[0, 0])}:
        left, top, width, height, area = stats[region].tolist()
        mask = (labels[top : top + height, left : left + width] == region).astype(np.float32)
        is_filled[region] = area > _MIN_LENGTH * stroke_width(mask) ** 2
    return np.where(is_filled[labels], padded.max(), padded) if is_filled.any() else ink
