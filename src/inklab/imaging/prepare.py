"""From any picture of one digit to an image, or to the reason why there is none."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inklab.constants import IMAGE_SIZE
from inklab.imaging.components import Reason
from inklab.imaging.decode import Picture, decode
from inklab.imaging.gray import GrayImage
from inklab.imaging.ink import find_ink
from inklab.imaging.normalize import is_placed, normalize
from inklab.imaging.strokes import enhance_strokes


@dataclass(frozen=True, eq=False)
class PreparedImage:
    """What a picture holds: an image, or nothing.

    Args:
        image: (28, 28) uint8, ink 255 on 0, placed as MNIST places it; None if no digit is found.
        reason: why there is no image; None if there is one.
    """

    image: NDArray[np.uint8] | None
    reason: Reason | None = None


def prepare_image(picture: Picture) -> PreparedImage:
    """Return the digit of a picture as MNIST would have it.

    It may be drawn, scanned or photographed, dark on light or light on dark, in any size and colour. A
    picture that is such an image already, white on black or black on white, is taken as it is.

    Args:
        picture: see `decode`.

    Raises:
        PictureError: the picture cannot be read.

    >>> canvas = np.full((100, 100), 255, np.uint8)
    >>> prepare_image(canvas).reason
    'blank'
    >>> canvas[20:80, 40:50] = 0
    >>> image = prepare_image(canvas).image
    >>> np.flatnonzero(image.any(axis=1))[[0, -1]].tolist(), image.max().item()
    ([5, 24], 255)
    """
    grey = decode(picture)
    image = _as_it_is(grey)
    if image is not None:
        return PreparedImage(image)
    ink = find_ink(grey)
    return (
        PreparedImage(None, ink) if isinstance(ink, str) else PreparedImage(normalize(enhance_strokes(ink)))
    )


def _as_it_is(grey: GrayImage) -> NDArray[np.uint8] | None:
    """Return the picture if it is an image, white on black or black on white."""
    if grey.shape != (IMAGE_SIZE, IMAGE_SIZE):
        return None
    for strength in (grey, 1 - grey):
        image = np.rint(strength * 255).astype(np.uint8)
        if image.any() and is_placed(image):
            return image
    return None
