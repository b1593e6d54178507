"""A folder of IDX files under MNIST's names, as Fashion-MNIST, KMNIST and others come."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from inklab.data.dataset import Dataset, Split
from inklab.data.idx import read_idx
from inklab.errors import DataError

VALID_SHARE = 12
"""One training image in so many is kept for choices: MNIST's 5,000 of 60,000."""


def load_idx_folder(path: str | os.PathLike[str]) -> Dataset:
    """Return the data set of a folder, named after it; the first twelfth of its training file is valid.

    The four files are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
    `t10k-labels-idx1-ubyte`, or with a dot for the second dash (`train-images.idx3-ubyte`), plain or
    with .gz or .xz at the end. Where there are several of one, plain comes before gzip before xz.

    Args:
        path: the folder; images are (n, 28, 28) uint8, labels n integers of any IDX type in [0, 10),
            n at least 12 to train and 1 to test.

    Raises:
        DataError: the folder or a file is missing, damaged, or does not hold that.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder; expected one with MNIST's four IDX files")
    whole = _read_split(folder, "train", prefix="train", at_least=VALID_SHARE)
    valid_count = len(whole) // VALID_SHARE
    return Dataset(
        name=folder.resolve().name,
        train=whole[valid_count:],
        valid=replace(whole[:valid_count], name="valid"),
        test=_read_split(folder, "test", prefix="t10k", at_least=1),
    )


def _read_split(folder: Path, name: str, *, prefix: str, at_least: int) -> Split:
    images = read_idx(_find(folder, f"{prefix}-images-idx3-ubyte"))
    labels_path = _find(folder, f"{prefix}-labels-idx1-ubyte")
    labels = read_idx(labels_path)
    if labels.dtype.kind not in "iu":
        raise DataError(f"{labels_path} holds {labels.dtype.name}; expected labels, integers from 0 to 9")
    try:
        split = Split(images, labels.astype(np.int64), name)
    except DataError as error:
        raise DataError(f"{folder}: {error}") from None
    if len(split) < at_least:
        raise DataError(f"{folder} has {len(split)} images to {name}; expected at least {at_least}")
    return split


def _find(folder: Path, name: str) -> Path:
    stems = (name, name.replace("-idx", ".idx"))
    names = [stem + suffix for suffix in ("", ".gz", ".xz") for stem in stems]
    for candidate in names:
        if (folder / candidate).exists():
            return folder / candidate
    raise DataError(f"{folder} lacks {name}; expected one of {', '.join(names)}")
