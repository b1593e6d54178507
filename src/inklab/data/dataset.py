"""Split and DataSet: labelled images, checked once and read-only from then on."""

import zlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import overload

import numpy as np
from numpy.typing import NDArray

from inklab.constants import IMAGE_SIZE, N_CLASSES
from inklab.errors import DataError


@dataclass(frozen=True, eq=False)
class Split:
    """Labelled images: those that are trained on, chosen by, or tested with.

    It is indexed as numpy indexes: a slice or an array of indices (or of truth values) gives a Split of
    the same name, a plain integer gives one image and its label.

    Args:
        images: (n, 28, 28) uint8, ink 255 on 0; kept as a read-only view, not copied.
        labels: (n,) int64 in [0, 10); kept likewise.
        name: what it is called in reports, such as "train".

    Raises:
        DataError: the arrays are of another type or shape, or a label is no digit.

    >>> split = Split(np.zeros((3, 28, 28), np.uint8), np.array([7, 0, 4]), "test")
    >>> split[1:].labels
    array([0, 4])
    >>> image, label = split[0]
    >>> image.shape, label
    ((28, 28), 7)
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    name: str

    def __post_init__(self) -> None:
        images, labels = np.asarray(self.images).view(), np.asarray(self.labels).view()
        if images.dtype != np.uint8 or images.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE):
            raise DataError(
                f"the {self.name} images are {_kind(images)}; expected uint8 (n, {IMAGE_SIZE}, {IMAGE_SIZE})"
            )
        if labels.dtype != np.int64 or labels.shape != images.shape[:1]:
            raise DataError(f"the {self.name} labels are {_kind(labels)}; expected int64 ({len(images)},)")
        wrong = labels[(labels < 0) | (labels >= N_CLASSES)]
        if wrong.size:
            raise DataError(f"a {self.name} label is {wrong[0]}; expected digits from 0 to {N_CLASSES - 1}")
        for name, array in (("images", images), ("labels", labels)):
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def classes(self) -> int:
        """How many classes there are: the ten digits."""
        return N_CLASSES

    @overload
    def __getitem__(self, index: int | np.integer) -> tuple[NDArray[np.uint8], int]: ...
    @overload
    def __getitem__(self, index: slice | list[int] | NDArray[np.integer | np.bool]) -> "Split": ...
    def __getitem__(
        self, index: int | np.integer | slice | list[int] | NDArray[np.integer | np.bool]
    ) -> "tuple[NDArray[np.uint8], int] | Split":
        if isinstance(index, int | np.integer):
            return self.images[index], int(self.labels[index])
        return replace(self, images=self.images[index], labels=self.labels[index])

    def flat(self) -> NDArray[np.float32]:
        """Return the images as float32 (n, 784) in [0, 1], a new array of 3 KB an image."""
        flat = self.images.reshape(len(self), IMAGE_SIZE * IMAGE_SIZE).astype(np.float32)
        flat /= 255
        return flat

    def one_hot(self) -> NDArray[np.float32]:
        """Return the labels as float32 (n, 10): 1 at the label, 0 elsewhere."""
        return np.eye(N_CLASSES, dtype=np.float32)[self.labels]


@dataclass(frozen=True, eq=False)
class Dataset:
    """The splits of one source: `train` is learned from, choices are made on `valid`, `test` is read once."""

    name: str
    train: Split
    valid: Split
    test: Split
    skipped: tuple[str, ...] = ()
    """What is in none of them and why, for people: a line each for some twenty, and for other files."""

    @property
    def all(self) -> Split:
        """Train, valid and test as one split, for whoever learned from none of them."""
        parts = (self.train, self.valid, self.test)
        images = np.concatenate([part.images for part in parts])
        return Split(images, np.concatenate([part.labels for part in parts]), "all")

    @cached_property
    def checksum(self) -> int:
        """The CRC-32 of all images and labels, by which a run knows that it resumes on the same data."""
        crc = 0
        for split in (self.train, self.valid, self.test):
            crc = zlib.crc32(np.ascontiguousarray(split.images).data, crc)
            crc = zlib.crc32(split.labels.astype(np.uint8).data, crc)  # a byte each has no byte order
        return crc


def _kind(array: NDArray[np.generic]) -> str:
    return f"{array.dtype.name} {array.shape}"
