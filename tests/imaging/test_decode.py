"""Decoding: every format, depth and colour against known numbers; whatever is damaged or lies is refused."""

import importlib
import io
import os
import struct
import threading
import warnings
import zlib
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from drawn_digits import encoded
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile, ImageOps

from inklab.errors import PictureError
from inklab.imaging import MAX_FILE_SIZE_BYTES, decode
from inklab.imaging.pillow_warnings import IgnorePillowWarnings

DECODING = importlib.import_module("inklab.imaging.decode")  # the function has the same name
LOSSLESS: dict[str, dict[str, Any]] = {
    "PNG": {},
    "BMP": {},
    "TIFF": {},
    "GIF": {},
    "WEBP": {"lossless": True},
}
GREY = np.arange(12 * 9, dtype=np.uint8).reshape(12, 9) * 2


@pytest.mark.parametrize("kind", LOSSLESS)
def test_every_format(kind: str) -> None:
    assert_allclose(decode(encoded(GREY, kind, **LOSSLESS[kind])), GREY / 255, atol=1e-6)


def test_a_riff_file_that_is_no_webp_is_refused() -> None:
    for content in (b"RIFF\x24\0\0\0WAVEfmt ", b"RIFF", b"RIFF\n\n\n\nAVI LIST"):
        with pytest.raises(
            PictureError, match="the picture starts with 52 49 46 46; expected PNG, JPEG, WebP"
        ):
            decode(content)


def test_jpeg() -> None:
    grey = decode(encoded(np.full((20, 30), 77, np.uint8), "JPEG"))
    assert grey.dtype == np.float32
    assert_allclose(grey, np.full((20, 30), 77 / 255), atol=1e-6)


