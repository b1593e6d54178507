"""Pictures for the tests of the workbench."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def png(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def seven(side: int = 100) -> NDArray[np.uint8]:
    """A seven, dark on white."""
    sheet = np.full((side, side), 255, np.uint8)
    sheet[side // 5 : side // 5 + side // 12, side // 4 : 3 * side // 4] = 0
    for row in range(side // 5, 4 * side // 5):
        column = 3 * side // 4 - (row - side // 5) // 2
        sheet[row, column - side // 12 : column] = 0
    return sheet
