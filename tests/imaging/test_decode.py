"""Decode: each format, bit depth and color gives known numbers; damaged and hostile files are refused."""

import importlib
import io
import os
import struct
import sys
import threading
import warnings
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from drawn_digits import encode
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile, ImageOps

from inklab.errors import PictureError
from inklab.imaging import MAX_FILE_SIZE_BYTES, decode
from inklab.imaging.pillow_warnings import IgnorePillowWarnings

DECODE_MODULE = importlib.import_module("inklab.imaging.decode")  # the function has the same name
LOSSLESS: dict[str, dict[str, Any]] = {
    "PNG": {},
    "BMP": {},
    "TIFF": {},
    "GIF": {},
    "WEBP": {"lossless": True},
}
GRAY = np.arange(12 * 9, dtype=np.uint8).reshape(12, 9) * 2


@pytest.mark.parametrize("kind", LOSSLESS)
def test_each_format_gives_the_same_pixels(kind: str) -> None:
    assert_allclose(decode(encode(GRAY, kind, **LOSSLESS[kind])), GRAY / 255, atol=1e-6)


def test_a_jpeg_of_one_gray_level() -> None:
    gray = decode(encode(np.full((20, 30), 77, np.uint8), "JPEG"))
    assert gray.dtype == np.float32
    assert_allclose(gray, np.full((20, 30), 77 / 255), atol=1e-6)


