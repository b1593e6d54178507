"""The bundled MNIST files equal the official files, byte for byte."""

import hashlib
import lzma
import re
import shutil
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from inklab.data import Dataset, read_idx
from inklab.data.load import load_data
from inklab.data.mnist import FILES, read_streams
from inklab.errors import DataError

OFFICIAL = {
    "train-images-idx3-ubyte": (47_040_016, "6bbc9ace898e44ae57da46a324031adb"),
    "train-labels-idx1-ubyte": (60_008, "a25bea736e30d166cdddb491f175f624"),
    "t10k-images-idx3-ubyte": (7_840_016, "2646ac647ad5339dbf082846283269ea"),
    "t10k-labels-idx1-ubyte": (10_008, "27ae3e4e09519cfbb04c329615203637"),
}
FOLDER = files("inklab.data") / "files"


@pytest.mark.parametrize("name", OFFICIAL)
def test_the_files_equal_the_official_files(name: str) -> None:
    content = lzma.decompress((FOLDER / f"{name}.xz").read_bytes())
    assert (len(content), hashlib.md5(content, usedforsecurity=False).hexdigest()) == OFFICIAL[name]


def test_the_splits_of_mnist(mnist: Dataset) -> None:
    assert mnist.name == "mnist"
    splits = (mnist.train, mnist.valid, mnist.test)
    assert [(split.name, len(split)) for split in splits] == [
        ("train", 55_000),
        ("valid", 5_000),
        ("test", 10_000),
    ]
    assert mnist.valid.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert mnist.test.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    # The counts of each digit, as in the literature on MNIST.
    assert np.bincount(mnist.test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    training_file = np.concatenate([mnist.valid.labels, mnist.train.labels])
    assert np.bincount(training_file).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]


def test_load_mnist_gives_the_same_images_as_read_idx(mnist: Dataset) -> None:
    with as_file(FOLDER) as folder:
        train = read_idx(folder / "train-images-idx3-ubyte.xz")
        test = read_idx(folder / "t10k-images-idx3-ubyte.xz")
    assert_array_equal(mnist.valid.images, train[:5_000], strict=True)
    assert_array_equal(mnist.train.images, train[5_000:], strict=True)
    assert_array_equal(mnist.test.images, test, strict=True)


def test_load_data_loads_mnist_by_name(mnist: Dataset) -> None:
    assert load_data("mnist").checksum == mnist.checksum


@pytest.mark.parametrize("name", FILES)
def test_a_changed_or_missing_file_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(
        DataError, match=f"inklab's own {name} cannot be read: No such file.*; reinstall inklab"
    ):
        read_streams(tmp_path, name)

    with as_file(FOLDER / name) as original:
        shutil.copy(original, tmp_path)
    assert b"".join(read_streams(tmp_path, name)) == (tmp_path / name).read_bytes()

    with (tmp_path / name).open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"!")
    with pytest.raises(DataError, match=f"inklab's own {name} is damaged: .*; reinstall inklab") as caught:
        read_streams(tmp_path, name)
    assert "\n" not in str(caught.value)


def test_the_readme_lists_the_same_sizes_and_hashes() -> None:
    table = (FOLDER / "README.md").read_text()
    for name, (size_bytes, md5) in OFFICIAL.items():
        assert re.search(rf"`{name}` \| .* \| {size_bytes:,} \| `{md5}`", table)
        compressed_size_bytes = len((FOLDER / f"{name}.xz").read_bytes())
        assert f"`{name}.xz` | {compressed_size_bytes:,} | `{FILES[f'{name}.xz'].sha256}`" in table