def test_every_way_to_hand_a_picture_over(tmp_path: Path) -> None:
    content = encoded(GREY)
    path = tmp_path / "digit.jpg"  # the first bytes tell, not the name
    path.write_bytes(content)
    (in_bytes,) = os.scandir(os.fsencode(tmp_path))  # a path that is bytes, which bytes themselves are not
    ways = (
        path,
        str(path),
        in_bytes,
        content,
        bytearray(content),
        memoryview(content),
        io.BytesIO(content),
        Image.fromarray(GREY),
    )
    for way in ways:
        assert_array_equal(decode(way), decode(GREY), strict=True)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_one_bit(kind: str) -> None:
    assert_array_equal(decode(encoded(Image.fromarray(GREY > 100), kind)), (GREY > 100).astype(np.float32))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits(kind: str) -> None:
    deep = GREY.astype(np.uint16) * 300
    assert_allclose(decode(encoded(deep, kind)), deep / 65535, atol=1e-6)


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_the_white_of_fewer_bits(bits: int) -> None:
    white = 2**bits - 1
    for dtype in ("<u2", ">u2"):
        assert_allclose(decode(np.array([[0, white // 3, white]], dtype)), [[0, 1 / 3, 1]], atol=1e-3)


def test_palette_and_transparency() -> None:
    palette = Image.new("P", (2, 1))
    palette.putpalette([255, 255, 255, 0, 0, 0])
    palette.putpixel((1, 0), 1)
    assert_array_equal(decode(encoded(palette)), [[1, 0]])
    clear = encoded(palette, transparency=1)
    assert_array_equal(decode(clear), [[0, 1]])  # nothing but white: what is opaque is ink
    assert_array_equal(decode(encoded(Image.new("L", (2, 1), 9), transparency=9)), [[1, 1]])
    assert_array_equal(decode(encoded(Image.new("CMYK", (1, 1), (0, 0, 0, 255)), "TIFF")), [[0]])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_as_its_camera_says(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    content = encoded(np.arange(48, dtype=np.uint8).reshape(6, 8) * 5, kind, exif=exif)
    expected = (
        np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("L"), np.float32) / 255
    )
    grey = decode(content)
    assert grey.shape == expected.shape
    assert_allclose(grey, expected, atol=0.01)


def test_damaged_notes_of_a_camera_do_not_matter() -> None:
    assert_allclose(decode(encoded(GREY, exif=b"Exif\0\0II*\0\xff\xff\xff\xff")), GREY / 255, atol=1e-6)


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP", "PNG"])
def test_the_first_of_several_frames(kind: str) -> None:
    others = [Image.fromarray(255 - GREY)] * 3
    content = encoded(GREY, kind, save_all=True, append_images=others, **LOSSLESS[kind])
    assert_allclose(decode(content), GREY / 255, atol=1e-6)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_large_pictures_are_reduced(kind: str) -> None:
    page = np.full((2100, 4200), 200, np.uint8)
    page[:, 2100:] = 100
    grey = decode(encoded(page, kind))
    assert grey.shape == (1024, 2048) if kind == "PNG" else max(grey.shape) <= 2100
    assert_allclose(grey[:, [0, -1]], np.full((len(grey), 2), [200, 100]) / 255, atol=0.01)


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, content: bytes, *others: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(others) + chunk(b"IDAT", content) + chunk(b"IEND", b"")


def bmp(width: int, height: int, bits: int, compression: int) -> bytes:
    sizes = struct.pack(
        "<IHHIIiiHHIIiiII", 0, 0, 0, 1078, 40, width, height, 1, bits, compression, 0, 0, 0, 256, 0
    )
    return b"BM" + sizes + bytes(1024)


def tiff(*tags: tuple[int, int, int, int]) -> bytes:
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + bytes(4)


def sized(width: int, height: int) -> list[tuple[int, int, int, int]]:
    return [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]


def jpeg(width: int, height: int) -> bytes:
    content = encoded(np.zeros((8, 8), np.uint8), "JPEG")
    at = content.index(b"\xff\xc0") + 5  # the frame's header: length, precision, then height and width
    return content[:at] + struct.pack(">HH", height, width) + content[at + 4 :]


ZEROS = zlib.compress(bytes(2**24))
HOSTILE = {
    "huge, it says": png(2**31 - 1, 2**31 - 1, b""),
    "over the limit": png(10_000, 10_000, ZEROS),
    "huge JPEG": jpeg(10_000, 10_000),
    "huge BMP": bmp(30_000, 30_000, 24, 0),
    "huge BMP, packed": bmp(7_000, 7_000, 8, 1) + b"\xff\1" * 10,
    "huge WebP": b"RIFF\x1a\0\0\0WEBPVP8L\x0e\0\0\0/\xff\xff\xff\x0f" + bytes(10),
    "huge GIF": b"GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\xff\xff\xff\xff\0\2\1\4\0;",
    "huge TIFF": tiff(
        *sized(60_000, 60_000), (273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, 60_000), (279, 4, 1, 9)
    ),
    "text that unpacks": png(4, 4, zlib.compress(bytes(20)), chunk(b"zTXt", b"k\0\0" + ZEROS)),
    "profile that unpacks": png(4, 4, zlib.compress(bytes(20)), chunk(b"iCCP", b"k\0\0" + ZEROS)),
    "GIF of comments": b"GIF89a\4\0\4\0\0\0\0" + (b"\x21\xfe\xff" + b"a" * 255 + b"\0") * 2_000,
    "GIF of one comment": b"GIF89a\4\0\4\0\0\0\0\x21\xfe" + (b"\xff" + b"a" * 255) * 2_000,
    "GIF that only clears": b"GIF89a\xff\0\xff\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\xff\0\xff\0\0\2"
    + (b"\xff" + b"\x24\x49\x92" * 85) * 90,
    "bad tags": b"II*\0\x08\0\0\0" + b"\xff\xff" + b"\1" * 100,
    "tags that point outside": tiff(*sized(60, 60), (273, 4, 2**32 - 1, 8)),
    "tags that lead round": b"MM\0*\0\0\0\x08\0\0\0\0\0\x08",
    "short": png(100, 100, zlib.compress(b"123")),
    "no size": png(0, 0, b""),
    "TIFF of 32 bits": encoded(Image.new("F", (3, 3)), "TIFF"),
    "too short a name": b"\x89PN",
    "nothing": b"",
    "text": b"seven",
    "SVG": b"<svg/>",
    "PDF": b"%PDF-1.7",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_hostile_is_refused_in_one_line(what: str, capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with pytest.raises(PictureError) as caught:
            decode(HOSTILE[what])
    assert_one_line(caught.value)
    assert not warned
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "what", ["huge, it says", "over the limit", "huge JPEG", "huge BMP", "huge GIF", "huge TIFF"]
)
def test_a_size_over_the_limit_is_refused_before_decoding(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_: object) -> NoReturn:
        pytest.fail("decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    with pytest.raises(PictureError, match=r"^the picture (is|has far more than) .* pixels.*; reduce it$"):
        decode(HOSTILE[what])


def test_more_than_the_picture_needs_is_not_unpacked() -> None:
    assert_array_equal(decode(png(4, 4, ZEROS)), np.zeros((4, 4)))


@pytest.mark.parametrize("kind", [*LOSSLESS, "JPEG"])
def test_a_cut_file_is_refused(kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)
    content = encoded(noise, kind, **LOSSLESS.get(kind, {}))
    for length in (0, 1, 3, 8, 20, len(content) // 2, len(content) * 3 // 4):
        with pytest.raises(PictureError) as caught:
            decode(content[:length])
        assert_one_line(caught.value)


WHOLE = [encoded(GREY, kind, **LOSSLESS.get(kind, {})) for kind in [*LOSSLESS, "JPEG"]]


@settings(deadline=None)  # a changed size may be large, and is allowed to be
@given(content=st.sampled_from(WHOLE), data=st.data())
def test_changed_files_are_read_or_refused(content: bytes, data: st.DataObject) -> None:
    changed = bytearray(content[: data.draw(st.integers(8, len(content)), label="length")])
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=4), label="places"):
        changed[place : place + 1] = data.draw(st.binary(max_size=2), label="bytes")
    try:
        grey = decode(changed)
    except PictureError as error:
        assert_one_line(error)
    else:
        assert grey.ndim == 2


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0", "is HEIC, as telephones take photos"),
        (b"\0\0\0\x20ftypavif\0\0\0\0", "is AVIF"),
        (b"%PDF-1.7\n", "is a PDF"),
        (b'\n<svg xmlns="x">', "is text, such as SVG or a web page"),
        (b"<!doctype html>", "is text, such as SVG or a web page"),
        (b"Seven, and eight.\n", "is text"),
        (b"P2\n28 28\n255\n0 0 0", "is PNM"),
        (b"RIFFaaaaWAVEfmt ", "starts with 52 49 46 46"),
        (b"ftypheic\0\0\0\0", "starts with 66 74 79 70"),
    ],
)
def test_what_people_have_instead_of_pictures_is_named(content: bytes, what: str) -> None:
    with pytest.raises(PictureError, match=f"the picture {what}; expected PNG, JPEG"):
        decode(content)


def test_a_file_over_the_limit_is_not_read_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1, /) -> bytes:
            assert 0 < size <= MAX_FILE_SIZE_BYTES + 1
            return b"\x89PNG" + bytes(size - 4)

    monkeypatch.setattr(DECODING, "MAX_FILE_SIZE_BYTES", 1000)
    path = tmp_path / "large.png"
    path.write_bytes(encoded(GREY) + bytes(2000))
    for large in (path, path.read_bytes(), Endless()):
        with pytest.raises(PictureError, match="has over 1,000 bytes, the most that is read; reduce it"):
            decode(large)  # type: ignore[arg-type]


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, what in (("missing.png", "does not exist"), ("", "is not a file"), ("pipe", "is not a file")):
        with pytest.raises(PictureError, match=f"{what}; expected a picture's file"):
            decode(tmp_path / name)
    with pytest.raises(PictureError, match=r"'.*two\\nlines.png' does not exist") as caught:
        decode(tmp_path / "two\nlines.png")
    assert_one_line(caught.value)


def test_what_the_system_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "locked.png").touch()
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(
        PictureError, match=r"cannot read .*locked.png: Permission denied; expected a whole picture"
    ):
        decode(tmp_path / "locked.png")


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros(3, np.uint8), r"shape \(3,\); expected \(h, w\), or \(h, w, c\) of 1 to 4 channels"),
        (np.zeros((3, 0), np.uint8), r"shape \(3, 0\)"),
        (np.zeros((3, 3, 5), np.uint8), r"shape \(3, 3, 5\)"),
        (np.zeros((3, 3, 0), np.uint8), r"shape \(3, 3, 0\)"),
        (np.zeros((3, 3), np.int64), "is an array of int64; expected bool, uint8, uint16, or floats in"),
        (np.array([[0, 255.0]]), "floats from 0 to 255"),
        (np.array([[0, np.nan]]), "floats from nan to nan"),
        (
            np.broadcast_to(np.uint8(0), (10_000, 10_000)),
            "is 10,000 x 10,000 pixels; expected at most 50,331,648",
        ),
    ],
)
def test_arrays_that_are_no_picture(array: NDArray[Any], message: str) -> None:
    with pytest.raises(PictureError, match=message):
        decode(array)


