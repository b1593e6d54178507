"""From any picture of one digit to 28 x 28, placed as MNIST places it."""

from inklab.imaging.decode import MAX_FILE_SIZE_BYTES, Picture, decode
from inklab.imaging.gray import MAX_PIXELS, MAX_SIDE
from inklab.imaging.image_files import ENDINGS, passed_over, pictures_in
from inklab.imaging.ink import find_ink
from inklab.imaging.normalize import normalise
from inklab.imaging.prepare import Placed, to_image

__all__ = [
    "ENDINGS",
    "MAX_FILE_SIZE_BYTES",
    "MAX_PIXELS",
    "MAX_SIDE",
    "Picture",
    "Placed",
    "decode",
    "find_ink",
    "normalise",
    "passed_over",
    "pictures_in",
    "to_image",
]
