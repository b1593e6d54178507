"""Folders of IDX files with MNIST's file names, as Fashion-MNIST, KMNIST and others are distributed."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from inklab.data.dataset import Dataset, Split
from inklab.data.idx import read_idx
from inklab.errors import DataError

VALID_ONE_IN = 12  # training images of which one is for validation, as 5,000 of MNIST's 60,000


def load_idx_folder(path: str | os.PathLike[str]) -> Dataset:
    """Return the data set of a folder, named after it; the first twelfth of the training file is `valid`.

    The four files are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
    `t10k-labels-idx1-ubyte`. The second dash may be a dot (`train-images.idx3-ubyte`), and .gz or .xz may
    follow. If there are several variants of one file, plain comes before gzip before xz.

    Images are (n, 28, 28) uint8; labels are n integers in [0, 10), of any IDX integer type; n is at least 12
    for training and 1 for testing.

    Raises:
        DataError: the folder or a file is missing, damaged, or has another content.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder; expected one with MNIST's four IDX files")
    train = _read_split(folder, "train", prefix="train", min_count=VALID_ONE_IN)
    n_valid = len(train) // VALID_ONE_IN
    return Dataset(
        name=folder.resolve().name,
        train=train[n_valid:],
        valid=replace(train[:n_valid], name="valid"),
        test=_read_split(folder, "test", prefix="t10k", min_count=1),
    )


def _read_split(folder: Path, name: str, *, prefix: str, min_count: int) -> Split:
    images = read_idx(_find(folder, f"{prefix}-images-idx3-ubyte"))
    labels_path = _find(folder, f"{prefix}-labels-idx1-ubyte")
    labels = read_idx(labels_path)
    if labels.dtype.kind not in "iu":
        raise DataError(f"{labels_path} holds {labels.dtype.name}; expected labels, integers from 0 to 9")
    try:
        split = Split(images, labels.astype(np.int64), name)
    except DataError as error:
        raise DataError(f"{folder}: {error}") from None
    if len(split) < min_count:
        raise DataError(f"{folder} has {len(split)} {name} images; expected at least {min_count}")
    return split


def _find(folder: Path, name: str) -> Path:
    stems = (name, name.replace("-idx", ".idx"))
    names = [stem + suffix for suffix in ("", ".gz", ".xz") for stem in stems]
    for path in (folder / name for name in names):
        if path.exists():
            return path
    raise DataError(f"{folder} lacks {name}; expected one of {', '.join(names)}")
