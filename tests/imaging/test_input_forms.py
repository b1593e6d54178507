"""Input forms: text, arrays of any library, tables, and lists give the same pixels, or one line of advice."""

import base64
import io
import itertools
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pandas as pd
import pytest
import torch
from drawn_digits import encode
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, scalar_dtypes
from numpy.testing import assert_allclose
from numpy.typing import NDArray
from PIL import Image

from inklab.errors import DataError, PictureError
from inklab.imaging import MAX_FILE_SIZE_BYTES, decode
from inklab.imaging.input_forms import iter_pictures, name_of

IMAGE = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
FRACTIONS = IMAGE.astype(np.float32) / 255
PNG = encode(IMAGE)
BASE64 = base64.b64encode(PNG).decode()


class OnDevice:
    """A tensor on a GPU, as CuPy has: numpy must not convert it by itself."""

    __cuda_array_interface__ = None  # only its presence matters
    shape = IMAGE.shape

    def __array__(self) -> NDArray[Any]:
        raise TypeError("implicit conversion to a numpy array is not allowed")

    def get(self) -> NDArray[Any]:
        return IMAGE


class Endless:
    """A lazy array that must not be loaded."""

    shape = (10**6, 10**6)

    def __array__(self) -> NDArray[Any]:
        pytest.fail("it was loaded")


