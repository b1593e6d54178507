"""Overview of a data set: its checksum and the number of images of each digit."""

import lzma
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from inklab.constants import N_CLASSES
from inklab.data.load import MNIST, load_data
from inklab.data.mnist import FILES, N_VALID, read_streams

MNIST_CHECKSUM_HEX = "d5bdc364"  # `Dataset.checksum_hex` of MNIST, which the SHA-256 of its files implies


@dataclass(frozen=True, kw_only=True)
class Overview:
    """What `inklab data` prints."""

    name: str
    checksum: str  # `Dataset.checksum_hex`
    digits: dict[str, list[int]]  # split -> number of images of each digit from 0 to 9
    skipped: tuple[str, ...] = ()  # `Dataset.skipped`


def overview(source: str) -> Overview:
    """Return the overview of a data set; of MNIST without unpacking its images.

    Raises:
        DataError: there is no such data set, or it is damaged; see `load_data`.
    """
    if source == MNIST:
        folder = files("inklab.data") / "files"
        contents = {name: b"".join(read_streams(folder, name)) for name in FILES}  # checks each SHA-256
        packed = (contents[f"{prefix}-labels-idx1-ubyte.xz"] for prefix in ("train", "t10k"))
        unpacked = map(lzma.decompress, packed)
        train, test = (np.frombuffer(file, np.uint8, offset=8).astype(np.int64) for file in unpacked)
        labels = {"train": train[N_VALID:], "valid": train[:N_VALID], "test": test}
        name, checksum, skipped = MNIST, MNIST_CHECKSUM_HEX, tuple[str, ...]()
    else:
        data = load_data(source)
        labels = {split.name: split.labels for split in (data.train, data.valid, data.test)}
        name, checksum, skipped = data.name, data.checksum_hex, data.skipped
    digits = {split: np.bincount(values, minlength=N_CLASSES).tolist() for split, values in labels.items()}
    return Overview(name=name, checksum=checksum, digits=digits, skipped=skipped)
