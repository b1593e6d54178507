"""A user's folder of IDX files: the files that are loaded, and the message for each problem."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from inklab.data import load_idx_folder, write_idx
from inklab.data.load import load_data
from inklab.errors import DataError


def images_of(n: int) -> NDArray[np.uint8]:
    return np.repeat(np.arange(n, dtype=np.uint8), 28 * 28).reshape(n, 28, 28)


def labels_of(n: int) -> NDArray[np.uint8]:
    return (np.arange(n) % 10).astype(np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of 25 training images and 3 test images, each filled with its number."""
    folder = tmp_path / "digits"
    folder.mkdir()
    for prefix, n in (("train", 25), ("t10k", 3)):
        write_idx(folder / f"{prefix}-images-idx3-ubyte", images_of(n))
        write_idx(folder / f"{prefix}-labels-idx1-ubyte", labels_of(n))
    return folder


def test_the_splits_of_a_folder(folder: Path) -> None:
    data = load_idx_folder(folder)
    assert data.name == "digits"
    assert [split.name for split in (data.train, data.valid, data.test)] == ["train", "valid", "test"]
    assert_array_equal(data.valid.images, images_of(25)[:2], strict=True)  # 25 // 12
    assert_array_equal(data.train.images, images_of(25)[2:], strict=True)
    assert_array_equal(data.train.labels, np.arange(2, 25) % 10, strict=True)
    assert_array_equal(data.test.images, images_of(3), strict=True)
    assert load_data(str(folder)).checksum == data.checksum


@pytest.mark.parametrize("separator", ["-", "."])
@pytest.mark.parametrize("suffix", ["", ".gz", ".xz"])
def test_variants_of_the_file_names(folder: Path, separator: str, suffix: str) -> None:
    expected = load_idx_folder(folder).checksum
    for prefix, n in (("train", 25), ("t10k", 3)):
        for kind, array in (("images-idx3", images_of(n)), ("labels-idx1", labels_of(n))):
            (folder / f"{prefix}-{kind}-ubyte").unlink()
            write_idx(folder / f"{prefix}-{kind.replace('-', separator)}-ubyte{suffix}", array)
    assert load_idx_folder(folder).checksum == expected


def test_plain_comes_before_gzip_before_xz(folder: Path) -> None:
    plain = folder / "t10k-labels-idx1-ubyte"
    write_idx(folder / f"{plain.name}.gz", np.array([1, 1, 1], np.uint8))
    write_idx(folder / f"{plain.name}.xz", np.array([2, 2, 2], np.uint8))
    assert load_idx_folder(folder).test.labels.tolist() == [0, 1, 2]
    plain.unlink()
    assert load_idx_folder(folder).test.labels.tolist() == [1, 1, 1]


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.int32])
def test_labels_of_any_integer_type(folder: Path, dtype: Any) -> None:
    write_idx(folder / "t10k-labels-idx1-ubyte", np.array([7, 8, 9], dtype))
    assert_array_equal(load_idx_folder(folder).test.labels, np.array([7, 8, 9]), strict=True)


def test_the_minimum_number_of_images(folder: Path) -> None:
    write_idx(folder / "train-images-idx3-ubyte", images_of(12))
    write_idx(folder / "train-labels-idx1-ubyte", labels_of(12))
    data = load_idx_folder(folder)
    assert (len(data.train), len(data.valid)) == (11, 1)


def test_the_data_set_of_the_working_folder_has_its_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert load_idx_folder(".").name == "digits"


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("train-images-idx3-ubyte", images_of(25) / 1, "train images are float64 .*; expected uint8"),
        (
            "train-images-idx3-ubyte",
            images_of(25)[:, :14],
            r"uint8 \(25, 14, 28\); expected uint8 \(n, 28, 28\)",
        ),
        ("train-labels-idx1-ubyte", labels_of(24), r"train labels are int64 \(24,\); expected int64 \(25,\)"),
        ("t10k-labels-idx1-ubyte", labels_of(3)[:, None], r"test labels are int64 \(3, 1\); expected"),
        (
            "t10k-labels-idx1-ubyte",
            np.array([0, 1, 26], np.uint8),
            "a test label is 26; expected digits from 0",
        ),
        (
            "t10k-labels-idx1-ubyte",
            np.array([0, -1, 2], np.int8),
            "a test label is -1; expected digits from 0",
        ),
        ("t10k-labels-idx1-ubyte", labels_of(3) / 1, "holds float64; expected labels, integers from 0 to 9"),
    ],
)
def test_wrong_content_is_refused(folder: Path, name: str, array: NDArray[Any], message: str) -> None:
    write_idx(folder / name, array)
    with pytest.raises(DataError, match=message) as caught:
        load_idx_folder(folder)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("prefix", "n", "message"),
    [
        ("train", 11, "digits has 11 train images; expected at least 12"),
        ("t10k", 0, "digits has 0 test images; expected at least 1"),
    ],
)
def test_too_few_images_are_refused(folder: Path, prefix: str, n: int, message: str) -> None:
    write_idx(folder / f"{prefix}-images-idx3-ubyte", images_of(n))
    write_idx(folder / f"{prefix}-labels-idx1-ubyte", labels_of(n))
    with pytest.raises(DataError, match=message):
        load_idx_folder(folder)


@pytest.mark.parametrize("prefix", ["train", "t10k"])
@pytest.mark.parametrize("kind", ["images-idx3", "labels-idx1"])
def test_the_message_for_a_missing_file_lists_all_accepted_names(
    folder: Path, prefix: str, kind: str
) -> None:
    name, dotted = f"{prefix}-{kind}-ubyte", f"{prefix}-{kind.replace('-', '.')}-ubyte"
    (folder / name).unlink()
    names = f"{name}, {dotted}, {name}.gz, {dotted}.gz, {name}.xz, {dotted}.xz"
    with pytest.raises(DataError, match=f"digits lacks {name}; expected one of {names}$"):
        load_idx_folder(folder)


def test_the_message_names_a_damaged_file(folder: Path) -> None:
    (folder / "t10k-images-idx3-ubyte").write_bytes(b"<html>404</html>")
    with pytest.raises(
        DataError, match="t10k-images-idx3-ubyte starts with 3c 68 74 6d; expected an IDX file"
    ):
        load_idx_folder(folder)


def test_a_path_that_is_not_a_folder(folder: Path) -> None:
    with pytest.raises(
        DataError, match="t10k-images-idx3-ubyte is not a folder; expected one with MNIST's four"
    ):
        load_idx_folder(folder / "t10k-images-idx3-ubyte")
    with pytest.raises(DataError, match="there is no data set or folder 'mnits'; expected mnist or a folder"):
        load_data("mnits")
