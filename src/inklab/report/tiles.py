"""Many small images as one."""

import numpy as np
from numpy.typing import NDArray

WHITE = 255


def tile(images: NDArray[np.floating], *, columns: int, gap: int = 1) -> NDArray[np.uint8]:
    """Lay images side by side, row after row, each stretched to the full range of grey by itself.

    Args:
        images: (m, h, w) float, finite.
        columns: images in a row, at least 1.
        gap: white pixels between two of them.

    Returns:
        (rows * (h + gap) - gap, columns * (w + gap) - gap) uint8. The smallest value of each image is 0, its
        largest 255; an image without contrast is mid-grey, and places without an image are white.

    >>> tile(np.array([[[0.0, 2.0]], [[5.0, 4.0]]]), columns=2)
    array([[  0, 255, 255, 255,   0]], dtype=uint8)
    """
    m, h, w = images.shape
    rows = -(-m // columns)
    canvas = np.full((rows * (h + gap), columns * (w + gap)), WHITE, np.uint8)
    for index, image in enumerate(images):
        top, left = index // columns * (h + gap), index % columns * (w + gap)
        canvas[top : top + h, left : left + w] = _full_range(image)
    return canvas[: rows * (h + gap) - gap, : columns * (w + gap) - gap]


def _full_range(image: NDArray[np.floating]) -> NDArray[np.uint8]:
    low, high = float(image.min()), float(image.max())
    if high == low:
        return np.full(image.shape, WHITE // 2, np.uint8)
    stretched: NDArray[np.uint8] = np.rint((image - low) / (high - low) * WHITE).astype(np.uint8)
    return stretched
