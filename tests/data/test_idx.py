"""The IDX format: bytes written by hand, round trips, and damaged or hostile files."""

import gzip
import lzma
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from inklab.data.idx import MAX_SIZE_BYTES, TYPES, read_idx, write_idx
from inklab.errors import DataError, InklabError

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".xz": partial(lzma.compress, preset=0),  # decompressed with the least memory, 256 KiB
}
NATIVE = [dtype.newbyteorder("=") for dtype in TYPES.values()]

BY_HAND = {
    "uint8": ("00 00 08 02  00 00 00 02  00 00 00 03  00 01 02 03 04 ff", [[0, 1, 2], [3, 4, 255]]),
    "int8": ("00 00 09 01  00 00 00 02  7f 80", [127, -128]),
    "int16": ("00 00 0b 01  00 00 00 02  01 02 ff fe", [258, -2]),
    "int32": ("00 00 0c 01  00 00 00 02  00 01 00 00 ff ff ff fd", [65536, -3]),
    "float32": ("00 00 0d 01  00 00 00 02  3f 80 00 00 c0 00 00 00", [1.0, -2.0]),
    "float64": ("00 00 0e 00  3f e0 00 00 00 00 00 00", 0.5),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("idx")


@pytest.mark.parametrize("dtype", BY_HAND)
def test_bytes_written_by_hand(tmp_path: Path, dtype: str) -> None:
    content, values = bytes.fromhex(BY_HAND[dtype][0]), np.array(BY_HAND[dtype][1], dtype)
    (tmp_path / "by_hand").write_bytes(content)
    array = read_idx(tmp_path / "by_hand")
    assert array.dtype == np.dtype(dtype)
    assert array.dtype.isnative
    assert array.flags.writeable
    assert_array_equal(array, values, strict=True)

    write_idx(tmp_path / "written", values)
    assert (tmp_path / "written").read_bytes() == content


arrays = st.sampled_from(NATIVE).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=6, min_side=0, max_side=4))
)


@given(array=arrays, suffix=st.sampled_from(list(COMPRESS)))
def test_a_round_trip(folder: Path, array: NDArray[Any], suffix: str) -> None:
    path = folder / f"round{suffix}"
    write_idx(path, array)
    assert_array_equal(read_idx(path), array, strict=True)


@pytest.mark.parametrize("suffix", COMPRESS)
def test_the_same_array_gives_the_same_bytes_compressed_as_the_name_says(tmp_path: Path, suffix: str) -> None:
    array = np.arange(12, dtype=np.int16).reshape(3, 4)
    (tmp_path / "later").mkdir()
    for path in (tmp_path / f"one{suffix}", tmp_path / "later" / f"other{suffix}"):
        write_idx(path, array)
    content = (tmp_path / f"one{suffix}").read_bytes()
    assert content == (tmp_path / "later" / f"other{suffix}").read_bytes()
    assert content.startswith({"": b"\0\0\x0b\x02", ".gz": b"\x1f\x8b", ".xz": b"\xfd7zXZ"}[suffix])
    if suffix == ".gz":
        assert content[4:8] == bytes(4)  # no time stamp


def test_the_bytes_do_not_depend_on_memory_order_or_byte_order(tmp_path: Path) -> None:
    array = np.arange(6, dtype=np.int32).reshape(2, 3)
    write_idx(tmp_path / "plain", array)
    for same in (np.asfortranarray(array), array.astype(">i4"), np.repeat(array, 2, axis=1)[:, ::2]):
        write_idx(tmp_path / "other", same)
        assert (tmp_path / "other").read_bytes() == (tmp_path / "plain").read_bytes()


def test_the_content_determines_the_compression_not_the_name(tmp_path: Path) -> None:
    for suffix, compress in COMPRESS.items():
        path = tmp_path / f"labels.{len(suffix)}.txt"
        path.write_bytes(compress(idx([2], b"\5\6")))
        assert read_idx(path).tolist() == [5, 6]


@pytest.mark.parametrize("compress", [gzip.compress, lzma.compress])
def test_a_file_compressed_in_several_parts(tmp_path: Path, compress: Any) -> None:
    content = idx([4], b"\1\2\3\4")
    (tmp_path / "parts").write_bytes(compress(content[:6]) + compress(content[6:]))
    assert read_idx(tmp_path / "parts").tolist() == [1, 2, 3, 4]


def test_the_maximum_rank_of_numpy(tmp_path: Path) -> None:
    array = np.full((1,) * 64, 7, np.uint8)
    write_idx(tmp_path / "deep", array)
    assert_array_equal(read_idx(tmp_path / "deep"), array, strict=True)


def idx(shape: list[int], content: bytes, code: int = 0x08) -> bytes:
    return bytes([0, 0, code, len(shape)]) + np.array(shape, ">u4").tobytes() + content


