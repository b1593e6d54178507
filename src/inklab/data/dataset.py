"""Labeled images: `Split` and `Dataset` for 28 x 28 digits, `ArrayDataset` for any other size."""

import zlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, overload

import numpy as np
from numpy.typing import NDArray

from inklab.constants import IMAGE_SIZE, N_CLASSES, N_PIXELS
from inklab.errors import DataError


@dataclass(frozen=True, eq=False)
class Split:
    """Labeled images of digits, checked once and read-only.

    A split is indexed as a numpy array: a slice, an array of indices or a boolean mask gives a Split of the
    same name; an integer gives one image and its label.

    Args:
        images: (n, 28, 28) uint8, ink 255 on 0; kept as a read-only view, not copied.
        labels: (n,) int64 in [0, 10); kept as a read-only view, not copied.

    Raises:
        DataError: an array has another dtype or shape, or a label is not a digit.

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
    classes: ClassVar[int] = N_CLASSES

    def __post_init__(self) -> None:
        images, labels = np.asarray(self.images).view(), np.asarray(self.labels).view()
        if images.dtype != np.uint8 or images.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE):
            problem = f"{images.dtype.name} {images.shape}; expected uint8 (n, {IMAGE_SIZE}, {IMAGE_SIZE})"
            raise DataError(f"the {self.name} images are {problem}")
        if labels.dtype != np.int64 or labels.shape != images.shape[:1]:
            problem = f"{labels.dtype.name} {labels.shape}; expected int64 ({len(images)},)"
            raise DataError(f"the {self.name} labels are {problem}")
        invalid = labels[(labels < 0) | (labels >= N_CLASSES)]
        if invalid.size:
            raise DataError(f"a {self.name} label is {invalid[0]}; expected digits from 0 to {N_CLASSES - 1}")
        for name, array in (("images", images), ("labels", labels)):
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    def __len__(self) -> int:
        return len(self.labels)

    @overload
    def __getitem__(self, index: int | np.integer) -> tuple[NDArray[np.uint8], int]: ...
    @overload
    def __getitem__(self, index: slice | list[int] | NDArray[np.integer | np.bool]) -> "Split": ...
    def __getitem__(self, index: Any) -> "tuple[NDArray[np.uint8], int] | Split":
        if isinstance(index, int | np.integer):
            return self.images[index], int(self.labels[index])
        return replace(self, images=self.images[index], labels=self.labels[index])

    def flat(self) -> NDArray[np.float32]:
        """Return the images as a new float32 array (n, 784) in [0, 1], 3 KB per image."""
        return np.divide(self.images.reshape(len(self), N_PIXELS), 255, dtype=np.float32)

    def one_hot(self) -> NDArray[np.float32]:
        """Return the labels as float32 (n, 10): 1 at the label, 0 elsewhere."""
        return np.eye(N_CLASSES, dtype=np.float32)[self.labels]


@dataclass(frozen=True, eq=False)
class ArrayDataset:
    """Images of any size with any number of classes, as `Training` takes them in place of a `Split`.

    Args:
        images: (n, h, w), uint8 with ink 255 on 0, or float32 as passed to the network. Feature vectors of
            length m are images of one row, (n, 1, m).
        labels: (n,) int64 in [0, classes).
    """

    images: NDArray[np.uint8 | np.float32]
    labels: NDArray[np.int64]
    classes: int

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Dataset:
    """The three splits of one source: train on `train`, make choices on `valid`, read `test` once."""

    name: str
    train: Split
    valid: Split
    test: Split
    skipped: tuple[str, ...] = ()
    """Messages about pictures and files that are in no split, one line each; only the first are listed."""

    @property
    def all(self) -> Split:
        """Train, valid and test as one split, for a model that was trained on none of them."""
        splits = (self.train, self.valid, self.test)
        images = np.concatenate([split.images for split in splits])
        return Split(images, np.concatenate([split.labels for split in splits]), "all")

    @cached_property
    def checksum(self) -> int:
        """The CRC-32 of all images and labels; a run checks it when it resumes."""
        crc = 0
        for split in (self.train, self.valid, self.test):
            crc = zlib.crc32(np.ascontiguousarray(split.images).data, crc)
            crc = zlib.crc32(split.labels.astype(np.uint8).data, crc)  # one byte each: no byte order
        return crc

    @property
    def checksum_hex(self) -> str:
        """The checksum as eight hexadecimal digits, as printed and as in JSON."""
        return f"{self.checksum:08x}"
