"""Decode any picture, from a file, a canvas or an array, to a gray image; hostile files are refused.

The checks come before any memory is spent: the size of the file, its first bytes, and the picture size in
its header. Only Pillow's plugin for the format of the first bytes sees the file.
"""

import importlib
import io
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from inklab.errors import PictureError
from inklab.imaging.gray import MAX_PIXELS, MAX_SIDE, GrayImage, check_size, to_gray
from inklab.imaging.pillow_warnings import IgnorePillowWarnings

File: TypeAlias = str | os.PathLike[str] | os.PathLike[bytes] | bytes | bytearray | memoryview | IO[bytes]
Picture: TypeAlias = File | NDArray[Any] | Image.Image
MAX_FILE_SIZE_BYTES = 2**26  # 64 MiB
_FORMATS = (  # pattern of the first bytes, Pillow's format name, its plugin
    (b"\x89PNG\r\n\x1a\n", "PNG", "PngImagePlugin"),
    (b"\xff\xd8\xff", "JPEG", "JpegImagePlugin"),
    (b"RIFF....WEBP", "WEBP", "WebPImagePlugin"),
    (b"BM", "BMP", "BmpImagePlugin"),
    (rb"II\*\0", "TIFF", "TiffImagePlugin"),
    (rb"MM\0\*", "TIFF", "TiffImagePlugin"),
    (b"GIF8", "GIF", "GifImagePlugin"),
)
_OTHER_FORMATS = (  # common files that are not accepted, for the message
    (rb"\Z", "is empty"),
    (b"....ftyp(heic|heix|mif1|msf1)", "is HEIC, the format of phone photos"),
    (b"....ftypavi[fs]", "is AVIF"),
    (b"%PDF", "is a PDF"),
    (rb"(?i)\s*<(svg|\?xml|!doctype|html)", "is text, such as SVG or a web page"),
    (rb"P[1-7]\s", "is PNM"),
    (rb"(?!RIFF)[\t\n\r -~]{16}", "is text"),
)
_ignore_pillow_warnings = IgnorePillowWarnings()


def decode(picture: Picture) -> GrayImage:
    """Return a picture in gray, (h, w) float32 in [0, 1], 0 black and 1 white.

    `to_gray` converts colors and transparency. An animation gives its first frame. EXIF data rotate a photo.
    Pictures with a side longer than `MAX_SIDE` are downscaled by area averaging.

    Args:
        picture: a PNG, JPEG, WebP, BMP, TIFF or GIF of 1 to 16 bits per channel, as a path, as bytes, or as
            an open binary file; a Pillow image; or an array, see `to_gray`.

    Raises:
        PictureError: the picture is missing, damaged, of another format, or over `MAX_FILE_SIZE_BYTES` or
            `MAX_PIXELS`.
    """
    name = name_of(picture)
    if isinstance(picture, np.ndarray):
        return to_gray(picture, name)
    try:
        with _ignore_pillow_warnings:
            image = picture if isinstance(picture, Image.Image) else _open(picture, name)
            pixels = _load_pixels(image, name)
    except PictureError:
        raise
    except Image.DecompressionBombError:  # raised for a header that claims too much
        problem = f"has far more than {MAX_PIXELS:,} pixels, the maximum; downscale it"
        raise PictureError(f"{name} {problem}") from None
    except Exception as error:  # hostile bytes can raise anything in a decoder
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        if isinstance(error, UnidentifiedImageError):  # its message contains a memory address
            reason = "its header is damaged"
        reason = " ".join(reason.split())[:200].rstrip(".")
        raise PictureError(f"cannot read {name}: {reason}; expected a complete picture") from error
    return to_gray(pixels, name)


def name_of(picture: Picture) -> str:
    """Return the name of a picture for messages: its path, in one line, or "the picture"."""
    if not isinstance(picture, str | os.PathLike):
        return "the picture"
    name = os.fsdecode(picture)
    return name if name and name.isprintable() else repr(name)


def _open(file: File, name: str) -> Image.Image:
    """Return the image of a file, of which only the header is decoded."""
    content = _read(file, name)
    for magic, kind, plugin in _FORMATS:
        if re.match(magic, content, re.DOTALL):
            importlib.import_module(f"PIL.{plugin}")  # otherwise Pillow loads all its plugins
            image = Image.open(io.BytesIO(content), formats=(kind,))
            check_size(image.width, image.height, name)
            image.draft(None, (MAX_SIDE, MAX_SIDE))  # decode JPEG at 1/2, 1/4 or 1/8 where that is enough
            return image
    others = (text for magic, text in _OTHER_FORMATS if re.match(magic, content, re.DOTALL))
    found = next(others, f"starts with {content[:4].hex(' ')}")
    raise PictureError(f"{name} {found}; expected PNG, JPEG, WebP, BMP, TIFF or GIF")


def _read(file: File, name: str) -> bytes:
    if isinstance(file, bytes | bytearray | memoryview):
        content: object = bytes(memoryview(file)[: MAX_FILE_SIZE_BYTES + 1])
    elif isinstance(file, str | os.PathLike):
        path = Path(os.fsdecode(file))
        if not path.is_file():  # a pipe or a device may never end
            problem = "is not a file" if path.exists() else "does not exist"
            raise PictureError(f"{name} {problem}; expected the file of a picture")
        with path.open("rb") as opened:
            content = opened.read(MAX_FILE_SIZE_BYTES + 1)
    else:
        content = file.read(MAX_FILE_SIZE_BYTES + 1) if hasattr(file, "read") else file
    if not isinstance(content, bytes):
        expected = "a path, bytes, an open binary file, an array or a Pillow image"
        raise PictureError(f"{name} is of type {type(content).__name__}; expected {expected}")
    if len(content) > MAX_FILE_SIZE_BYTES:
        raise PictureError(f"{name} has over {MAX_FILE_SIZE_BYTES:,} bytes, the maximum; downscale it")
    return content


def _load_pixels(image: Image.Image, name: str) -> NDArray[Any]:
    check_size(image.width, image.height, name)
    image.load()
    orientation: Any = None
    with suppress(Exception):  # EXIF data may be damaged in an intact picture
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    if image.mode in {"I", "F"}:
        raise PictureError(f"{name} has 32 bits per channel; expected 1 to 16; save it as PNG")
    if image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode not in {"1", "L", "I;16", "I;16L", "I;16B", "I;16N"}:
        image = image.convert("RGB")
    pixels = np.asarray(image)
    if orientation not in range(1, 9):
        return pixels
    upright = np.swapaxes(pixels, 0, 1) if orientation > 4 else pixels  # noqa: PLR2004  (5 to 8 are transposed)
    return (upright, upright[:, ::-1], upright[::-1, ::-1], upright[::-1])[int(orientation - 1) % 4]