FAULTS = {
    "empty": (b"", "starts with no bytes; expected an IDX file: 00 00 and a type from 08, 09, 0b"),
    "a picture": (b"\x89PNG\r\n", "starts with 89 50 4e 47; expected an IDX file"),
    "three bytes": (b"\0\0\x08", "starts with 00 00 08; expected"),
    "unknown type": (b"\0\0\x0a\1\0\0\0\0", "starts with 00 00 0a 01; expected"),
    "rank": (b"\0\0\x08\xff" + bytes(4 * 255), "has 255 axes; expected at most 64"),
    "short header": (b"\0\0\x08\2\0\0\0\1\0\0", "ends within its header of 12 bytes; download it again"),
    "short": (idx([2, 3], b"12345"), r"declares uint8 \(2, 3\), 6 bytes, but has only 5; download it again"),
    "long": (idx([2, 3], b"1234567"), r"declares uint8 \(2, 3\), 6 bytes, but has more; download it again"),
    "huge": (idx([2**32 - 1] * 2, b""), r"\(4294967295, 4294967295\); expected at most 4,294,967,295 bytes"),
    "huge but empty": (idx([0, 2**32 - 1, 2], b""), r"\(0, 4294967295, 2\); expected at most 4,294,967,295"),
    "huge numbers": (idx([2**29], b"", 0x0E), r"declares float64 \(536870912,\); expected at most"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("suffix", COMPRESS)
def test_the_message_names_the_damage(tmp_path: Path, fault: str, suffix: str) -> None:
    content, message = FAULTS[fault]
    path = tmp_path / f"file{suffix}"
    path.write_bytes(COMPRESS[suffix](content))
    with pytest.raises(DataError, match=message) as caught:
        read_idx(path)
    assert_one_line(caught.value, path)


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
@pytest.mark.parametrize("damage", ["truncated", "changed", "followed"])
def test_damaged_compression_is_refused(tmp_path: Path, suffix: str, damage: str) -> None:
    path = tmp_path / f"file{suffix}"
    compressed = COMPRESS[suffix](idx([300], bytes(range(256)) + bytes(44)))
    middle = len(compressed) // 2
    changed = compressed[:middle] + bytes([compressed[middle] ^ 0xFF]) + compressed[middle + 1 :]
    path.write_bytes(
        {"truncated": compressed[:-1], "changed": changed, "followed": compressed + b"more"}[damage]
    )
    with pytest.raises(
        DataError, match=r"cannot read .*; expected a complete and readable IDX file"
    ) as caught:
        read_idx(path)
    assert_one_line(caught.value, path)


def test_a_path_that_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="missing does not exist; expected an IDX file, plain or compressed"):
        read_idx(tmp_path / "missing")
    with pytest.raises(DataError, match="is not a file; expected an IDX file") as caught:
        read_idx(tmp_path)
    assert_one_line(caught.value, tmp_path)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(PermissionError(13, "Permission denied"), "Permission denied"), (MemoryError(), "not enough memory")],
)
def test_a_file_that_the_system_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception, reason: str
) -> None:
    def refuse(*_: object) -> None:
        raise fault

    (tmp_path / "locked").touch()
    monkeypatch.setattr(Path, "open", refuse)  # the tests may run as root, who may open any file
    with pytest.raises(DataError, match=f"locked: {reason}; expected a complete and readable IDX file"):
        read_idx(tmp_path / "locked")


def test_an_array_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"IDX cannot hold int64; cast the array to one of uint8, int8, int16"
    ):
        write_idx(tmp_path / "labels", np.array([1]))
    with pytest.raises(DataError, match="expected at most 4,294,967,295 bytes"):
        write_idx(tmp_path / "huge", np.broadcast_to(np.uint8(0), (2**16, 2**16)))
    with pytest.raises(InklabError, match="cannot write"):
        write_idx(tmp_path / "no folder" / "labels", np.zeros(1, np.uint8))
    assert not list(tmp_path.iterdir())


complete_files = [
    compress(idx([2, 3], bytes(6 * TYPES[code].itemsize), code))
    for compress in COMPRESS.values()
    for code in TYPES
]


@given(content=st.sampled_from(complete_files), data=st.data())
def test_a_changed_or_truncated_file_is_read_or_refused(
    folder: Path, content: bytes, data: st.DataObject
) -> None:
    changed = bytearray(content[: data.draw(st.integers(0, len(content)), label="length")])
    for position in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=3), label="positions"):
        changed[position : position + 1] = data.draw(st.binary(max_size=2), label="bytes")
    path = folder / "changed"
    path.write_bytes(changed)
    read_or_refuse(path)


@given(
    content=st.binary(max_size=64), start=st.sampled_from([b"", b"\0\0", b"\x1f\x8b\x08\0", b"\xfd7zXZ\0"])
)
def test_random_bytes_are_read_or_refused(folder: Path, content: bytes, start: bytes) -> None:
    path = folder / "noise"
    path.write_bytes(start + content)
    read_or_refuse(path)


@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_header_that_declares_too_much_takes_no_memory(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "promise"
    path.write_bytes(COMPRESS[suffix](idx([MAX_SIZE_BYTES], b"little")))
    with memory_below(2**20 + 2**19), pytest.raises(DataError, match="has only 6"):
        read_idx(path)


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
def test_a_bomb_is_unpacked_no_further_than_its_header_says(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(COMPRESS[suffix](idx([10], bytes(2**26))))
    assert path.stat().st_size < 2**17
    with memory_below(2**20 + 2**19), pytest.raises(DataError, match="10 bytes, but has more"):
        read_idx(path)


@contextmanager
def memory_below(limit_bytes: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit_bytes
    finally:
        tracemalloc.stop()


def read_or_refuse(path: Path) -> None:
    try:
        array = read_idx(path)
    except DataError as error:
        assert_one_line(error, path)
    else:
        assert array.dtype in NATIVE


def assert_one_line(error: DataError, path: Path) -> None:
    assert str(path) in str(error)
    assert "\n" not in str(error)
