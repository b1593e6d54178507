"""The MNIST files that are part of inklab; nothing is downloaded."""

import hashlib
import lzma
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inklab.constants import IMAGE_SIZE
from inklab.data.dataset import Dataset, Split
from inklab.errors import DataError

N_VALID = 5_000
"""Number of validation images, the first of the training file."""


@dataclass(frozen=True)
class BundledFile:
    """One of MNIST's four files, an IDX file of uint8 compressed with xz."""

    sha256: str
    """The hash of the compressed file."""
    shape: tuple[int, ...]
    streams: tuple[int, ...] = (0,)
    """The offset of each xz stream; threads decompress the streams in parallel."""


FILES: Mapping[str, BundledFile] = {
    "train-images-idx3-ubyte.xz": BundledFile(
        sha256="6395c483adcaf19511792e059fb870253dc1daf7aef1e6ae0fb91bd907bddc71",
        shape=(60_000, IMAGE_SIZE, IMAGE_SIZE),
        streams=(0, 2_021_024, 4_032_104, 6_058_568),
    ),
    "t10k-images-idx3-ubyte.xz": BundledFile(
        sha256="d815adbb3188b5bafed15d649960a5dbcb0f9138b9a4205b88b175001cb394c9",
        shape=(10_000, IMAGE_SIZE, IMAGE_SIZE),
    ),
    "train-labels-idx1-ubyte.xz": BundledFile(
        sha256="dcd3d8184fe1a8be6231f172fb3390116f91c127282fd736ab55752c179963d8",
        shape=(60_000,),
    ),
    "t10k-labels-idx1-ubyte.xz": BundledFile(
        sha256="f2edae9ce0307abae4671a37b70e6e3858696b48b16c3cfdfef97388dc9925d5",
        shape=(10_000,),
    ),
}
"""By size, so that the longest work starts first."""


def load_mnist() -> Dataset:
    """Return MNIST: 55,000 training, 5,000 validation (the training file's first) and 10,000 test images.

    Raises:
        DataError: a file of the installed package is missing or damaged.

    Source: LeCun, Bottou, Bengio, Haffner 1998, Gradient-Based Learning Applied to Document Recognition.
    """
    folder = files("inklab.data") / "files"
    with ThreadPoolExecutor() as pool:  # lzma releases the interpreter lock
        pieces = {name: pool.map(lzma.decompress, read_streams(folder, name)) for name in FILES}
        arrays = {name: _array(b"".join(pieces[name]), FILES[name].shape) for name in FILES}
    images, labels = arrays["train-images-idx3-ubyte.xz"], arrays["train-labels-idx1-ubyte.xz"]
    train = Split(images, labels.astype(np.int64), "train")
    images, labels = arrays["t10k-images-idx3-ubyte.xz"], arrays["t10k-labels-idx1-ubyte.xz"]
    test = Split(images, labels.astype(np.int64), "test")
    valid = replace(train[:N_VALID], name="valid")
    return Dataset(name="mnist", train=train[N_VALID:], valid=valid, test=test)


def read_streams(folder: Traversable, name: str) -> list[memoryview]:
    """Return the xz streams of a bundled file, after a check of its SHA-256.

    Args:
        folder: the folder with the file.
        name: a key of `FILES`.

    Raises:
        DataError: the file is missing, unreadable or damaged.
    """
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise DataError(f"inklab's own {name} cannot be read: {error.strerror}; reinstall inklab") from error
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != FILES[name].sha256:
        raise DataError(
            f"inklab's own {name} is damaged: its SHA-256 is {sha256}, expected {FILES[name].sha256}; "
            "reinstall inklab"
        )
    bounds = (*FILES[name].streams, len(content))
    return [memoryview(content)[start:stop] for start, stop in pairwise(bounds)]


def _array(content: bytes, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    header_size_bytes = 4 + 4 * len(shape)  # known, since the hash is right; see `inklab.data.idx`
    return np.frombuffer(content, np.uint8, offset=header_size_bytes).reshape(shape)