def matrix() -> NDArray[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return np.matrix(IMAGE)


def nested(depth: int) -> list[Any]:
    rows: list[Any] = []
    for _ in range(depth):
        rows = [rows]
    return rows


SAME: dict[str, Callable[[], Any]] = {
    "data URL": lambda: f"data:image/png;base64,{BASE64}",
    "data URL in capitals": lambda: f" DATA:image/png;name=7.png;BASE64,{BASE64}",
    "data URL of escaped signs": lambda: "data:;base64," + BASE64.replace("+", "%2B").replace("/", "%2F"),
    "data URL as bytes": f"data:image/png;base64,{BASE64}".encode,
    "base64": lambda: BASE64,
    "base64 as bytes": lambda: bytearray(BASE64.encode()),
    "base64 in lines": lambda: base64.encodebytes(PNG).decode(),
    "URL-safe base64 without padding": lambda: base64.urlsafe_b64encode(PNG).decode().rstrip("="),
    "base64 of a GIF": lambda: base64.b64encode(encode(IMAGE, "GIF")).decode(),
    "memoryview of pixels": lambda: IMAGE.data,
    "int64": lambda: IMAGE.astype(np.int64),
    "big-endian int32": lambda: IMAGE.astype(">i4"),
    "objects": lambda: IMAGE.astype(object),
    "whole floats": lambda: IMAGE.astype(np.float64),
    "half floats": lambda: IMAGE.astype(np.float16),
    "broken floats to 255": lambda: IMAGE * 255.0002 / 255,
    "floats that overshoot": lambda: FRACTIONS * 1.0009,
    "floats that undershoot": lambda: FRACTIONS - 0.0009,
    "matrix": matrix,
    "masked array": lambda: np.ma.array(IMAGE),
    "(784,)": IMAGE.ravel,
    "(1, 784)": lambda: IMAGE.reshape(1, 784),
    "(784, 1)": lambda: IMAGE.reshape(784, 1),
    "(1, 28, 28)": lambda: IMAGE[np.newaxis],
    "(1, 1, 28, 28)": lambda: FRACTIONS[np.newaxis, np.newaxis],
    "(1, 28, 28, 1)": lambda: IMAGE[np.newaxis, ..., np.newaxis],
    "(3, 28, 28)": lambda: np.stack([IMAGE] * 3),
    "(1, 3, 28, 28)": lambda: np.stack([IMAGE] * 3)[np.newaxis],
    "(1, 28, 28, 3)": lambda: np.stack([IMAGE] * 3, axis=2)[np.newaxis],
    "tensor": lambda: torch.tensor(FRACTIONS),
    "tensor with gradient": lambda: torch.tensor(FRACTIONS, requires_grad=True)[None, None],
    "tensor on a device": OnDevice,
    "tensor of bytes": lambda: torch.tensor(IMAGE),
    "DataFrame of pixels": lambda: pd.DataFrame(IMAGE),
    "DataFrame of one row": lambda: pd.DataFrame(IMAGE.reshape(1, 784)),
    "row of a DataFrame": lambda: pd.DataFrame(IMAGE.reshape(1, 784)).iloc[0],
    "row of a mixed DataFrame": lambda: pd.DataFrame(IMAGE.reshape(1, 784)).astype({7: object}).iloc[0],
    "lists": IMAGE.tolist,
    "lists of floats": FRACTIONS.tolist,
    "lists of text": lambda: [list(map(str, row)) for row in IMAGE.tolist()],
    "tuples": lambda: tuple(map(tuple, IMAGE.tolist())),
    "list of 784": lambda: IMAGE.ravel().tolist(),
    "list of one image": lambda: [IMAGE],
}


@pytest.mark.parametrize("form", SAME)
def test_each_form_gives_the_same_pixels(form: str) -> None:
    assert_allclose(decode(SAME[form]()), FRACTIONS, atol=2e-3)


def test_integers_of_0_and_1_are_black_and_white() -> None:
    mask = IMAGE > 127
    for picture in (
        mask,
        mask.astype(np.uint8),
        mask.astype(np.int64),
        mask.astype(int).tolist(),
        mask * 1.0,
    ):
        assert_allclose(decode(picture), mask)


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "URL": (
        lambda: "https://example.com/7.png",
        "https://example.com/7.png is a URL; nothing is fetched; down",
    ),
    "URL as a path": (lambda: Path("ftp://example.com/7.png"), "is a URL; nothing is fetched; download"),
    "data URL of SVG": (lambda: "data:image/svg+xml,<svg/>", "is a data URL without base64; expected data:"),
    "base64 that is cut": (lambda: BASE64[:61], "cannot read the picture: "),
    "large base64": (lambda: BASE64 + "A" * 2 * MAX_FILE_SIZE_BYTES, "has over 67,108,864 bytes"),
    "a row of 64": (
        lambda: np.zeros(64),
        r"a row of 64 values; expected 784; reshape it to \(height, width\)",
    ),
    "a row with its label": (lambda: np.zeros((1, 785)), "a row of 785 values; expected 784; drop the label"),
    "rows": (lambda: np.zeros((9, 784)), "9 rows of 784 values; .*; for several use `read_many`"),
    "DataFrame of rows": (lambda: pd.DataFrame(np.zeros((999, 784))), "999 rows of 784 values"),
    "two images": (lambda: np.zeros((2, 28, 28)), "for several pictures use `read_many`"),
    "a batch": (lambda: torch.zeros(5, 1, 28, 28), "for several pictures use `read_many`"),
    "tensor without data": (
        lambda: torch.zeros(9, 9, device="meta"),
        "a Tensor that gives no array .* numpy array",
    ),
    "lazy array": (Endless, "has 1,000,000,000,000 values; expected at most"),
    "paths in an array": (lambda: np.array(["7.png"]), "an array of <U5; expected numbers; for several"),
    "list of paths": (
        lambda: ["7.png"],
        "a list of length 1 that is not rows of numbers; for several pictures",
    ),
    "image and label": (lambda: (IMAGE, 7), "a tuple of length 2 that is not rows of numbers"),
    "rows of different lengths": (lambda: [[0, 1], [0]], "a list of length 2 that is not rows"),
    "deep list": (lambda: nested(10_000), "a list of length 1 that is not rows"),
    "large list": (lambda: [[0] * 10_000] * 30_000, "has 300,000,000 values"),
    "text in a list": (lambda: [["x" * 10**7] * 2] * 2, "a list of length 2 that is not rows"),
    "dict": (
        lambda: {"bytes": PNG, "path": None},
        "a dict with the keys 'bytes', 'path'; .*; pass the value",
    ),
    "dict without keys": (dict, "a dict, and empty"),
    "None": (lambda: None, "of type NoneType; expected a path, bytes, an open binary file, an array, or"),
    "generator": (itertools.count, "of type count"),
    "number": (lambda: 7, "of type int"),
    "long path": (lambda: "7" * 10**6, r"^7{48}\.\.\.7{48} does not exist"),
    "long key": (lambda: {"7" * 10**6: 7}, "a dict with the keys '777"),
    "long type": (type("T" * 1000, (), {}), "of type TTT"),
    "long error": (lambda: Failing("e" * 1000), "a Failing that gives no array"),
    "long shape": (lambda: np.zeros((2,) * 20), "an array of shape"),
}


class Failing:
    """An array whose conversion fails."""

    shape = (28, 28)

    def __init__(self, message: str) -> None:
        self._message = message

    def __array__(self) -> NDArray[Any]:
        raise SystemError(self._message)


@pytest.mark.parametrize("form", REFUSED)
def test_each_other_form_is_refused_in_one_line_of_advice(form: str) -> None:
    make, message = REFUSED[form]
    with pytest.raises(PictureError, match=message) as caught:
        decode(make())
    line = str(caught.value)
    assert "\n" not in line
    assert len(line) < 300
    assert not re.search(r"([7eTx])\1{100}", line), "at most 100 characters of the input are quoted"


