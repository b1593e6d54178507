"""The MNIST files that are part of inklab; nothing is downloaded."""

import hashlib
import lzma
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise

import numpy as np

from inklab.constants import IMAGE_SIZE
from inklab.data.dataset import Dataset, Split
from inklab.errors import DataError

N_VALID = 5_000  # validation images, the first of the training file


@dataclass(frozen=True)
class BundledFile:
    """One of MNIST's four files, an IDX file of uint8 compressed with xz."""

    sha256: str  # of the compressed file
    streams: tuple[int, ...] = (0,)  # the offset of each xz stream; threads decompress them in parallel


FILES = {  # by size, so that the longest work starts first
    "train-images-idx3-ubyte.xz": BundledFile(
        sha256="6395c483adcaf19511792e059fb870253dc1daf7aef1e6ae0fb91bd907bddc71",
        streams=(0, 2_021_024, 4_032_104, 6_058_568),
    ),
    "t10k-images-idx3-ubyte.xz": BundledFile(
        sha256="d815adbb3188b5bafed15d649960a5dbcb0f9138b9a4205b88b175001cb394c9"
    ),
    "train-labels-idx1-ubyte.xz": BundledFile(
        sha256="dcd3d8184fe1a8be6231f172fb3390116f91c127282fd736ab55752c179963d8"
    ),
    "t10k-labels-idx1-ubyte.xz": BundledFile(
        sha256="f2edae9ce0307abae4671a37b70e6e3858696b48b16c3cfdfef97388dc9925d5"
    ),
}


def load_mnist() -> Dataset:
    """Return MNIST: 55,000 training, 5,000 validation (the training file's first) and 10,000 test images.

    Raises:
        DataError: a file of the installed package is missing or damaged.

    Source: LeCun, Bottou, Bengio, Haffner 1998, Gradient-Based Learning Applied to Document Recognition.
    """
    folder = files("inklab.data") / "files"
    with ThreadPoolExecutor() as pool:  # lzma releases the interpreter lock
        pieces = {name: pool.map(lzma.decompress, read_streams(folder, name)) for name in FILES}
        contents = {name: b"".join(pieces[name]) for name in FILES}

    def split(prefix: str, name: str) -> Split:
        # The headers are known, since the hashes are right; see `inklab.data.idx`.
        images = np.frombuffer(contents[f"{prefix}-images-idx3-ubyte.xz"], np.uint8, offset=16)
        labels = np.frombuffer(contents[f"{prefix}-labels-idx1-ubyte.xz"], np.uint8, offset=8)
        return Split(images.reshape(-1, IMAGE_SIZE, IMAGE_SIZE), labels.astype(np.int64), name)

    train = split("train", "train")
    return Dataset("mnist", train[N_VALID:], replace(train[:N_VALID], name="valid"), split("t10k", "test"))


def read_streams(folder: Traversable, name: str) -> list[memoryview]:
    """Return the xz streams of a bundled file, after a check of its SHA-256.

    Raises:
        DataError: the file is missing, unreadable or damaged.
    """
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise DataError(f"inklab's own {name} cannot be read: {error.strerror}; reinstall inklab") from error
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != FILES[name].sha256:
        hashes = f"its SHA-256 is {sha256}, expected {FILES[name].sha256}"
        raise DataError(f"inklab's own {name} is damaged: {hashes}; reinstall inklab")
    bounds = (*FILES[name].streams, len(content))
    return [memoryview(content)[start:stop] for start, stop in pairwise(bounds)]
