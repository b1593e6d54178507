"""Labelled pictures: folders 0 to 9 of them become a data set, through the imaging that reads any picture."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklab.constants import IMAGE_SIZE, N_CLASSES
from inklab.data import Dataset, Split
from inklab.errors import DataError, PictureError
from inklab.imaging import ENDINGS, pictures_in, prepare_image, skipped_files
from inklab.utils.hardware import cores
from inklab.utils.parallel import MANY, in_chunks

MAX_PICTURES = 1_000_000
"""The most that are read; each takes 784 bytes then."""
SHARE = 10
"""One picture in so many is kept as valid, and one as test, where no folders say which."""
MOST_TOLD = 20
"""Of so many pictures that are left out it is said why."""

_DIGITS = tuple(map(str, range(N_CLASSES)))
_SPLITS = ("train", "valid", "test")


def holds_pictures(path: str | os.PathLike[str]) -> bool:
    """Whether a folder has one of the folders 0 to 9, or train, valid or test with one of them."""
    return any(_digits_in(folder) for folder in (Path(path), *(Path(path) / name for name in _SPLITS)))


def load_image_folder(path: str | os.PathLike[str]) -> Dataset:
    """Return the data set of a folder that has folders 0 to 9 with pictures of these digits, named after it.

    Where they lie in folders train and test, perhaps valid, these are the splits. Where nothing says what is
    valid, or test, a tenth of the pictures is: those whose paths have the lowest SHA-256, so that it is the
    same tenth wherever the folder lies. Every picture passes `inklab.imaging.prepare_image`, on all cores; from
    2,000 on in processes of their own, for which a script needs its `__main__` guard. Pictures that are
    blank or cannot be read are left out, and files of other kinds; `Dataset.skipped` says why.

    Args:
        path: the folder. Only what lies in 0 to 9, and in folders within them, counts.

    Raises:
        DataError: there are no such folders, more than `MAX_PICTURES` pictures in one split, or too few that
            can be read: 10, of which splits are taken, or 1 in a folder that is one.
    """
    root = Path(path)
    names = [name for name in _SPLITS if _digits_in(root / name)]
    if names and (_digits_in(root) or not {"train", "test"} <= set(names)):
        came = ", ".join([*_digits_in(root), *names])
        raise DataError(f"{root} has the folders {came}; expected 0 to 9, or train and test, perhaps valid")
    given = {name: _read(root / name) for name in names}
    whole = given.pop("train") if given else _read(root)
    missing = [name for name in ("valid", "test") if name not in given]
    whole.expect(SHARE if missing else 1)
    splits = {}
    for name, part in given.items():
        part.expect(1)
        splits[name] = part.split(name, np.arange(len(part.names)))
    order, share = _by_hash(whole.names), len(whole.names) // SHARE
    for number, name in enumerate(missing):
        splits[name] = whole.split(name, order[number * share : (number + 1) * share])
    return Dataset(
        name=root.resolve().name,
        train=whole.split("train", order[len(missing) * share :]),
        valid=splits["valid"],
        test=splits["test"],
        skipped=_told([whole, *given.values()]),
    )


def add_images(data: Dataset, path: str | os.PathLike[str], *, times: int = 1) -> Dataset:
    """Return a data set with the pictures of a folder's 0 to 9 after what it has to train on.

    Args:
        data: whose valid and test stay as they are.
        path: the folder; see `load_image_folder`.
        times: how often each picture stands there, so that a handful has weight among 55,000.

    Raises:
        DataError: there are no such folders, more than `MAX_PICTURES` pictures, or none that can be read.
    """
    read = _read(Path(path))
    read.expect(1)
    images = np.concatenate([data.train.images, *[read.images] * times])
    labels = np.concatenate([data.train.labels, *[read.labels] * times])
    skipped = (*data.skipped, *_told([read]))
    return replace(data, train=replace(data.train, images=images, labels=labels), skipped=skipped)


@dataclass(frozen=True, eq=False)
class _Read:
    """The pictures of a folder's 0 to 9.

    Args:
        folder: where they lie.
        images: (n, 28, 28) uint8, of those that could be read.
        labels: (n,) int64.
        names: n paths within the folder.
        left_out: why the first of the others are not among them.
        left_out_count: how many others there are.
        passed_over: which files in there do not end as pictures do.
    """

    folder: Path
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    names: Sequence[str]
    skipped: Sequence[str]
    left_out_count: int
    skipped_files: str

    def split(self, name: str, chosen: NDArray[np.int64]) -> Split:
        """Return the chosen ones, in the order of their names."""
        chosen = np.sort(chosen)
        return Split(self.images[chosen], self.labels[chosen], name)

    def expect(self, least: int) -> None:
        """Make sure that there are enough."""
        if len(self.names) < least:
            first = next(filter(None, (*self.skipped, self.skipped_files)), "")
            why = f"; left out: {first}" if first else ""
            raise DataError(
                f"{self.folder} has {len(self.names)} pictures in its folders 0 to 9 that can be read; "
                f"expected at least {least}, in {', '.join(ENDINGS)}{why}"
            )


def _digits_in(folder: Path) -> list[str]:
    return [digit for digit in _DIGITS if (folder / digit).is_dir()]


def _read(folder: Path) -> _Read:
    digits = _digits_in(folder)
    if not digits:
        raise DataError(f"{folder} has no folder that is called 0 to 9; expected pictures of digits in them")
    every = (path for digit in digits for path in pictures_in(folder / digit))
    paths = list(islice(every, MAX_PICTURES + 1))
    if len(paths) > MAX_PICTURES:
        raise DataError(f"{folder} has over {MAX_PICTURES:,} pictures, the most that are read; take fewer")
    images = np.empty((len(paths), IMAGE_SIZE, IMAGE_SIZE), np.uint8)
    names: list[str] = []
    skipped: list[str] = []
    found = in_chunks(_images, paths, processes=cores() if len(paths) >= MANY else 0)
    for path, image in zip(paths, found, strict=True):
        if not isinstance(image, str):
            images[len(names)] = image
            names.append(Path(path).relative_to(folder).as_posix())
        elif len(skipped) < MOST_TOLD:
            skipped.append(image)
    labels = np.array([int(name.split("/", 1)[0]) for name in names], np.int64)
    others = skipped_files(*(folder / digit for digit in digits))
    return _Read(folder, images[: len(names)], labels, names, skipped, len(paths) - len(names), others)


def _images(paths: list[str]) -> list[NDArray[np.uint8] | str]:
    """Return the image of each picture, or why there is none."""
    return [_image(path) for path in paths]


def _image(path: str) -> NDArray[np.uint8] | str:
    try:
        placed = prepare_image(path)
    except PictureError as error:
        return str(error)
    return f"{path}: {placed.reason}" if placed.image is None else placed.image


def _by_hash(names: Sequence[str]) -> NDArray[np.int64]:
    digests = [hashlib.sha256(os.fsencode(name)).digest() for name in names]
    return np.array(sorted(range(len(names)), key=digests.__getitem__), np.int64)


def _told(parts: Sequence[_Read]) -> tuple[str, ...]:
    """Return why pictures were left out, a line each for the first, how many more, and other files."""
    lines = [line for part in parts for line in part.skipped][:MOST_TOLD]
    more = sum(part.left_out_count for part in parts) - len(lines)
    expected = f"expected {', '.join(ENDINGS)}"
    others = [f"{part.folder}: {part.skipped_files}; {expected}" for part in parts if part.skipped_files]
    return (*lines, *([f"and {more:,} more"] if more else ()), *others)
