"""File formats of pictures, told by the first bytes of a file."""

import importlib
import re

from inklab.errors import PictureError

MAX_FILE_SIZE_BYTES = 2**26  # 64 MiB
_EXPECTED = "PNG, JPEG, WebP, BMP, TIFF, GIF, AVIF, or HEIC"
_FORMATS = (  # pattern of the first bytes, Pillow's format name, the module of its plugin
    (b"\x89PNG\r\n\x1a\n", "PNG", "PIL.PngImagePlugin"),
    (b"\xff\xd8\xff", "JPEG", "PIL.JpegImagePlugin"),
    (b"RIFF....WEBP", "WEBP", "PIL.WebPImagePlugin"),
    (b"BM", "BMP", "PIL.BmpImagePlugin"),
    (rb"II\*\0", "TIFF", "PIL.TiffImagePlugin"),
    (rb"MM\0\*", "TIFF", "PIL.TiffImagePlugin"),
    (b"GIF8", "GIF", "PIL.GifImagePlugin"),
    # The main brand of a container may be general; AVIF is then among the brands that follow.
    (b"....ftyp(avi[fs]|m[is]f1....(....){0,8}?avif)", "AVIF", "PIL.AvifImagePlugin"),
    (b"....ftyp(hei[cmsx]|hev[cmsx]|m[is]f1)", "HEIF", "pillow_heif.HeifImagePlugin"),
)
_OTHER_FORMATS = (  # common files that are not accepted, for the message
    (rb"\Z", "is empty"),
    (b"%PDF", "is a PDF"),
    (rb"(?i)\s*<(svg|\?xml|!doctype|html)", "is text, such as SVG or a web page"),
    (rb"P[1-7]\s", "is PNM"),
    (rb"(?!RIFF)[\t\n\r -~]{16}", "is text"),
)


def is_picture_file(content: bytes) -> bool:
    """Return whether a file starts like a picture of an accepted format."""
    return _match(content) is not None


def load_plugin(content: bytes, name: str) -> str:
    """Import Pillow's plugin for the format of a file, and return the format's name in Pillow.

    Pillow alone would import all its plugins, and try each.

    Args:
        content: the file.
        name: the name of the picture in messages.

    Raises:
        PictureError: the format is not accepted, or the plugin is not installed.
    """
    if not (match := _match(content)):
        others = (text for magic, text in _OTHER_FORMATS if re.match(magic, content, re.DOTALL))
        found = next(others, f"starts with {content[:4].hex(' ')}")
        raise PictureError(f"{name} {found}; expected {_EXPECTED}")
    kind, module = match
    try:
        plugin = importlib.import_module(module)
    except ImportError:
        advice = "install its reader with: pip install 'inklab[heic]'"
        raise PictureError(
            f"{name} is HEIC, the format of phone photos; {advice}, or save it as JPEG"
        ) from None
    if not getattr(plugin, "SUPPORTED", True):  # Pillow can be built without WebP and AVIF
        raise PictureError(f"{name} is {kind}, which this Pillow was built without; save it as PNG")
    return kind


def _match(content: bytes) -> tuple[str, str] | None:
    matches = ((kind, module) for magic, kind, module in _FORMATS if re.match(magic, content, re.DOTALL))
    return next(matches, None)
