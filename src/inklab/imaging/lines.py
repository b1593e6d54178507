"""Find straight lines from side to side of a picture, by counting pixels along sheared rows."""

import cv2
import numpy as np
from numpy.typing import NDArray

MAX_SLOPE = 0.1  # of a line, about 6 degrees: strokes as flat as that are rare, and cells are cut out upright


def slopes(width: int) -> NDArray[np.float64]:
    """Return the slopes to try, close enough that the ends of neighboring lines differ by one pixel."""
    count = max(1, int(MAX_SLOPE * width / 2))
    return np.linspace(-MAX_SLOPE, MAX_SLOPE, 2 * count + 1)


def share_along_lines(mask: NDArray[np.uint8], slope: float, columns: slice) -> NDArray[np.float32]:
    """Return the share of a mask's columns that each line y + slope (x - w / 2) crosses on the mask.

    Args:
        mask: (h, w) 0 or 1.
        slope: of the lines, downward.
        columns: of the mask, that are counted.

    Returns:
        (h,) in [0, 1], for the line through each row of the column w / 2.
    """
    shear = np.array([[1, 0, 0], [slope, 1, -slope * mask.shape[1] / 2]])
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    sheared = cv2.warpAffine(mask, shear, mask.shape[::-1], flags=flags)
    return np.asarray(cv2.reduce(sheared[:, columns], 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F)[:, 0])