@pytest.mark.parametrize("thing", [None, 7, [[0, 1]], io.StringIO("seven")])
def test_things_that_are_no_picture(thing: Any) -> None:
    with pytest.raises(
        PictureError, match=r"the picture came as .*; expected a path, bytes, an open binary file"
    ):
        decode(thing)


def test_a_picture_of_the_callers_is_left_alone() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    image = Image.open(io.BytesIO(encoded(np.zeros((3000, 2500), np.uint8), "JPEG", exif=exif)))
    assert decode(image).shape == (1707, 2048)
    assert image.size == (2500, 3000)


def test_silence_ends_with_the_last_thread_in_it() -> None:
    quiet = IgnorePillowWarnings()
    inside, leave = threading.Event(), threading.Event()

    def stay() -> None:
        with quiet:
            inside.set()
            leave.wait()

    before = list(warnings.filters)
    other = threading.Thread(target=stay)
    with quiet:
        other.start()
        inside.wait()
    warnings.warn_explicit(
        "odd", UserWarning, "file", 1, "PIL.TiffImagePlugin"
    )  # errors, were it not for the other
    leave.set()
    other.join()
    assert list(warnings.filters) == before


def assert_one_line(error: PictureError) -> None:
    assert "\n" not in str(error)
    assert len(str(error)) < 400
    assert " at 0x" not in str(error)
