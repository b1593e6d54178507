"""Prepare any picture of one digit: decode it, find the ink, and normalize it to 28 x 28 as MNIST does."""

from inklab.imaging.decode import decode
from inklab.imaging.formats import MAX_FILE_SIZE_BYTES
from inklab.imaging.image_files import EXTENSIONS, iter_image_files, skipped_files
from inklab.imaging.ink import find_ink
from inklab.imaging.input_forms import Picture
from inklab.imaging.normalize import normalize
from inklab.imaging.prepare import PreparedImage, prepare_image

__all__ = [
    "EXTENSIONS",
    "MAX_FILE_SIZE_BYTES",
    "Picture",
    "PreparedImage",
    "decode",
    "find_ink",
    "iter_image_files",
    "normalize",
    "prepare_image",
    "skipped_files",
]
