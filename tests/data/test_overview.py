"""The overview of a data set equals the data."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inklab.data import Dataset
from inklab.data.overview import MNIST_CHECKSUM_HEX, overview
from inklab.errors import DataError


def test_the_overview_of_mnist_equals_the_loaded_data(mnist: Dataset) -> None:
    result = overview("mnist")
    assert (result.name, result.checksum, result.skipped) == ("mnist", mnist.checksum_hex, ())
    assert result.checksum == MNIST_CHECKSUM_HEX
    for split in (mnist.train, mnist.valid, mnist.test):
        assert result.digits[split.name] == [int((split.labels == digit).sum()) for digit in range(10)]


def test_the_overview_of_a_folder(tmp_path: Path, mnist: Dataset) -> None:
    for index in range(20):
        folder = tmp_path / str(mnist.test.labels[index])
        folder.mkdir(exist_ok=True)
        Image.fromarray(mnist.test.images[index]).save(folder / f"{index}.png")
    result = overview(str(tmp_path))
    counts = np.array(list(result.digits.values()))
    assert counts.sum(axis=0).tolist() == np.bincount(mnist.test.labels[:20], minlength=10).tolist()
    assert list(result.digits) == ["train", "valid", "test"]


def test_a_missing_folder_is_refused() -> None:
    with pytest.raises(DataError, match="there is no data set or folder 'nowhere'"):
        overview("nowhere")
