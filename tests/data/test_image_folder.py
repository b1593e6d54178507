"""Folders 0 to 9 of pictures as data: what is taken, into which split, what is left out or refused."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_runner import Command, listening
from numpy.testing import assert_array_equal
from PIL import Image

from inklab.data import Dataset, Split
from inklab.data import image_folder as pictures
from inklab.data.image_folder import add_images, load_image_folder
from inklab.data.load import load_data, resolve_source
from inklab.errors import DataError
from inklab.imaging import prepare_image
from inklab.utils.hardware import cores
from inklab.utils.parallel import in_chunks


def put(folder: Path, split: Split, *, enlarged: int = 3) -> list[Path]:
    """Write the images of a split as dark pictures on white under their digits; return their paths."""
    paths = []
    for number, (image, label) in enumerate(zip(split.images, split.labels, strict=True)):
        paths.append(folder / str(label) / f"{number:03d}.png")
        paths[-1].parent.mkdir(parents=True, exist_ok=True)
        page = np.pad(255 - image, 6, constant_values=255).repeat(enlarged, axis=0).repeat(enlarged, axis=1)
        Image.fromarray(page).save(paths[-1])
    return paths


def held(split: Split) -> set[bytes]:
    return {image.tobytes() + bytes([label]) for image, label in zip(split.images, split.labels, strict=True)}


def read(paths: Sequence[Path]) -> set[bytes]:
    """Return what the pictures hold, each read alone."""
    found = set()
    for path in paths:
        image = prepare_image(path).image
        assert image is not None
        found.add(image.tobytes() + bytes([int(path.parent.name)]))
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "mine"
    made.mkdir()
    return made


def test_a_tenth_each_is_held_back_wherever_the_folder_lies(
    folder: Path, mnist: Dataset, tmp_path: Path
) -> None:
    paths = put(folder, mnist.train[:35])
    data = load_data(str(folder))
    assert (data.name, data.skipped) == ("mine", ())
    splits = (data.train, data.valid, data.test)
    assert [(split.name, len(split)) for split in splits] == [("train", 29), ("valid", 3), ("test", 3)]
    assert set.union(*map(held, splits)) == read(paths)
    assert len({len(held(split)) for split in splits}) == 2, "nothing is in two of them"
    elsewhere = tmp_path / "elsewhere" / "mine"
    elsewhere.parent.mkdir()
    folder.rename(elsewhere)
    assert load_image_folder(elsewhere).checksum == data.checksum


def test_the_lowest_hashes_are_held_back(folder: Path, mnist: Dataset) -> None:
    # sha256sum of the names 3/000.png to 3/009.png: that of 3/007.png is the lowest, of 3/002.png the next.
    threes = mnist.train[mnist.train.labels == 3][:10]
    paths = put(folder, threes)
    data = load_image_folder(folder)
    assert held(data.valid) == read(paths[7:8])
    assert held(data.test) == read(paths[2:3])


def test_folders_that_say_which_split(folder: Path, mnist: Dataset) -> None:
    made = {
        name: put(folder / name, split)
        for name, split in (("train", mnist.train[:12]), ("valid", mnist.valid[:2]), ("test", mnist.test[:3]))
    }
    data = load_image_folder(folder)
    for split in (data.train, data.valid, data.test):
        assert held(split) == read(made[split.name])
        assert split.labels.tolist() == sorted(split.labels.tolist()), "in the order of their names"


def test_without_valid_a_tenth_of_train_is(folder: Path, mnist: Dataset) -> None:
    learned, judged = put(folder / "train", mnist.train[:20]), put(folder / "test", mnist.test[:1])
    data = load_image_folder(folder)
    assert (len(data.train), len(data.valid)) == (18, 2)
    assert held(data.train) | held(data.valid) == read(learned)
    assert held(data.test) == read(judged)


def test_what_cannot_be_read_is_left_out_and_told(
    folder: Path, mnist: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, mnist.train[:12])
    (folder / "7").mkdir(exist_ok=True)
    (folder / "7" / "damaged.png").write_bytes(b"no picture")
    Image.new("L", (40, 40), 255).save(folder / "7" / "white.gif")
    (folder / "7" / "notes.txt").write_text("no picture, and not said to be one")
    (folder / "ten").mkdir()
    data = load_image_folder(folder)
    assert sum(map(len, (data.train, data.valid, data.test))) == 12
    damaged, white, other = data.skipped
    assert damaged.startswith(f"{folder}/7/damaged.png starts with 6e 6f 20 70; expected PNG")
    assert white == f"{folder}/7/white.gif: blank"
    assert other.startswith(f"{folder}: 1 .txt; expected .bmp, ")
    monkeypatch.setattr(pictures, "MOST_TOLD", 1)
    assert load_image_folder(folder).skipped == (damaged, "and 1 more", other)


def test_many_are_read_by_processes_as_a_few_are_by_threads(
    folder: Path, mnist: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, mnist.train[:40])
    expected = load_image_folder(folder)
    asked = []

    def heard(task: Any, items: Any, *, processes: int) -> Any:
        asked.append(processes)
        return in_chunks(task, items, processes=processes)

    monkeypatch.setattr(pictures, "in_chunks", heard)
    monkeypatch.setattr(pictures, "MANY", 40)
    assert load_image_folder(folder).checksum == expected.checksum
    assert asked == [cores()]


def test_a_handful_is_added_to_train(folder: Path, mnist: Dataset) -> None:
    paths = put(folder, mnist.test[:3])
    (folder / "1" / "damaged.png").write_bytes(b"")
    few = Dataset("few", mnist.train[:5], mnist.valid[:4], mnist.test[:4])
    more = add_images(few, folder, times=2)
    assert (len(more.train), more.valid, more.test) == (11, few.valid, few.test)
    assert_array_equal(more.train.images[:5], few.train.images)
    assert held(more.train[5:]) == read(paths)
    assert_array_equal(more.train.images[5:8], more.train.images[8:])
    assert more.train.labels[5:].tolist() == [1, 2, 7] * 2
    assert [
        line.endswith("damaged.png is empty; expected PNG, JPEG, WebP, BMP, TIFF or GIF")
        for line in more.skipped
    ] == [True]
    assert len(add_images(few, folder).train) == 8


def test_the_commands_take_them(
    folder: Path, mnist: Dataset, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder.parent)
    paths = put(folder, mnist.train[:30])
    (folder / "7" / "damaged.png").write_bytes(b"no picture")
    inklab: Command = listening(capsys)
    skipped = "left out: mine/7/damaged.png starts with 6e 6f 20 70; "
    trained = inklab("train", "lesson-softmax", "--steps", "5", "--data", "mine", "--out", "run")
    assert (trained.code, trained.err.startswith(skipped)) == (0, True)
    measured = inklab("evaluate", "run", "--data", "mine", "--split", "train")
    assert (measured.code, measured.out.startswith("run on mine, train:")) == (0, True)
    assert measured.err.startswith(skipped)
    counted = inklab("data", "mine")
    assert (counted.code, counted.err.count("\n"), "train         24" in counted.out) == (0, 1, True)
    assert inklab("evaluate", "run").code == 0
    paths[0].write_bytes(paths[1].read_bytes())
    changed = inklab("evaluate", "run")
    assert changed.err.startswith("inklab: run was started on other data, ")


def test_too_few_are_refused_with_how_many_are_needed(folder: Path, mnist: Dataset) -> None:
    put(folder, mnist.train[:9])
    (folder / "1" / "damaged.png").write_bytes(b"no picture")
    expected = (
        r"has 9 pictures in its folders 0 to 9 .* expected at least 10, .*; left out: .*damaged\.png starts"
    )
    with pytest.raises(DataError, match=expected):
        load_image_folder(folder)
    (folder / "1" / "damaged.png").unlink()
    (folder / "1" / "phone.heic").touch()
    with pytest.raises(DataError, match=r"expected at least 10, in \.bmp, .*; left out: 1 \.heic$"):
        load_image_folder(folder)
    put(folder, mnist.train[:10])
    assert len(load_image_folder(folder).train) == 8


def test_an_empty_split_is_refused(folder: Path, mnist: Dataset) -> None:
    put(folder / "train", mnist.train[:20])
    (folder / "test" / "3").mkdir(parents=True)
    (folder / "valid").mkdir()  # without a folder 0 to 9 it is none of ours
    with pytest.raises(
        DataError, match=r"mine/test has 0 pictures in its folders 0 to 9 .* at least 1, in \.bmp"
    ):
        load_image_folder(folder)


def test_other_folders_are_refused_in_one_line(
    folder: Path, mnist: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="mine has neither IDX files named as MNIST's nor folders 0 to 9"):
        load_data(str(folder))
    with pytest.raises(DataError, match="mine has no folder that is called 0 to 9; expected pictures"):
        load_image_folder(folder)
    put(folder / "train", mnist.train[:10])
    with pytest.raises(DataError, match="mine has the folders train; expected 0 to 9, or train and test"):
        load_data(str(folder))
    put(folder, mnist.train[:3])
    with pytest.raises(DataError, match="mine has the folders 3, 4, 7, train; expected 0 to 9, or train"):
        load_data(str(folder))
    monkeypatch.setattr(pictures, "MAX_PICTURES", 9)
    with pytest.raises(DataError, match="train has over 9 pictures, the most that are read; take fewer"):
        load_image_folder(folder / "train")


def test_mnist_and_a_folder_are_one_data_set(
    tmp_path: Path, mnist: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    put(Path("own"), mnist.valid[:1])
    data = load_data("mnist+own")
    assert resolve_source("mnist+own") == f"mnist+{tmp_path / 'own'}"
    assert (len(data.train), set(data.train.labels[-20:])) == (55_020, {mnist.valid.labels[0]})
    assert_array_equal(data.valid.images, mnist.valid.images)
    with pytest.raises(DataError, match="no folder that is called 0 to 9"):
        load_data("mnist+nowhere")
    with pytest.raises(DataError, match=r"^mnist\+ names no folder; expected mnist\+FOLDER"):
        load_data("mnist+")