def test_each_way_to_pass_a_picture(tmp_path: Path) -> None:
    content = encode(GRAY)
    path = tmp_path / "digit.jpg"  # the first bytes decide, not the name
    path.write_bytes(content)
    (bytes_path,) = os.scandir(os.fsencode(tmp_path))  # bytes themselves would be the content
    pictures = (
        path,
        str(path),
        bytes_path,
        content,
        bytearray(content),
        memoryview(content),
        io.BytesIO(content),
        Image.fromarray(GRAY),
    )
    for picture in pictures:
        assert_array_equal(decode(picture), decode(GRAY), strict=True)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_a_picture_of_one_bit(kind: str) -> None:
    assert_array_equal(decode(encode(Image.fromarray(GRAY > 100), kind)), (GRAY > 100).astype(np.float32))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_a_picture_of_sixteen_bits(kind: str) -> None:
    deep = GRAY.astype(np.uint16) * 300
    assert_allclose(decode(encode(deep, kind)), deep / 65535, atol=1e-6)


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_white_in_uint16_is_the_maximum_of_the_fewest_bits(bits: int) -> None:
    white = 2**bits - 1
    for dtype in ("<u2", ">u2"):
        assert_allclose(decode(np.array([[0, white // 3, white]], dtype)), [[0, 1 / 3, 1]], atol=1e-3)


def test_palette_and_transparency() -> None:
    palette = Image.new("P", (2, 1))
    palette.putpalette([255, 255, 255, 0, 0, 0])
    palette.putpixel((1, 0), 1)
    assert_array_equal(decode(encode(palette)), [[1, 0]])
    clear = encode(palette, transparency=1)
    assert_array_equal(decode(clear), [[0, 1]])  # all white: opaque pixels are ink
    assert_array_equal(decode(encode(Image.new("L", (2, 1), 9), transparency=9)), [[1, 1]])
    assert_array_equal(decode(encode(Image.new("CMYK", (1, 1), (0, 0, 0, 255)), "TIFF")), [[0]])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_rotated_by_its_exif_orientation(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    content = encode(np.arange(48, dtype=np.uint8).reshape(6, 8) * 5, kind, exif=exif)
    expected = (
        np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("L"), np.float32) / 255
    )
    gray = decode(content)
    assert gray.shape == expected.shape
    assert_allclose(gray, expected, atol=0.01)


def test_damaged_exif_data_are_ignored() -> None:
    assert_allclose(decode(encode(GRAY, exif=b"Exif\0\0II*\0\xff\xff\xff\xff")), GRAY / 255, atol=1e-6)


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP", "PNG"])
def test_the_first_of_several_frames_is_used(kind: str) -> None:
    others = [Image.fromarray(255 - GRAY)] * 3
    content = encode(GRAY, kind, save_all=True, append_images=others, **LOSSLESS[kind])
    assert_allclose(decode(content), GRAY / 255, atol=1e-6)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_large_pictures_are_downscaled(kind: str) -> None:
    page = np.full((2100, 4200), 200, np.uint8)
    page[:, 2100:] = 100
    gray = decode(encode(page, kind))
    assert gray.shape == (1024, 2048) if kind == "PNG" else max(gray.shape) <= 2100
    assert_allclose(gray[:, [0, -1]], np.full((len(gray), 2), [200, 100]) / 255, atol=0.01)


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
    content = encode(np.zeros((8, 8), np.uint8), "JPEG")
    at = content.index(b"\xff\xc0") + 5  # the frame header: length, precision, height, width
    return content[:at] + struct.pack(">HH", height, width) + content[at + 4 :]


ZEROS = zlib.compress(bytes(2**24))
HOSTILE = {
    "huge PNG header": png(2**31 - 1, 2**31 - 1, b""),
    "PNG over the limit": png(10_000, 10_000, ZEROS),
    "huge JPEG": jpeg(10_000, 10_000),
    "huge BMP": bmp(30_000, 30_000, 24, 0),
    "huge compressed BMP": bmp(7_000, 7_000, 8, 1) + b"\xff\1" * 10,
    "huge WebP": b"RIFF\x1a\0\0\0WEBPVP8L\x0e\0\0\0/\xff\xff\xff\x0f" + bytes(10),
    "huge GIF": b"GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\xff\xff\xff\xff\0\2\1\4\0;",
    "huge TIFF": tiff(
        *sized(60_000, 60_000), (273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, 60_000), (279, 4, 1, 9)
    ),
    "PNG with a large compressed text": png(4, 4, zlib.compress(bytes(20)), chunk(b"zTXt", b"k\0\0" + ZEROS)),
    "PNG with a large compressed profile": png(
        4, 4, zlib.compress(bytes(20)), chunk(b"iCCP", b"k\0\0" + ZEROS)
    ),
    "GIF with many comments": b"GIF89a\4\0\4\0\0\0\0" + (b"\x21\xfe\xff" + b"a" * 255 + b"\0") * 2_000,
    "GIF with one long comment": b"GIF89a\4\0\4\0\0\0\0\x21\xfe" + (b"\xff" + b"a" * 255) * 2_000,
    "GIF of clear codes": b"GIF89a\xff\0\xff\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\xff\0\xff\0\0\2"
    + (b"\xff" + b"\x24\x49\x92" * 85) * 90,
    "TIFF with bad tags": b"II*\0\x08\0\0\0" + b"\xff\xff" + b"\1" * 100,
    "TIFF with tags that point outside": tiff(*sized(60, 60), (273, 4, 2**32 - 1, 8)),
    "TIFF with a cycle of tags": b"MM\0*\0\0\0\x08\0\0\0\0\0\x08",
    "PNG with too few pixels": png(100, 100, zlib.compress(b"123")),
    "PNG of size 0": png(0, 0, b""),
    "TIFF of negative floats": encode(Image.new("F", (3, 3), -9), "TIFF"),
    "AVIF of damaged boxes": b"\0\0\0\x20ftypavif\0\0\0\0",
    "HEIC of damaged boxes": b"\0\0\0\x18ftypheic\0\0\0\0",
    "incomplete signature": b"\x89PN",
    "empty": b"",
    "text": b"seven",
    "SVG": b"<svg/>",
    "PDF": b"%PDF-1.7",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_one_line(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings(record=True) as emitted:
        warnings.simplefilter("always")
        with pytest.raises(PictureError) as caught:
            decode(HOSTILE[name])
    assert_one_line(caught.value)
    assert not emitted
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "name", ["huge PNG header", "PNG over the limit", "huge JPEG", "huge BMP", "huge GIF", "huge TIFF"]
)
def test_a_size_over_the_limit_is_refused_before_decoding(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_: object) -> NoReturn:
        pytest.fail("the picture was decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    with pytest.raises(PictureError, match=r"^the picture (is|has far more than) .* pixels.*; downscale it$"):
        decode(HOSTILE[name])


def test_data_beyond_the_last_pixel_are_ignored() -> None:
    assert_array_equal(decode(png(4, 4, ZEROS)), np.zeros((4, 4)))


@pytest.mark.parametrize("kind", [*LOSSLESS, "JPEG"])
def test_a_truncated_file_is_refused(kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)
    content = encode(noise, kind, **LOSSLESS.get(kind, {}))
    for length in (0, 1, 3, 8, 20, len(content) // 2, len(content) * 3 // 4):
        with pytest.raises(PictureError) as caught:
            decode(content[:length])
        assert_one_line(caught.value)


COMPLETE_FILES = [encode(GRAY, kind, **LOSSLESS.get(kind, {})) for kind in [*LOSSLESS, "JPEG"]]


@settings(deadline=None)  # a changed size may be large
@given(content=st.sampled_from(COMPLETE_FILES), data=st.data())
def test_a_changed_file_is_decoded_or_refused(content: bytes, data: st.DataObject) -> None:
    changed = bytearray(content[: data.draw(st.integers(8, len(content)), label="length")])
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=4), label="places"):
        changed[place : place + 1] = data.draw(st.binary(max_size=2), label="bytes")
    try:
        gray = decode(changed)
    except PictureError as error:
        assert_one_line(error)
    else:
        assert gray.ndim == 2


def test_a_file_over_the_limit_is_not_read_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1, /) -> bytes:
            assert 0 < size <= MAX_FILE_SIZE_BYTES + 1
            return b"\x89PNG" + bytes(size - 4)

    monkeypatch.setattr(DECODE_MODULE, "MAX_FILE_SIZE_BYTES", 1000)
    path = tmp_path / "large.png"
    path.write_bytes(encode(GRAY) + bytes(2000))
    for large in (path, path.read_bytes(), Endless()):
        with pytest.raises(PictureError, match="has over 1,000 bytes, the maximum; downscale it"):
            decode(large)  # type: ignore[arg-type]


def test_a_path_that_is_not_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, problem in (
        ("missing.png", "does not exist"),
        ("", "is not a file"),
        ("pipe", "is not a file"),
    ):
        with pytest.raises(PictureError, match=f"{problem}; expected the file of a picture"):
            decode(tmp_path / name)
    with pytest.raises(PictureError, match=r"two\\nlines.png' does not exist") as caught:
        decode(tmp_path / "two\nlines.png")
    assert_one_line(caught.value)


def test_a_file_that_the_system_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "locked.png").touch()
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(
        PictureError, match=r"cannot read .*locked.png: Permission denied; expected a complete picture"
    ):
        decode(tmp_path / "locked.png")


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (
            np.zeros((3, 0), np.uint8),
            r"shape \(3, 0\); expected \(h, w\), or \(h, w, c\) with 1 to 4 channels",
        ),
        (np.zeros((5, 3, 5), np.uint8), r"shape \(5, 3, 5\); .*; for several pictures use `read_many`"),
        (np.zeros((3, 3, 0), np.uint8), r"shape \(3, 3, 0\)"),
        (np.array([[-1, 255]]), "is an array of int64 from -1 to 255; expected whole numbers from 0 to 255"),
        (np.array([[0, 65536]]), "is an array of int64 from 0 to 65536; expected whole numbers"),
        (np.array([[0, 1.5]]), "floats from 0 to 1.5; .* floats from 0 to 1; rescale the values"),
        (np.array([[-0.42, 2.8]]), "floats from -0.42 to 2.8"),
        (np.array([[0, np.nan]]), "floats with NaN; expected numbers; replace each NaN"),
        (np.array([[0, np.inf]]), "floats from 0 to inf"),
        (np.array([[1j]]), "is an array of complex128"),
        (
            np.broadcast_to(np.uint8(0), (10_000, 10_000)),
            "is 10,000 x 10,000 pixels; expected at most 50,331,648",
        ),
    ],
)
def test_an_array_that_is_not_a_picture(array: NDArray[Any], message: str) -> None:
    with pytest.raises(PictureError, match=message):
        decode(array)


def test_the_pillow_image_of_the_caller_is_not_changed() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    image = Image.open(io.BytesIO(encode(np.zeros((3000, 2500), np.uint8), "JPEG", exif=exif)))
    assert decode(image).shape == (1707, 2048)
    assert image.size == (2500, 3000)


PAGE = np.full((20, 30, 3), (200, 180, 60), np.uint8)
PAGE[5:15, 10:20] = (20, 40, 90)


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV", "LAB"]
)
def test_each_mode_of_a_pillow_image(mode: str) -> None:
    image = Image.fromarray(PAGE)
    if mode in {"La", "RGBa", "PA"}:
        image = image.convert({"La": "LA", "RGBa": "RGBA", "PA": "P"}[mode])
    gray = decode(
        Image.frombytes("LAB", image.size, PAGE.tobytes()) if mode == "LAB" else image.convert(mode)
    )
    assert gray.shape == (20, 30)
    assert gray[10, 15] < 0.25
    assert gray[0, 0] > 0.6


@pytest.mark.parametrize("mode", ["I", "I;16", "I;16B", "F"])
def test_a_pillow_image_of_deep_pixels(mode: str) -> None:
    dtype = {"I": "i4", "I;16": "<u2", "I;16B": ">u2", "F": "f4"}[mode]
    for scale in (1, 257):  # 8 and 16 bits
        values = (GRAY.astype(np.int32) * scale).astype(dtype)
        image = Image.frombytes(mode, GRAY.shape[::-1], values.tobytes())
        assert_allclose(decode(image), GRAY / 255, atol=1e-6)


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_photos_of_phones(kind: str, orientation: int, monkeypatch: pytest.MonkeyPatch) -> None:
    importlib.import_module("pillow_heif.HeifImagePlugin")
    image = Image.fromarray(PAGE)
    exif = image.getexif()
    exif[ExifTags.Base.Orientation] = orientation
    content = encode(PAGE, kind, exif=exif.tobytes(), quality=90)
    expected = np.asarray(ImageOps.exif_transpose(image).convert("L"), np.float32) / 255
    gray = decode(content)
    assert gray.shape == expected.shape
    assert np.abs(gray - expected).mean() < 0.02
    if kind == "HEIF":
        monkeypatch.setitem(sys.modules, "pillow_heif.HeifImagePlugin", None)  # as if not installed
        with pytest.raises(
            PictureError, match=r"is HEIC, .*; install its reader with: pip install 'inklab\[heic\]'"
        ):
            decode(content)


def test_an_open_file_is_read_from_its_start_unless_a_picture_starts_at_its_position() -> None:
    file = io.BytesIO()
    Image.fromarray(GRAY).save(file, "PNG")
    assert_array_equal(decode(file), decode(encode(GRAY)))  # at its end
    file.seek(5)
    assert_array_equal(decode(file), decode(encode(GRAY)))
    embedded = io.BytesIO(encode(255 - GRAY) + encode(GRAY))
    embedded.seek(len(encode(255 - GRAY)))
    assert_array_equal(decode(embedded), decode(encode(GRAY)))


def test_a_file_that_is_not_open_as_binary(tmp_path: Path) -> None:
    (tmp_path / "digit.png").write_bytes(encode(GRAY))
    with (tmp_path / "digit.png").open(encoding="utf-8") as text:
        assert_array_equal(decode(text), decode(encode(GRAY)))  # type: ignore[arg-type]
    with pytest.raises(PictureError, match="the picture gives str; expected a file opened as binary"):
        decode(io.StringIO("seven"))  # type: ignore[arg-type]


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "group4", "jpeg"])
def test_libtiff_prints_nothing(compression: str, capfd: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)
    content = encode(
        Image.fromarray(noise > 99 if compression == "group4" else noise), "TIFF", compression=compression
    )
    for place in range(20, len(content) - 200, 150):
        damaged = content[:place] + b"\xff\0\xff\0" + content[place + 4 :]
        with suppress(PictureError):
            decode(damaged)
    assert capfd.readouterr() == ("", "")


def test_pillow_warnings_are_suppressed_until_the_last_thread_leaves() -> None:
    ignore_pillow_warnings = IgnorePillowWarnings()
    inside, leave = threading.Event(), threading.Event()

    def stay() -> None:
        with ignore_pillow_warnings:
            inside.set()
            leave.wait()

    before = list(warnings.filters)
    other = threading.Thread(target=stay)
    with ignore_pillow_warnings:
        other.start()
        inside.wait()
    warnings.warn_explicit(
        "odd", UserWarning, "file", 1, "PIL.TiffImagePlugin"
    )  # an error, unless the other thread still suppresses it
    leave.set()
    other.join()
    assert list(warnings.filters) == before


def assert_one_line(error: PictureError) -> None:
    assert "\n" not in str(error)
    assert len(str(error)) < 400
    assert " at 0x" not in str(error)
