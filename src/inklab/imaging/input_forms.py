"""Turn the forms in which programs hold pictures into a file, an array, or a Pillow image.

A form is recognized by what the object can do, so torch, TensorFlow, and pandas are never imported.
"""

import binascii
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from reprlib import repr as shortened
from typing import IO, Any, NoReturn, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inklab.constants import IMAGE_SIZE, N_PIXELS
from inklab.errors import DataError, PictureError
from inklab.imaging.formats import MAX_FILE_SIZE_BYTES, is_picture_file
from inklab.imaging.gray import MAX_CHANNELS, MAX_PIXELS
from inklab.utils.text import quoted

_EXPECTED = "expected a path, bytes, an open binary file, an array, or a Pillow image"
_MAX_TEXT = MAX_FILE_SIZE_BYTES * 7 // 5  # characters; base64 takes 4/3, and line breaks a little more
_MAX_HEAD = 256  # characters; the start of a picture and the header of a data URL are shorter
_MIN_BASE64 = 32  # characters of a text that may be base64; the smallest GIF takes 36
_URL = re.compile(r"(?i)(https?|ftps?|s3|gs|file):/")  # a Path turns :// into :/
_DATA_URL = re.compile(r"(?i)\s*data:[^,]*,")
_OTHER_SIGNS = (("-", "+"), ("_", "/"), ("%2B", "+"), ("%2F", "/"), ("%3D", "="))  # of base64 in URLs
_CHANNELS_FIRST = {1, 3, 4}  # gray, RGB, RGBA; two images are likelier than gray with alpha
_PICTURE_AXES = 3
_MAX_AXES = 8  # of nested lists
_MAX_ASPECT_RATIO = 8  # of an array 784 wide; a flatter one holds images in rows
_NUMPY_NUMBERS = "biufcmM"  # kinds of dtypes; `to_gray` refuses complex numbers and dates
_ROWS_AT_A_TIME = 1024  # of a table; 6 MB in float64


class SupportsArray(Protocol):
    """A tensor or a table that numpy can turn into an array."""

    def __array__(self) -> NDArray[Any]: ...


File: TypeAlias = str | os.PathLike[str] | os.PathLike[bytes] | bytes | IO[bytes]
Picture: TypeAlias = File | bytearray | memoryview | Image.Image | Sequence[Any] | SupportsArray


def to_file_or_array(picture: Picture, name: str) -> File | NDArray[Any] | Image.Image:
    """Return a picture of any form as a file, an array (h, w) or (h, w, c), or a Pillow image.

    Args:
        picture: see `inklab.imaging.decode`.
        name: the name of the picture in messages.

    Raises:
        PictureError: the form is not accepted, or it holds several pictures.
    """
    convert = next((convert for is_of_form, convert in _FORMS if is_of_form(picture)), _refuse)
    source: File | NDArray[Any] | Image.Image = convert(picture, name)
    return source


def iter_pictures(pictures: Iterable[Picture] | SupportsArray) -> Iterable[Any]:
    """Return several pictures to iterate over: the items of an iterable, or the rows of an array or a table.

    Args:
        pictures: an iterable of pictures, an array (n, 784) or (n, h, w), or a table with 784 columns.

    Raises:
        DataError: `pictures` is a single picture, a mapping, or a table with other columns.
    """
    if isinstance(pictures, Mapping):
        raise DataError(f"this is a {_described(pictures)}; expected several pictures; pass them in a list")
    if _is_table(pictures):
        return _iter_rows(pictures)
    if not isinstance(pictures, Iterable) or _is_single(pictures):
        advice = "use `read`, or put the picture in a list"
        raise DataError(f"this is one picture ({_type_name(pictures)}); expected several; {advice}")
    return pictures


def name_of(picture: Picture) -> str:
    """Return the name of a picture for messages: its path, in one line, or "the picture"."""
    if not isinstance(picture, str | os.PathLike) or (isinstance(picture, str) and _is_encoded(picture)):
        return "the picture"
    return quoted(os.fsdecode(picture))


def _unchanged(picture: Any, _name: str) -> Any:
    return picture


def _from_path(path: str | os.PathLike[Any], name: str) -> File:
    if isinstance(path, str) and _is_encoded(path):
        return _decode_text(path, name)
    if _URL.match(os.fsdecode(path)):
        raise PictureError(f"{name} is a URL; nothing is fetched; download the picture and pass its path")
    return path


def _from_bytes(content: bytes | bytearray | memoryview, name: str) -> File | NDArray[Any]:
    if isinstance(content, memoryview) and content.ndim > 1:
        return _one_picture(np.asarray(content), name)
    content = bytes(memoryview(content)[: _MAX_TEXT + 1])
    if not is_picture_file(content) and _is_encoded(content[:_MAX_HEAD].decode("latin-1")):
        return _decode_text(content.decode("latin-1"), name)
    return content


