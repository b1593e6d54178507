"""Prepare any picture of one digit as a 28 x 28 image, or give the reason why there is no image."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inklab.constants import IMAGE_SIZE
from inklab.imaging.components import Reason
from inklab.imaging.decode import Picture, decode
from inklab.imaging.ink import find_ink
from inklab.imaging.normalize import is_normalized, normalize
from inklab.imaging.outlines import fill_outlines


@dataclass(frozen=True, eq=False)
class PreparedImage:
    """The image of a picture's digit, (28, 28) uint8, ink 255 on 0, or the reason why there is none."""

    image: NDArray[np.uint8] | None
    reason: Reason | None = None


def prepare_image(picture: Picture) -> PreparedImage:
    """Return the digit of a picture as an image like MNIST's.

    The digit may be drawn, scanned or photographed, dark on light or light on dark, in any size and color. A
    picture that is already normalized, white on black or black on white, is returned unchanged.

    Raises:
        PictureError: the picture cannot be decoded; see `decode`.

    >>> canvas = np.full((100, 100), 255, np.uint8)
    >>> prepare_image(canvas).reason
    'blank'
    >>> canvas[20:80, 40:50] = 0
    >>> image = prepare_image(canvas).image
    >>> np.flatnonzero(image.any(axis=1))[[0, -1]].tolist(), image.max().item()
    ([5, 24], 255)
    """
    gray = decode(picture)
    if gray.shape == (IMAGE_SIZE, IMAGE_SIZE):
        for image in (np.rint(ink * 255).astype(np.uint8) for ink in (gray, 1 - gray)):
            if is_normalized(image):
                return PreparedImage(image)
    ink = find_ink(gray)
    if isinstance(ink, str):
        return PreparedImage(None, ink)
    return PreparedImage(normalize(fill_outlines(ink)))
