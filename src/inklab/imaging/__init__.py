"""From any picture of one digit to 28 x 28, placed as MNIST places it."""

from inklab.imaging.decode import MAX_FILE_SIZE_BYTES, Picture, decode
from inklab.imaging.gray import MAX_PIXELS, MAX_SIDE
from inklab.imaging.image_files import ENDINGS, pictures_in, skipped_files
from inklab.imaging.ink import find_ink
from inklab.imaging.normalize import normalize
from inklab.imaging.prepare import PreparedImage, prepare_image

__all__ = [
    "ENDINGS",
    "MAX_FILE_SIZE_BYTES",
    "MAX_PIXELS",
    "MAX_SIDE",
    "Picture",
    "PreparedImage",
    "decode",
    "find_ink",
    "normalize",
    "pictures_in",
    "prepare_image",
    "skipped_files",
]