def _is_encoded(text: str) -> bool:
    """Return whether a text is a data URL, or base64 that starts like a picture and is not a path."""
    head = text[:_MAX_HEAD]
    if _DATA_URL.match(head):
        return True
    start = "".join(head.split())[:_MIN_BASE64]
    if len(start) < _MIN_BASE64 or not re.fullmatch(r"[\w+/=-]+", start, re.ASCII):
        return False
    return is_picture_file(_decode_base64(start)) and not os.path.isfile(text)  # noqa: PTH113  (Path may raise)


def _decode_text(text: str, name: str) -> bytes:
    """Return the bytes of a data URL, or of base64 text."""
    if len(text) > _MAX_TEXT:
        raise PictureError(f"{name} has over {MAX_FILE_SIZE_BYTES:,} bytes, the maximum; downscale it")
    header = _DATA_URL.match(text)
    if header and not header[0].lower().endswith(";base64,"):
        raise PictureError(f"{name} is a data URL without base64; expected data:image/png;base64,...")
    return _decode_base64(text[header.end() :] if header else text)


def _decode_base64(text: str) -> bytes:
    for sign, standard in _OTHER_SIGNS:
        text = text.replace(sign, standard)
    return binascii.a2b_base64(f"{text}==")  # missing padding is an error, surplus padding is not


def _refuse(picture: Any, name: str) -> NoReturn:
    raise PictureError(f"{name} is of type {_type_name(picture)}; {_EXPECTED}")


def _refuse_mapping(mapping: Mapping[Any, Any], name: str) -> NoReturn:
    raise PictureError(f"{name} is a {_described(mapping)}; {_EXPECTED}; pass the value that is the picture")


def _from_list(rows: Sequence[Any], name: str) -> NDArray[Any]:
    leaf: Any = rows
    shape: list[int] = []
    while isinstance(leaf, list | tuple) and leaf and len(shape) < _MAX_AXES:
        shape.append(len(leaf))
        leaf = leaf[0]
    _check_count(shape, name)
    try:
        array = np.array(rows, np.float64)  # `to_gray` takes whole numbers for integers
    except (
        TypeError,
        ValueError,
        OverflowError,
        RuntimeError,
    ):  # text, rows of different lengths, or too many axes
        kind = f"a {_type_name(rows)} of length {len(rows):,} that is not rows of numbers"
        raise PictureError(f"{name} is {kind}; for several pictures use `read_many`") from None
    return _one_picture(array, name)


def _from_tensor(tensor: Any, name: str) -> NDArray[Any]:
    """Return the array of a tensor or a table, on any device, with or without gradients."""
    if _is_table(tensor) and tensor.shape[1] == N_PIXELS and tensor.shape[0] > 1:
        raise PictureError(f"{name} is {_several_rows(tensor)}")
    try:
        _check_count(getattr(tensor, "shape", ()), name)
        if hasattr(type(tensor), "detach"):  # torch
            floats = tensor.float() if tensor.is_floating_point() else tensor  # numpy has no bfloat16
            array = floats.numpy(force=True)
        elif hasattr(tensor, "__cuda_array_interface__") and hasattr(tensor, "get"):  # CuPy
            array = tensor.get()
        else:
            array = np.asarray(tensor)
    except PictureError:
        raise
    except Exception as error:  # each library has its own
        problem = f"a {_type_name(tensor)} that gives no array ({quoted(str(error))})"
        raise PictureError(f"{name} is {problem}; convert it to a numpy array") from error
    return _one_picture(array, name)


def _one_picture(array: NDArray[Any], name: str) -> NDArray[Any]:
    """Return an array as (h, w) or (h, w, c): without axes of a batch of one, and with channels last.

    A row of 784 values is an image of 28 x 28. Integers that are all 0 or 1 become bool.
    """
    array = _to_numbers(np.asarray(array), name)  # a matrix would keep two axes
    while array.ndim > _PICTURE_AXES and array.shape[0] == 1:
        array = array[0]
    if array.size and max(array.shape, default=0) == array.size and array.size != 1:
        array = _unflattened(array, name)
    if array.ndim == _PICTURE_AXES and array.shape[2] > MAX_CHANNELS and array.shape[0] in _CHANNELS_FIRST:
        array = np.moveaxis(array, 0, 2)
    rows, columns = array.shape[:2] if array.ndim == 2 else (1, 0)  # noqa: PLR2004  (rows of a data set)
    if columns == N_PIXELS and 1 < rows <= columns // _MAX_ASPECT_RATIO:
        raise PictureError(f"{name} is {_several_rows(array)}")
    is_binary = array.dtype.kind in "iu" and array.size and array.min() >= 0 and array.max() <= 1
    return array.astype(bool) if is_binary else array


