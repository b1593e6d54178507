"""File formats: the first bytes decide, and the message names the format of another file."""

import pytest

from inklab.errors import PictureError
from inklab.imaging.formats import is_picture_file, load_plugin


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"RIFF\x24\0\0\0WEBPVP8L", "WEBP"),
        (b"\0\0\0\x20ftypavif\0\0\0\0avif", "AVIF"),
        (b"\0\0\0\x20ftypmif1\0\0\0\0mif1avifmiaf", "AVIF"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIF"),
    ],
)
def test_the_first_bytes_decide(content: bytes, kind: str) -> None:
    assert is_picture_file(content)
    assert load_plugin(content, "the picture") == kind


@pytest.mark.parametrize(
    ("content", "description"),
    [
        (b"", "is empty"),
        (b"%PDF-1.7\n", "is a PDF"),
        (b'\n<svg xmlns="x">', "is text, such as SVG or a web page"),
        (b"<!doctype html>", "is text, such as SVG or a web page"),
        (b"Seven, and eight.\n", "is text"),
        (b"P2\n28 28\n255\n0 0 0", "is PNM"),
        (b"RIFFaaaaWAVEfmt ", "starts with 52 49 46 46"),
        (b"RIFF", "starts with 52 49 46 46"),
        (b"RIFF\n\n\n\nAVI LIST", "starts with 52 49 46 46"),
        (b"ftypheic\0\0\0\0", "starts with 66 74 79 70"),
    ],
)
def test_the_message_names_the_format_of_another_file(content: bytes, description: str) -> None:
    assert not is_picture_file(content)
    with pytest.raises(PictureError, match=f"the picture {description}; expected PNG, JPEG, WebP"):
        load_plugin(content, "the picture")