@given(
    st.one_of(
        arrays(scalar_dtypes(), array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=5)),
        st.recursive(
            st.one_of(st.none(), st.text(), st.binary(), st.integers(), st.floats(), st.just(IMAGE)),
            lambda items: st.lists(items) | st.dictionaries(st.text(), items) | st.tuples(items, items),
        ),
        st.sampled_from(["I", "F", "L", "LA", "La", "P", "RGBa", "LAB", "I;16"]).map(
            lambda m: Image.new(m, (3, 2))
        ),
        st.text().map(lambda text: f"data:{text}"),
        st.binary().map(lambda content: base64.b64encode(PNG[:30] + content)),
        *(arrays(np.float64, shape) for shape in (784, (1, 784), (785,), (784, 1, 1), (28, 28))),
    )
)
def test_any_object_is_decoded_or_refused(picture: Any) -> None:
    with suppress(PictureError):
        gray = decode(picture)
        assert (gray.ndim, gray.dtype.name) == (2, "float32")
        assert 0 <= gray.min() <= gray.max() <= 1


ROWS = np.stack([IMAGE, 255 - IMAGE, IMAGE]).reshape(3, 784)


@pytest.mark.parametrize(
    "several",
    [
        ROWS,
        ROWS.reshape(3, 28, 28),
        ROWS / 255,
        torch.tensor(ROWS),
        torch.tensor(ROWS).reshape(3, 1, 28, 28),
        ROWS.tolist(),
        pd.DataFrame(ROWS),
        pd.DataFrame(ROWS, index=[0.5, 2.5, 1.5]).astype({7: float}),
        iter(ROWS),
    ],
    ids=lambda several: type(several).__name__,
)
def test_rows_and_tables_are_several_pictures(several: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inklab.imaging.input_forms._ROWS_AT_A_TIME", 2)
    grays = [decode(picture) for picture in iter_pictures(several)]
    assert_allclose(grays, ROWS.reshape(3, 28, 28) / 255, atol=1e-6)


def test_paths_in_an_array_or_a_column_are_several_pictures() -> None:
    paths = ["a.png", "b.png"]
    for several in (np.array(paths), np.array(list(map(Path, paths))), pd.Series(paths)):
        assert list(map(str, iter_pictures(several))) == paths


@pytest.mark.parametrize(
    ("pictures", "message"),
    [
        (pd.DataFrame(np.zeros((3, 785))), "a table of 785 columns; expected 784 pixels; drop .* the label"),
        (pd.DataFrame({"path": ["7.png"]}), "or pass one column of paths"),
        (pd.DataFrame(ROWS).iloc[0], r"one picture \(Series\)"),
        (torch.zeros(28, 28), r"one picture \(Tensor\); expected several; use `read`"),
        ({"7": PNG}, "a dict with the keys '7'; expected several pictures; pass them in a list"),
        (np.float64(7), "one picture"),
        (7, "one picture"),
    ],
)
def test_one_picture_or_another_table_is_not_several_pictures(pictures: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        iter_pictures(pictures)


def test_the_name_of_a_picture() -> None:
    assert name_of(Path("scans/7.png")) == "scans/7.png"
    for picture in (IMAGE, PNG, BASE64, f"data:image/png;base64,{BASE64}", io.BytesIO(PNG)):
        assert name_of(picture) == "the picture"


def test_a_file_whose_name_looks_like_base64_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Qk0" + "A" * 40).write_bytes(PNG)  # "BM", as a BMP starts
    assert_allclose(decode("Qk0" + "A" * 40), FRACTIONS, atol=1e-6)


def test_no_library_of_tensors_or_tables_is_imported() -> None:
    code = (
        "import sys; from inklab.imaging import decode; decode([[0, 1]]); "
        f"decode('{BASE64}'); print(*sys.modules)"
    )
    command = [sys.executable, "-c", code]
    modules = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "pandas", "tensorflow", "pillow_heif"} & set(modules)


def test_bfloat16_is_rounded_to_8_bits() -> None:
    tensor = torch.tensor(FRACTIONS, dtype=torch.bfloat16)
    for picture in (
        tensor,
        tensor.float().numpy().astype(ml_dtypes.bfloat16),
    ):  # as JAX and TensorFlow have it
        assert_allclose(decode(picture), FRACTIONS, atol=2**-8)


def test_an_object_that_only_gives_an_array_is_a_picture() -> None:
    class OnlyArray:
        def __array__(self, *_: object, **__: object) -> np.ndarray:
            return np.zeros((30, 20), np.uint8)

    assert decode(OnlyArray()).shape == (30, 20)


def test_a_tensor_without_a_shape_is_one_picture() -> None:
    class Nested:
        @property
        def shape(self) -> tuple[int, ...]:
            raise RuntimeError("no sizes")

        def __iter__(self) -> Iterator[bytes]:
            return iter(())

    with pytest.raises(DataError, match=r"^this is one picture \(Nested\); expected several"):
        iter_pictures(Nested())


def test_a_number_beyond_the_range_of_floats_is_refused() -> None:
    with pytest.raises(PictureError, match="is not rows of numbers"):
        decode([[10**400]])