def _to_numbers(array: NDArray[Any], name: str) -> NDArray[Any]:
    """Return numbers that are objects or text, as in a row of a mixed table, or bfloat16, as float64."""
    _check_count(array.shape, name)
    if array.dtype.kind in _NUMPY_NUMBERS:
        return array
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        advice = "for several pictures use `read_many`"
        raise PictureError(
            f"{name} is an array of {_dtype_name(array)}; expected numbers; {advice}"
        ) from None


def _unflattened(array: NDArray[Any], name: str) -> NDArray[Any]:
    """Return an array of which all axes but one have length 1, as (28, 28) if it has 784 values."""
    if array.size == N_PIXELS:
        return array.reshape(IMAGE_SIZE, IMAGE_SIZE)
    is_labeled = array.size == N_PIXELS + 1
    if array.ndim > 1 and not is_labeled:
        return array
    advice = "drop the label" if is_labeled else "reshape it to (height, width)"
    raise PictureError(f"{name} is a row of {array.size:,} values; expected {N_PIXELS}; {advice}")


def _is_single(pictures: Any) -> bool:
    """Return whether an iterable is a single picture in a form that `to_file_or_array` takes."""
    try:
        shape = getattr(pictures, "shape", None)
    except Exception:  # a nested tensor of torch has none
        return True
    if shape is None:
        return isinstance(pictures, str | bytes | bytearray | memoryview) or hasattr(pictures, "read")
    n_axes = len(shape)
    if n_axes == 1:  # numbers are one picture; other items are several, such as paths
        item = next(iter(pictures), None)
        return hasattr(item, "__float__") and not isinstance(item, str | bytes)  # numpy's text has it, too
    if n_axes == 2:  # noqa: PLR2004  (images in rows, or a picture)
        return int(shape[1]) != N_PIXELS
    return (n_axes == _PICTURE_AXES and int(shape[2]) <= MAX_CHANNELS) or not n_axes


def _is_table(pictures: object) -> bool:
    return hasattr(type(pictures), "columns") and hasattr(pictures, "shape")


def _iter_rows(table: Any) -> Iterator[NDArray[Any]]:
    """Return the rows of a table; only a few at a time become arrays."""
    n_rows, n_columns = table.shape
    if n_columns != N_PIXELS:
        advice = "drop other columns, such as the label, or pass one column of paths"
        raise DataError(f"this is a table of {n_columns:,} columns; expected {N_PIXELS} pixels; {advice}")
    rows = getattr(table, "iloc", table)  # pandas slices by position only so
    starts = range(0, n_rows, _ROWS_AT_A_TIME)
    return (row for start in starts for row in np.asarray(rows[start : start + _ROWS_AT_A_TIME]))


def _check_count(shape: Iterable[int], name: str) -> None:
    """Raise a `PictureError` for more numbers than any picture has, before they are converted."""
    if (count := math.prod(map(int, shape))) > MAX_CHANNELS * MAX_PIXELS:
        raise PictureError(
            f"{name} has {count:,} values; expected at most {MAX_PIXELS:,} pixels; downscale it"
        )


def _several_rows(rows: Any) -> str:
    return f"{rows.shape[0]:,} rows of {N_PIXELS} values; expected one picture; for several use `read_many`"


def _described(mapping: Mapping[Any, Any]) -> str:
    keys = ", ".join(map(shortened, islice(mapping, 3)))
    return (
        f"{_type_name(mapping)} with the keys {quoted(keys)}" if keys else f"{_type_name(mapping)}, and empty"
    )


def _type_name(value: object) -> str:
    return quoted(type(value).__name__)


def _dtype_name(array: NDArray[Any]) -> str:
    return quoted(str(array.dtype))


_FORMS: tuple[tuple[Callable[[Any], bool], Callable[[Any, str], Any]], ...] = (  # the first that fits
    (lambda picture: isinstance(picture, np.ndarray), _one_picture),
    (lambda picture: isinstance(picture, Image.Image), _unchanged),
    (lambda picture: isinstance(picture, str | os.PathLike), _from_path),
    (lambda picture: isinstance(picture, bytes | bytearray | memoryview), _from_bytes),
    (lambda picture: isinstance(picture, Mapping), _refuse_mapping),
    (lambda picture: isinstance(picture, list | tuple), _from_list),
    (lambda picture: hasattr(type(picture), "__array__"), _from_tensor),
    (lambda picture: hasattr(picture, "read"), _unchanged),
)
