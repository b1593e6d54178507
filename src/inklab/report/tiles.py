"""Arrange many small images in one image."""

import numpy as np
from numpy.typing import NDArray

_WHITE = 255


def mosaic(images: NDArray[np.floating], *, columns: int, gap: int = 1) -> NDArray[np.float64]:
    """Arrange images row by row, with NaN in the gaps and in places without an image.

    Args:
        images: (m, h, w) float.
        columns: images per row, at least 1.
        gap: pixels between two images.

    Returns:
        (rows * (h + gap) - gap, columns * (w + gap) - gap) float64.
    """
    m, h, w = images.shape
    rows = -(-m // columns)
    canvas = np.full((rows * (h + gap), columns * (w + gap)), np.nan)
    for index, image in enumerate(images):
        top, left = index // columns * (h + gap), index % columns * (w + gap)
        canvas[top : top + h, left : left + w] = image
    return canvas[: rows * (h + gap) - gap, : columns * (w + gap) - gap]


def tile(images: NDArray[np.floating], *, columns: int, gap: int = 1) -> NDArray[np.uint8]:
    """Arrange images row by row as one grayscale image; each is stretched to the full range by itself.

    Args:
        images: (m, h, w) float, finite.
        columns: images per row, at least 1.
        gap: white pixels between two images.

    Returns:
        (rows * (h + gap) - gap, columns * (w + gap) - gap) uint8. The smallest value of each image is 0 and
        the largest 255; an image without contrast is mid-gray; places without an image are white.

    >>> tile(np.array([[[0.0, 2.0]], [[5.0, 4.0]]]), columns=2)
    array([[  0, 255, 255, 255,   0]], dtype=uint8)
    """
    stretched = np.stack([_stretched(image) for image in images])
    return np.nan_to_num(mosaic(stretched, columns=columns, gap=gap), nan=_WHITE).astype(np.uint8)


def _stretched(image: NDArray[np.floating]) -> NDArray[np.float64]:
    low, high = float(image.min()), float(image.max())
    if high == low:
        return np.full(image.shape, float(_WHITE // 2))
    stretched: NDArray[np.float64] = np.rint((image - low) / (high - low) * _WHITE).astype(np.float64)
    return stretched
