"""Decode any picture, from a file, a canvas or an array, to a gray image; hostile files are refused.

The checks come before any memory is spent: the size of the file, its first bytes, and the picture size in
its header. Only Pillow's plugin for the format of the first bytes sees the file.
"""

import io
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from inklab.errors import PictureError
from inklab.imaging.formats import MAX_FILE_SIZE_BYTES, is_picture_file, load_plugin
from inklab.imaging.gray import MAX_PIXELS, MAX_SIDE, GrayImage, check_size, to_gray
from inklab.imaging.input_forms import File, Picture, name_of, to_file_or_array
from inklab.imaging.pillow_warnings import IgnorePillowWarnings, silence_libtiff
from inklab.utils.text import quoted

__all__ = ["Picture", "decode"]

_STRAIGHT_ALPHA = {"La": "LA", "RGBa": "RGBA"}  # of modes with premultiplied alpha
_ignore_pillow_warnings = IgnorePillowWarnings()


def decode(picture: Picture) -> GrayImage:
    """Return a picture in gray, (h, w) float32 in [0, 1], 0 black and 1 white.

    `to_gray` converts colors and transparency. An animation gives its first frame. EXIF data rotate a photo.
    Pictures with a side longer than `MAX_SIDE` are downscaled by area averaging.

    Args:
        picture: a PNG, JPEG, WebP, BMP, TIFF, GIF, AVIF, or, with the extra `heic`, HEIC file, as a path, as
            bytes, as an open binary file, or as base64 text or a data URL; a Pillow image of any mode; or an
            array, a tensor, a table, or nested lists of numbers, see `to_gray`. An open file is read from
            its start unless a picture starts at its position. An array may also be (1, h, w), (1, h, w, c),
            (c, h, w), (1, c, h, w), or hold the 784 values of an image in one row or column.

    Raises:
        PictureError: the picture is missing, damaged, of another form or format, or over
            `MAX_FILE_SIZE_BYTES` or `MAX_PIXELS`.
    """
    name = "the picture"
    try:
        name = name_of(picture)
        source = to_file_or_array(picture, name)
        if not isinstance(source, np.ndarray):
            with _ignore_pillow_warnings:
                source = _load_pixels(
                    source if isinstance(source, Image.Image) else _open(source, name), name
                )
        return to_gray(source, name)
    except PictureError:
        raise
    except Image.DecompressionBombError:  # raised for a header that claims too much
        problem = f"has far more than {MAX_PIXELS:,} pixels, the maximum; downscale it"
        raise PictureError(f"{name} {problem}") from None
    except Exception as error:  # hostile bytes can raise anything in a decoder, and objects in their methods
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        if isinstance(error, UnidentifiedImageError):  # its message contains a memory address
            reason = "its header is damaged"
        reason = quoted(" ".join(reason.split()).rstrip("."))
        raise PictureError(f"cannot read {name}: {reason}; expected a complete picture") from error


def _open(file: File, name: str) -> Image.Image:
    """Return the image of a file, of which only the header is decoded."""
    content = _read(file, name)
    kind = load_plugin(content, name)
    image = Image.open(io.BytesIO(content), formats=(kind,))
    check_size(image.width, image.height, name)
    image.draft(None, (MAX_SIDE, MAX_SIDE))  # decode JPEG at 1/2, 1/4 or 1/8 where that is enough
    return image


def _read(file: File, name: str) -> bytes:
    content: object = file
    if isinstance(file, str | os.PathLike):
        path = Path(os.fsdecode(file))
        if not os.path.isfile(path):  # noqa: PTH113  (Path raises for long names); a pipe may never end
            problem = "is not a file" if os.path.exists(path) else "does not exist"  # noqa: PTH110
            raise PictureError(f"{name} {problem}; expected the file of a picture")
        with path.open("rb") as opened:
            content = opened.read(MAX_FILE_SIZE_BYTES + 1)
    elif not isinstance(file, bytes):
        content = _read_stream(getattr(file, "buffer", file))  # of a file opened as text
    if not isinstance(content, bytes):
        raise PictureError(f"{name} gives {quoted(type(content).__name__)}; expected a file opened as binary")
    if len(content) > MAX_FILE_SIZE_BYTES:
        raise PictureError(f"{name} has over {MAX_FILE_SIZE_BYTES:,} bytes, the maximum; downscale it")
    return content


def _read_stream(stream: Any) -> object:
    """Return what an open file holds from its position or, if no picture starts there, from its start."""
    content = stream.read(MAX_FILE_SIZE_BYTES + 1)
    if isinstance(content, bytes) and not is_picture_file(content) and getattr(stream, "seekable", bool)():
        stream.seek(0)  # the writer or an earlier reader left it further on
        content = stream.read(MAX_FILE_SIZE_BYTES + 1)
    return content


def _load_pixels(image: Image.Image, name: str) -> NDArray[Any]:
    check_size(image.width, image.height, name)
    if image.format == "TIFF":
        silence_libtiff()
    image.load()
    orientation: Any = None
    with suppress(Exception):  # EXIF data may be damaged in an intact picture
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    pixels = np.asarray(_to_plain_mode(image))
    if orientation not in range(1, 9):
        return pixels
    upright = np.swapaxes(pixels, 0, 1) if orientation > 4 else pixels  # noqa: PLR2004  (5 to 8 are transposed)
    return (upright, upright[:, ::-1], upright[::-1, ::-1], upright[::-1])[int(orientation - 1) % 4]


def _to_plain_mode(image: Image.Image) -> Image.Image:
    """Return an image in a mode that `to_gray` takes: one number per pixel, RGB, or RGBA."""
    if image.mode in {"1", "F"} or image.mode.startswith("I"):
        return image
    if image.mode == "LAB":
        return image.getchannel("L")  # lightness; Pillow converts LAB only with color profiles
    if image.mode in _STRAIGHT_ALPHA:
        image = image.convert(_STRAIGHT_ALPHA[image.mode])
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode == "L" else image.convert("RGB")
