"""A seven with a bar, as it is written in much of Europe."""

import numpy as np
from numpy.typing import NDArray

from inklab.data import Split
from inklab.errors import DataError

_INK = 127  # a pixel above this value belongs to a stroke
_BAR_REACH = 5  # pixels from the stroke to each end of the bar


def crossed_seven(split: Split) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the first seven of a split, and the same image with a bar at half its height.

    Raises:
        DataError: the split has no seven.
    """
    (sevens,) = np.nonzero(split.labels == 7)  # noqa: PLR2004
    if not len(sevens):
        raise DataError("there is no seven among the test images")
    seven = split.images[sevens[0]]
    rows, columns = np.nonzero(seven > _INK)
    middle = (rows.min() + rows.max()) // 2
    center = round(columns[np.abs(rows - middle) <= 1].mean())
    crossed = seven.copy()
    crossed[middle : middle + 2, max(0, center - _BAR_REACH) : center + _BAR_REACH + 1] = 255
    return seven, crossed
