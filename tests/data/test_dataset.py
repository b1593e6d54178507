"""Split and Dataset: checked, read-only, indexed as numpy arrays."""

import zlib
from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from inklab.data.dataset import Dataset, Split
from inklab.errors import DataError


@pytest.fixture
def split() -> Split:
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28)).astype(np.uint8)
    return Split(images, np.array([3, 1, 4, 1, 9]), "train")


@pytest.mark.parametrize(
    "index",
    [
        slice(2),
        slice(1, 4),
        slice(None, None, -2),
        slice(0),
        [4, 0, 0],
        np.array([3, 1]),
        np.array([True, False, True, False, False]),
    ],
)
def test_slices_and_arrays_of_indices_give_splits(split: Split, index: Any) -> None:
    part = split[index]
    assert isinstance(part, Split)
    assert_array_equal(part.images, split.images[index], strict=True)
    assert_array_equal(part.labels, split.labels[index], strict=True)
    assert part.name == "train"
    assert len(part) == len(split.labels[index])


def test_an_integer_gives_one_image_and_its_label(split: Split) -> None:
    for index in (-1, np.int64(4)):
        image, label = split[index]
        assert_array_equal(image, split.images[4], strict=True)
        assert label == 9
        assert type(label) is int
    with pytest.raises(IndexError):
        split[5]


def test_a_split_is_read_only(split: Split) -> None:
    for array in (split.images, split.labels, split[1:].images, split[[0, 2]].labels, split[0][0]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(FrozenInstanceError):
        split.name = "test"  # type: ignore[misc]


def test_the_arrays_of_the_caller_are_neither_copied_nor_made_read_only() -> None:
    images, labels = np.zeros((1, 28, 28), np.uint8), np.zeros(1, np.int64)
    split = Split(images, labels, "train")
    assert np.shares_memory(split.images, images)
    images[0, 0, 0] = labels[0] = 1


def test_there_are_ten_classes(split: Split) -> None:
    assert split[:1].classes == 10


def test_flat_worked_out_by_hand() -> None:
    images = np.zeros((2, 28, 28), np.uint8)
    images[0, 0, 1], images[1, 27, 27], images[1, 1, 0] = 255, 51, 102
    flat = Split(images, np.zeros(2, np.int64), "train").flat()
    expected = np.zeros((2, 784), np.float32)
    expected[0, 1], expected[1, 783], expected[1, 28] = 1, 0.2, 0.4
    assert_array_equal(flat, expected, strict=True)


def test_one_hot_worked_out_by_hand() -> None:
    split = Split(np.zeros((3, 28, 28), np.uint8), np.array([0, 9, 2]), "train")
    expected = np.array(
        [[1, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0, 1], [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]],
        np.float32,
    )
    assert_array_equal(split.one_hot(), expected, strict=True)


def test_a_split_may_be_empty(split: Split) -> None:
    assert split[:0].flat().shape == (0, 784)
    assert split[:0].one_hot().shape == (0, 10)


images, labels = np.zeros((3, 28, 28), np.uint8), np.zeros(3, np.int64)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (images / 255, labels, r"train images are float64 \(3, 28, 28\); expected uint8 \(n, 28, 28\)"),
        (images[..., :27], labels, r"train images are uint8 \(3, 28, 27\); expected uint8 \(n, 28, 28\)"),
        (images[0], labels, r"train images are uint8 \(28, 28\); expected"),
        (images[..., None], labels, r"train images are uint8 \(3, 28, 28, 1\); expected"),
        (images, labels[:2], r"train labels are int64 \(2,\); expected int64 \(3,\)"),
        (images, labels[:, None], r"train labels are int64 \(3, 1\); expected int64 \(3,\)"),
        (images, labels.astype(np.uint8), r"train labels are uint8 \(3,\); expected int64 \(3,\)"),
        (images, labels.astype(float), r"train labels are float64 \(3,\); expected int64 \(3,\)"),
        (images, np.array([0, 10, 1]), "a train label is 10; expected digits from 0 to 9"),
        (images, np.array([0, 1, -1]), "a train label is -1; expected digits from 0 to 9"),
    ],
)
def test_wrong_arrays_are_refused(images: Any, labels: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Split(images, labels, "train")


def test_all_is_train_valid_and_test(split: Split) -> None:
    data = Dataset("five", split[:2], split[2:3], split[3:])
    assert data.all.name == "all"
    for name in ("images", "labels"):
        assert_array_equal(getattr(data.all, name), getattr(split, name))


def test_the_checksum_depends_on_every_image_label_and_position(split: Split) -> None:
    data = Dataset("five", split[:3], split[3:4], split[4:])
    renamed = Dataset("renamed", split[[0, 1, 2]], split[3:4], split[4:])
    assert data.checksum == renamed.checksum

    brighter = split.images.copy()
    brighter[4, 27, 27] ^= 1
    relabeled = split.labels.copy()
    relabeled[3] = 8
    changed = [
        replace(data, test=replace(split, images=brighter)[4:]),
        replace(data, valid=replace(split, labels=relabeled)[3:4]),
        replace(data, train=split[2::-1]),
        replace(data, train=split[:2], valid=split[2:4]),
        replace(data, train=split[:0]),
    ]
    assert len({data.checksum, *(dataset.checksum for dataset in changed)}) == 6


def test_the_checksum_worked_out_by_hand() -> None:
    train = Split(np.zeros((1, 28, 28), np.uint8), np.array([1]), "train")
    valid, test = replace(train, labels=np.array([2])), replace(train, labels=np.array([3]))
    data = Dataset("zeros", train, valid, test)
    assert data.checksum == zlib.crc32(bytes(784) + b"\1" + bytes(784) + b"\2" + bytes(784) + b"\3")
    assert data.checksum_hex == f"{data.checksum:08x}"
    data.__dict__["checksum"] = 0xA1B2C3  # the cached value
    assert data.checksum_hex == "00a1b2c3"
