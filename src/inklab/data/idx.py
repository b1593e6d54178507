"""The IDX file format, which MNIST's authors defined for arrays.

A file is two zero bytes, a type code, the rank, the length of each axis, and the numbers in C order, all
big-endian. Files compressed with gzip or xz are read directly.

Source: http://yann.lecun.com/exdb/mnist/, "the IDX file format".
"""

import gzip
import lzma
import math
import os
import zlib
from contextlib import AbstractContextManager, nullcontext
from io import BufferedIOBase, BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inklab.errors import DataError
from inklab.utils.atomic import write_bytes

TYPES: dict[int, np.dtype[Any]] = {
    0x08: np.dtype(">u1"),
    0x09: np.dtype(">i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
MAX_SIZE_BYTES = 2**32 - 1  # of one decompressed file; also keeps every axis length within its four bytes
MAX_RANK = 64  # numpy's limit

_CODES = {dtype.newbyteorder("="): code for code, dtype in TYPES.items()}


def read_idx(path: str | os.PathLike[str]) -> NDArray[Any]:
    """Return the array of an IDX file, writeable and in native byte order.

    The first bytes, not the name, decide whether the file is plain or compressed with gzip or xz. Memory use
    follows the actual content, not the size that the header or the compression claims.

    Raises:
        DataError: the file is missing, unreadable, damaged, not IDX, or larger than `MAX_SIZE_BYTES`.
    """
    path = Path(path)
    try:
        if not path.is_file():
            problem = "is not a file" if path.exists() else "does not exist"
            raise DataError(f"{path} {problem}; expected an IDX file, plain or compressed with gzip or xz")
        with path.open("rb") as file, _decompressed(file) as stream:
            return _read_array(stream, path)
    except (OSError, EOFError, MemoryError, lzma.LZMAError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error) or "not enough memory"
        raise DataError(f"cannot read {path}: {reason}; expected a complete and readable IDX file") from error


def write_idx(path: str | os.PathLike[str], array: NDArray[Any]) -> None:
    """Write an array as an IDX file, atomically; the same array gives the same bytes.

    Args:
        path: the file to write; a name that ends in .gz or .xz is compressed.
        array: uint8, int8, int16, int32, float32 or float64, any rank, at most `MAX_SIZE_BYTES`.

    Raises:
        DataError: the array has another dtype or is too large.
        InklabError: the file cannot be written.
    """
    path = Path(path)
    if (code := _CODES.get(array.dtype.newbyteorder("="))) is None:
        names = ", ".join(dtype.name for dtype in TYPES.values())
        raise DataError(f"IDX cannot hold {array.dtype.name}; cast the array to one of {names}")
    _check_size(array.shape, array.dtype, path)
    header = bytes([0, 0, code, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    content = header + array.astype(TYPES[code], copy=False).tobytes()
    match path.suffix:
        case ".xz":
            content = lzma.compress(content)
        case ".gz":
            content = gzip.compress(content, mtime=0)  # no time stamp: the same array gives the same bytes
    write_bytes(path, content)


def _read_array(stream: BufferedIOBase, path: Path) -> NDArray[Any]:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES:  # noqa: PLR2004
        expected = f"an IDX file: 00 00 and a type from {', '.join(f'{code:02x}' for code in TYPES)}"
        raise DataError(f"{path} starts with {magic.hex(' ') or 'no bytes'}; expected {expected}")
    dtype, rank = TYPES[magic[2]], magic[3]
    if rank > MAX_RANK:
        raise DataError(f"{path} has {rank} axes; expected at most {MAX_RANK}; download it again")
    axes = stream.read(4 * rank)
    if len(axes) < 4 * rank:
        raise DataError(f"{path} ends within its header of {4 + 4 * rank} bytes; download it again")
    shape = tuple(np.frombuffer(axes, ">u4").tolist()) if rank else ()
    _check_size(shape, dtype, path)
    size_bytes = math.prod(shape) * dtype.itemsize
    content = bytearray()
    while chunk := stream.read(min(2**20, size_bytes + 1 - len(content))):
        content += chunk  # up to one byte more than declared: at the end, gzip and xz check their checksums
    if len(content) != size_bytes:
        length = "more" if len(content) > size_bytes else f"only {len(content):,}"
        declared = f"{dtype.name} {shape}, {size_bytes:,} bytes"
        raise DataError(f"{path} declares {declared}, but has {length}; download it again")
    return np.ndarray(shape, dtype, buffer=content).astype(dtype.newbyteorder("="), copy=False)


def _check_size(shape: tuple[int, ...], dtype: np.dtype[Any], path: Path) -> None:
    # An axis of length 0 counts as 1: numpy refuses (0, 2**32 - 1, 2**32 - 1), although it is empty.
    if math.prod(max(length, 1) for length in shape) * dtype.itemsize > MAX_SIZE_BYTES:
        raise DataError(f"{path} declares {dtype.name} {shape}; expected at most {MAX_SIZE_BYTES:,} bytes")


def _decompressed(file: BufferedReader) -> AbstractContextManager[BufferedIOBase]:
    magic = file.peek()
    if magic.startswith(b"\xfd7zXZ\x00"):
        return lzma.LZMAFile(file)
    return gzip.GzipFile(fileobj=file) if magic.startswith(b"\x1f\x8b") else nullcontext(file)
