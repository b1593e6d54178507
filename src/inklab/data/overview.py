"""Overview of a data set: its checksum and the number of images of each digit."""

import lzma
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from inklab.constants import N_CLASSES
from inklab.data.load import MNIST, load_data
from inklab.data.mnist import N_VALID, read_streams

MNIST_CHECKSUM_HEX = "d5bdc364"
"""`Dataset.checksum_hex` of MNIST, which the SHA-256 of its four files implies."""


@dataclass(frozen=True, kw_only=True)
class Overview:
    """What `inklab data` prints."""

    name: str
    checksum: str
    """Eight hexadecimal digits; see `Dataset.checksum_hex`."""
    digits: dict[str, list[int]]
    """Split -> number of images of each digit from 0 to 9."""
    skipped: tuple[str, ...] = ()
    """See `Dataset.skipped`."""


def overview(source: str) -> Overview:
    """Return the overview of a data set; of MNIST without unpacking its images.

    Args:
        source: see `load_data`.

    Raises:
        DataError: there is no such data set, or it is damaged.
    """
    if source == MNIST:
        return _mnist_overview()
    data = load_data(source)
    digits = {split.name: _count(split.labels) for split in (data.train, data.valid, data.test)}
    return Overview(name=data.name, checksum=data.checksum_hex, digits=digits, skipped=data.skipped)


def _mnist_overview() -> Overview:
    folder = files("inklab.data") / "files"
    for name in ("train-images-idx3-ubyte.xz", "t10k-images-idx3-ubyte.xz"):
        read_streams(folder, name)  # checks the SHA-256
    train, test = (
        np.frombuffer(lzma.decompress(b"".join(read_streams(folder, name))), np.uint8, offset=8)
        for name in ("train-labels-idx1-ubyte.xz", "t10k-labels-idx1-ubyte.xz")
    )
    splits = {"train": train[N_VALID:], "valid": train[:N_VALID], "test": test}
    digits = {name: _count(labels) for name, labels in splits.items()}
    return Overview(name=MNIST, checksum=MNIST_CHECKSUM_HEX, digits=digits)


def _count(labels: NDArray[np.integer]) -> list[int]:
    return [int(count) for count in np.bincount(labels, minlength=N_CLASSES)]
