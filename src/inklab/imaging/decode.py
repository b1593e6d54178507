"""Decoding: any picture, from a file, a canvas or an array, as one grey array; what is hostile is refused.

What a file claims is checked before memory is spent on it: first its size, then its first bytes, then the
size of the picture in its header. Only Pillow's plugin for the format that those bytes name sees the file.
"""

import importlib
import io
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from inklab.errors import PictureError
from inklab.imaging.gray import MAX_PIXELS, MAX_SIDE, GrayImage, check_size, to_gray
from inklab.imaging.pillow_warnings import IgnorePillowWarnings

File: TypeAlias = str | os.PathLike[str] | os.PathLike[bytes] | bytes | bytearray | memoryview | IO[bytes]
"""A path, the bytes of a file, or an open binary file."""
Picture: TypeAlias = File | NDArray[Any] | Image.Image
"""What may hold a digit."""

MAX_FILE_SIZE_BYTES = 2**26
"""The largest file that is read, 64 MiB."""

_EXPECTED = "expected PNG, JPEG, WebP, BMP, TIFF or GIF"
_FORMATS = (  # what the first bytes are like, Pillow's name, its plugin
    (b"\x89PNG\r\n\x1a\n", "PNG", "PngImagePlugin"),
    (b"\xff\xd8\xff", "JPEG", "JpegImagePlugin"),
    (b"RIFF....WEBP", "WEBP", "WebPImagePlugin"),
    (b"BM", "BMP", "BmpImagePlugin"),
    (rb"II\*\0", "TIFF", "TiffImagePlugin"),
    (rb"MM\0\*", "TIFF", "TiffImagePlugin"),
    (b"GIF8", "GIF", "GifImagePlugin"),
)
_OTHERS = (  # what people take for pictures, or have instead of them
    (b"....ftyp(heic|heix|mif1|msf1)", "is HEIC, as telephones take photos"),
    (b"....ftypavi[fs]", "is AVIF"),
    (b"%PDF", "is a PDF"),
    (rb"(?i)\s*<(svg|\?xml|!doctype|html)", "is text, such as SVG or a web page"),
    (rb"P[1-7]\s", "is PNM"),
    (rb"(?!RIFF)[\t\n\r -~]{16}", "is text"),
)
_GREY_MODES = {"1", "L", "I;16", "I;16L", "I;16B", "I;16N"}
_WIDE_MODES = {"I", "F"}
_ORIENTATION = 0x0112  # EXIF's number for it
_TURNS: Mapping[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
    2: np.fliplr,
    3: lambda pixels: np.rot90(pixels, 2),
    4: np.flipud,
    5: lambda pixels: np.swapaxes(pixels, 0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.rot90(np.swapaxes(pixels, 0, 1), 2),
    8: np.rot90,
}
_LONGEST_REASON = 200  # letters
_quiet = IgnorePillowWarnings()


def decode(picture: Picture) -> GrayImage:
    """Return a picture in shades of grey.

    Colours become grey as `to_gray` says, what is transparent lies on white, the first of several frames is
    taken, and a photo is turned as its camera noted (EXIF).

    Args:
        picture: a PNG, JPEG, WebP, BMP, TIFF or GIF of 1 to 16 bits, by its path, as bytes, or as an open
            binary file; a Pillow image; or an array, (h, w) or (h, w, c) of c = 1 to 4 channels (grey; grey
            and alpha; RGB; RGBA), of bool, uint8, uint16, or floats in [0, 1].

    Returns:
        (h, w) float32 in [0, 1], 0 black and 1 white, no side longer than `MAX_SIDE`: larger pictures are
        reduced by area averaging.

    Raises:
        PictureError: the picture is missing, damaged or of another kind, or has more than
            `MAX_FILE_SIZE_BYTES` or `MAX_PIXELS`.
    """
    name = name_of(picture)
    if isinstance(picture, np.ndarray):
        return to_gray(picture, name)
    try:
        with _quiet:
            image = picture if isinstance(picture, Image.Image) else _opened(picture, name)
            pixels = _pixels(image, name)
    except PictureError:
        raise
    except Image.DecompressionBombError:  # told by a header that Pillow does not let through
        raise PictureError(
            f"{name} has far more than {MAX_PIXELS:,} pixels, the most that are read; reduce it"
        ) from None
    except Exception as error:  # hostile bytes may trip a decoder in any way there is
        raise PictureError(f"cannot read {name}: {_reason(error)}; expected a whole picture") from error
    return to_gray(pixels, name)


def name_of(picture: Picture) -> str:
    """Return what messages call a picture: its path, in one line, or "the picture"."""
    if not isinstance(picture, str | os.PathLike):
        return "the picture"
    name = os.fsdecode(picture)
    return name if name and name.isprintable() else repr(name)


def _opened(file: File, name: str) -> Image.Image:
    """Return the picture of a file with only its header read."""
    content = _content(file, name)
    for magic, kind, plugin in _FORMATS:
        if re.match(magic, content, re.DOTALL):
            importlib.import_module(f"PIL.{plugin}")  # or Pillow would load every plugin it has
            image = Image.open(io.BytesIO(content), formats=(kind,))
            check_size(image.width, image.height, name)
            image.draft(None, (MAX_SIDE, MAX_SIDE))  # JPEG is decoded at 1/2, 1/4 or 1/8 where that will do
            return image
    raise PictureError(f"{name} {_found(content)}; {_EXPECTED}")


def _found(content: bytes) -> str:
    """Return what content is that is no picture, as far as it is known."""
    if not content:
        return "is empty"
    known = (kind for magic, kind in _OTHERS if re.match(magic, content, re.DOTALL))
    return next(known, f"starts with {content[:4].hex(' ')}")


def _content(file: File, name: str) -> bytes:
    if isinstance(file, bytes | bytearray | memoryview):
        content: object = bytes(memoryview(file)[: MAX_FILE_SIZE_BYTES + 1])
    elif isinstance(file, str | os.PathLike):
        path = Path(os.fsdecode(file))
        if not path.is_file():  # a pipe or a device may never end
            what = "is not a file" if path.exists() else "does not exist"
            raise PictureError(f"{name} {what}; expected a picture's file")
        with path.open("rb") as opened:
            content = opened.read(MAX_FILE_SIZE_BYTES + 1)
    else:
        content = file.read(MAX_FILE_SIZE_BYTES + 1) if hasattr(file, "read") else file
    if not isinstance(content, bytes):
        raise PictureError(
            f"{name} came as {type(content).__name__}; "
            "expected a path, bytes, an open binary file, an array or a Pillow image"
        )
    if len(content) > MAX_FILE_SIZE_BYTES:
        raise PictureError(f"{name} has over {MAX_FILE_SIZE_BYTES:,} bytes, the most that is read; reduce it")
    return content


def _pixels(image: Image.Image, name: str) -> NDArray[Any]:
    check_size(image.width, image.height, name)
    image.load()
    orientation = _orientation(image)
    if image.mode in _WIDE_MODES:
        raise PictureError(f"{name} has 32 bits a pixel; expected 1 to 16; save it as PNG")
    if image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode not in _GREY_MODES:
        image = image.convert("RGB")
    pixels = np.asarray(image)
    return _TURNS[orientation](pixels) if orientation in _TURNS else pixels


def _orientation(image: Image.Image) -> Any:
    try:
        return image.getexif().get(_ORIENTATION)
    except Exception:  # notes may be damaged where the picture is whole
        return None


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):  # its own words hold an address in memory
        return "its header is damaged"
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(words.split())[:_LONGEST_REASON].rstrip(".")
