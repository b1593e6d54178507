"""Folders of labeled pictures: subfolders 0 to 9 become a data set of prepared images."""

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
from inklab.imaging import EXTENSIONS, iter_image_files, prepare_image, skipped_files
from inklab.utils.hardware import cores
from inklab.utils.parallel import MIN_ITEMS_FOR_PROCESSES, map_chunks

MAX_PICTURES = 1_000_000  # of one split; each image takes 784 bytes
HOLDOUT_ONE_IN = 10  # pictures: one for validation and one for testing, unless folders define the splits
MAX_REASONS = 20  # skipped pictures that are listed with the reason
_SPLITS = ("train", "valid", "test")


def is_image_folder(path: str | os.PathLike[str]) -> bool:
    """Return whether a folder, or train, valid or test in it, has one of the subfolders 0 to 9."""
    return any(_digits_in(folder) for folder in (Path(path), *(Path(path) / name for name in _SPLITS)))


def load_image_folder(path: str | os.PathLike[str], *, holdout: bool = True) -> Dataset:
    """Return the data set of a folder whose subfolders 0 to 9 hold pictures of these digits.

    If the subfolders are in folders train and test, and possibly valid, these are the splits. Otherwise a
    tenth of the pictures is `valid` and a tenth is `test`: those whose paths within the folder have the
    lowest SHA-256 hashes, wherever the folder is. Pictures are prepared on all cores; 2,000 or more in worker
    processes, for which a script needs a `__main__` guard. Blank and unreadable pictures, and files of other
    types, are skipped; `Dataset.skipped` gives the reasons.

    Args:
        path: the folder; the data set has its name. Files outside 0 to 9 are ignored.
        holdout: whether to split the pictures that no folder assigns to a split. Use False if nothing is
            trained on them: then they are all in `test`, and one picture is enough.

    Raises:
        DataError: there are no such subfolders, more than `MAX_PICTURES` pictures in one split, or too few
            readable pictures: 10 are needed where a tenth is held out, otherwise 1.
    """
    root = Path(path)
    names = [name for name in _SPLITS if _digits_in(root / name)]
    if names and (_digits_in(root) or not {"train", "test"} <= set(names)):
        folders = ", ".join([*_digits_in(root), *names])
        expected = "0 to 9, or train, test and optionally valid"
        raise DataError(f"{root} has the folders {folders}; expected {expected}")
    parts = {name: _read_pictures(root / name) for name in names}
    if not names:
        parts = {"train" if holdout else "test": _read_pictures(root)}
    held_out = [name for name in ("valid", "test") if holdout and name not in parts]
    for name, part in parts.items():
        part.check_count(HOLDOUT_ONE_IN if name == "train" and held_out else 1)
    none = Split(np.empty((0, IMAGE_SIZE, IMAGE_SIZE), np.uint8), np.empty(0, np.int64), "")
    splits = {name: replace(none, name=name) for name in _SPLITS}
    splits |= {name: Split(part.images, part.labels, name) for name, part in parts.items()}
    if held_out:
        train = splits["train"]
        digests = [hashlib.sha256(os.fsencode(name)).digest() for name in parts["train"].names]
        order = np.array(sorted(range(len(train)), key=digests.__getitem__))
        stops = np.arange(1, len(held_out) + 1) * (len(train) // HOLDOUT_ONE_IN)
        for name, indices in zip([*held_out, "train"], np.split(order, stops), strict=True):
            splits[name] = replace(train[np.sort(indices)], name=name)
    return Dataset(root.resolve().name, **splits, skipped=_reasons(list(parts.values())))


def add_images(data: Dataset, path: str | os.PathLike[str], *, copies: int = 1) -> Dataset:
    """Return a data set with the pictures of a folder's subfolders 0 to 9 appended to its training split.

    Args:
        data: its valid and test splits are unchanged.
        path: see `load_image_folder`.
        copies: how often each picture is added, so that a few pictures have weight among 55,000.

    Raises:
        DataError: there are no such subfolders, more than `MAX_PICTURES` pictures, or no readable picture.
    """
    added = _read_pictures(Path(path))
    added.check_count(1)
    images = np.concatenate([data.train.images, *[added.images] * copies])
    labels = np.concatenate([data.train.labels, *[added.labels] * copies])
    skipped = (*data.skipped, *_reasons([added]))
    return replace(data, train=replace(data.train, images=images, labels=labels), skipped=skipped)


@dataclass(frozen=True, eq=False)
class _Pictures:
    """The readable pictures in the subfolders 0 to 9 of a folder, prepared, and the skipped files."""

    folder: Path
    images: NDArray[np.uint8]  # (n, 28, 28)
    labels: NDArray[np.int64]
    names: Sequence[str]  # n paths within the folder
    skipped: Sequence[str]  # the reasons of the first `MAX_REASONS` skipped pictures
    n_skipped: int
    other_files: str  # see `skipped_files`

    def check_count(self, minimum: int) -> None:
        if len(self.names) < minimum:
            reason = next((f"; skipped: {text}" for text in (*self.skipped, self.other_files) if text), "")
            expected = f"at least {minimum}, in {', '.join(EXTENSIONS)}{reason}"
            pictures = "picture" if len(self.names) == 1 else "pictures"
            found = f"{len(self.names)} readable {pictures} in its folders 0 to 9"
            raise DataError(f"{self.folder} has {found}; expected {expected}")


def _digits_in(folder: Path) -> list[str]:
    return [digit for digit in map(str, range(N_CLASSES)) if (folder / digit).is_dir()]


def _read_pictures(folder: Path) -> _Pictures:
    digits = _digits_in(folder)
    if not digits:
        raise DataError(f"{folder} has no folder named 0 to 9; expected such folders with pictures of digits")
    files = (path for digit in digits for path in iter_image_files(folder / digit))
    paths = list(islice(files, MAX_PICTURES + 1))
    if len(paths) > MAX_PICTURES:
        raise DataError(f"{folder} has over {MAX_PICTURES:,} pictures, the maximum; use fewer")
    images = np.empty((len(paths), IMAGE_SIZE, IMAGE_SIZE), np.uint8)
    names: list[str] = []
    skipped: list[str] = []
    processes = cores() if len(paths) >= MIN_ITEMS_FOR_PROCESSES else 0
    for path, result in zip(paths, map_chunks(_read_chunk, paths, processes=processes), strict=True):
        if not isinstance(result, str):
            images[len(names)] = result
            names.append(Path(path).relative_to(folder).as_posix())
        elif len(skipped) < MAX_REASONS:
            skipped.append(result)
    labels = np.array([int(name.split("/", 1)[0]) for name in names], np.int64)
    others = skipped_files(*(folder / digit for digit in digits))
    return _Pictures(folder, images[: len(names)], labels, names, skipped, len(paths) - len(names), others)


def _read_chunk(paths: list[str]) -> list[NDArray[np.uint8] | str]:
    """Return the prepared image of each picture, or the reason why there is none."""
    results: list[NDArray[np.uint8] | str] = []
    for path in paths:
        try:
            prepared = prepare_image(path)
            results.append(f"{path}: {prepared.reason}" if prepared.image is None else prepared.image)
        except PictureError as error:
            results.append(str(error))
    return results


def _reasons(parts: Sequence[_Pictures]) -> tuple[str, ...]:
    """Return a line for each of the first skipped pictures, the number of others, and other files."""
    lines = [line for part in parts for line in part.skipped][:MAX_REASONS]
    if n_more := sum(part.n_skipped for part in parts) - len(lines):
        lines.append(f"and {n_more:,} more")
    expected = f"expected {', '.join(EXTENSIONS)}"
    return (*lines, *(f"{part.folder}: {part.other_files}; {expected}" for part in parts if part.other_files))
