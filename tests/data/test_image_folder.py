"""Folders of labeled pictures: the splits, the skipped pictures, and the refused folders."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_runner import Command, command_runner
from numpy.testing import assert_array_equal
from PIL import Image

from inklab.data import Dataset, Split, image_folder
from inklab.data.image_folder import add_images, load_image_folder
from inklab.data.load import load_data, resolve_source
from inklab.errors import DataError
from inklab.imaging import prepare_image
from inklab.utils.hardware import cores
from inklab.utils.parallel import map_chunks


def save_pictures(folder: Path, split: Split, *, enlarged: int = 3) -> list[Path]:
    """Save the images of a split, dark on white, in folders named by their labels; return the paths."""
    paths = []
    for number, (image, label) in enumerate(zip(split.images, split.labels, strict=True)):
        paths.append(folder / str(label) / f"{number:03d}.png")
        paths[-1].parent.mkdir(parents=True, exist_ok=True)
        page = np.pad(255 - image, 6, constant_values=255).repeat(enlarged, axis=0).repeat(enlarged, axis=1)
        Image.fromarray(page).save(paths[-1])
    return paths


def contents(split: Split) -> set[bytes]:
    return {image.tobytes() + bytes([label]) for image, label in zip(split.images, split.labels, strict=True)}


def prepared(paths: Sequence[Path]) -> set[bytes]:
    """Return the contents of pictures that are prepared one by one."""
    images = set()
    for path in paths:
        image = prepare_image(path).image
        assert image is not None
        images.add(image.tobytes() + bytes([int(path.parent.name)]))
    return images


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "mine"
    path.mkdir()
    return path


def test_valid_and_test_are_a_tenth_each_wherever_the_folder_is(
    folder: Path, mnist: Dataset, tmp_path: Path
) -> None:
    paths = save_pictures(folder, mnist.train[:35])
    data = load_data(str(folder))
    assert (data.name, data.skipped) == ("mine", ())
    splits = (data.train, data.valid, data.test)
    assert [(split.name, len(split)) for split in splits] == [("train", 29), ("valid", 3), ("test", 3)]
    assert set.union(*map(contents, splits)) == prepared(paths)
    assert len({len(contents(split)) for split in splits}) == 2, "no picture is in two splits"
    elsewhere = tmp_path / "elsewhere" / "mine"
    elsewhere.parent.mkdir()
    folder.rename(elsewhere)
    assert load_image_folder(elsewhere).checksum == data.checksum


def test_the_pictures_with_the_lowest_hashes_are_held_out(folder: Path, mnist: Dataset) -> None:
    # By sha256sum of the names 3/000.png to 3/009.png, 3/007.png has the lowest hash and 3/002.png the next.
    threes = mnist.train[mnist.train.labels == 3][:10]
    paths = save_pictures(folder, threes)
    data = load_image_folder(folder)
    assert contents(data.valid) == prepared(paths[7:8])
    assert contents(data.test) == prepared(paths[2:3])


def test_folders_named_as_splits_define_the_splits(folder: Path, mnist: Dataset) -> None:
    saved = {
        name: save_pictures(folder / name, split)
        for name, split in (("train", mnist.train[:12]), ("valid", mnist.valid[:2]), ("test", mnist.test[:3]))
    }
    data = load_image_folder(folder)
    for split in (data.train, data.valid, data.test):
        assert contents(split) == prepared(saved[split.name])
        assert split.labels.tolist() == sorted(split.labels.tolist()), "sorted by name"


def test_without_a_folder_valid_a_tenth_of_train_is_valid(folder: Path, mnist: Dataset) -> None:
    train_paths, test_paths = (
        save_pictures(folder / "train", mnist.train[:20]),
        save_pictures(folder / "test", mnist.test[:1]),
    )
    data = load_image_folder(folder)
    assert (len(data.train), len(data.valid)) == (18, 2)
    assert contents(data.train) | contents(data.valid) == prepared(train_paths)
    assert contents(data.test) == prepared(test_paths)


def test_unreadable_pictures_are_skipped_with_the_reason(
    folder: Path, mnist: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_pictures(folder, mnist.train[:12])
    (folder / "7").mkdir(exist_ok=True)
    (folder / "7" / "damaged.png").write_bytes(b"no picture")
    Image.new("L", (40, 40), 255).save(folder / "7" / "white.gif")
    (folder / "7" / "notes.txt").write_text("not a picture, and without such an extension")
    (folder / "ten").mkdir()
    data = load_image_folder(folder)
    assert sum(map(len, (data.train, data.valid, data.test))) == 12
    damaged, blank, other_files = data.skipped
    assert "7/damaged.png starts with 6e 6f 20 70; expected PNG" in damaged
    assert blank == f"{folder}/7/white.gif: blank"
    assert other_files.startswith(f"{folder}: 1 .txt; expected .avif, .bmp, ")
    monkeypatch.setattr(image_folder, "MAX_REASONS", 1)
    assert load_image_folder(folder).skipped == (damaged, "and 1 more", other_files)


def test_processes_read_many_pictures_with_the_same_result_as_threads(
    folder: Path, mnist: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_pictures(folder, mnist.train[:40])
    expected = load_image_folder(folder)
    used_processes = []

    def recording(task: Any, items: Any, *, processes: int) -> Any:
        used_processes.append(processes)
        return map_chunks(task, items, processes=processes)

    monkeypatch.setattr(image_folder, "map_chunks", recording)
    monkeypatch.setattr(image_folder, "MIN_ITEMS_FOR_PROCESSES", 40)
    assert load_image_folder(folder).checksum == expected.checksum
    assert used_processes == [cores()]


def test_pictures_are_added_to_the_training_split(folder: Path, mnist: Dataset) -> None:
    paths = save_pictures(folder, mnist.test[:3])
    (folder / "1" / "damaged.png").write_bytes(b"")
    few = Dataset("few", mnist.train[:5], mnist.valid[:4], mnist.test[:4])
    more = add_images(few, folder, copies=2)
    assert (len(more.train), more.valid, more.test) == (11, few.valid, few.test)
    assert_array_equal(more.train.images[:5], few.train.images)
    assert contents(more.train[5:]) == prepared(paths)
    assert_array_equal(more.train.images[5:8], more.train.images[8:])
    assert more.train.labels[5:].tolist() == [1, 2, 7] * 2
    assert [
        line.endswith("damaged.png is empty; expected PNG, JPEG, WebP, BMP, TIFF, GIF, AVIF, or HEIC")
        for line in more.skipped
    ] == [True]
    assert len(add_images(few, folder).train) == 8


def test_the_commands_accept_an_image_folder(
    folder: Path, mnist: Dataset, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder.parent)
    paths = save_pictures(folder, mnist.train[:30])
    (folder / "7" / "damaged.png").write_bytes(b"no picture")
    inklab: Command = command_runner(capsys)
    skipped = "skipped: mine/7/damaged.png starts with 6e 6f 20 70; "
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
    assert changed.err.startswith("inklab: run was started on other data")


def test_the_message_for_too_few_pictures_says_how_many_are_needed(folder: Path, mnist: Dataset) -> None:
    save_pictures(folder, mnist.train[:9])
    (folder / "1" / "damaged.png").write_bytes(b"no picture")
    expected = r"has 9 readable pictures .*; expected at least 10, .*; skipped: .*damaged\.png starts"
    with pytest.raises(DataError, match=expected):
        load_image_folder(folder)
    (folder / "1" / "damaged.png").unlink()
    (folder / "1" / "form.pdf").touch()
    with pytest.raises(DataError, match=r"expected at least 10, in \.avif, \.bmp, .*; skipped: 1 \.pdf$"):
        load_image_folder(folder)
    save_pictures(folder, mnist.train[:10])
    assert len(load_image_folder(folder).train) == 8


def test_without_holdout_all_pictures_of_a_small_folder_are_test(folder: Path, mnist: Dataset) -> None:
    paths = save_pictures(folder, mnist.test[:4])
    data = load_data(str(folder), holdout=False)
    assert (len(data.train), len(data.valid), len(data.test)) == (0, 0, 4)
    assert [split.name for split in (data.train, data.valid, data.test)] == ["train", "valid", "test"]
    assert contents(data.test) == contents(data.all) == prepared(paths)


def test_without_holdout_folders_still_define_the_splits(folder: Path, mnist: Dataset) -> None:
    train_paths = save_pictures(folder / "train", mnist.train[:2])
    test_paths = save_pictures(folder / "test", mnist.test[:1])
    data = load_image_folder(folder, holdout=False)
    assert (contents(data.train), len(data.valid)) == (prepared(train_paths), 0)
    assert contents(data.test) == prepared(test_paths)


def test_without_holdout_one_readable_picture_is_needed(folder: Path) -> None:
    (folder / "3").mkdir()
    with pytest.raises(DataError, match=r"mine has 0 readable pictures .* expected at least 1"):
        load_image_folder(folder, holdout=False)


def test_an_empty_split_is_refused(folder: Path, mnist: Dataset) -> None:
    save_pictures(folder / "train", mnist.train[:20])
    (folder / "test" / "3").mkdir(parents=True)
    (folder / "valid").mkdir()  # without a folder 0 to 9, it is ignored
    with pytest.raises(
        DataError,
        match=r"mine/test has 0 readable pictures in its folders 0 to 9; expected at least 1, in \.avif",
    ):
        load_image_folder(folder)


def test_other_folders_are_refused_in_one_line(
    folder: Path, mnist: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="mine has neither IDX files with MNIST's names nor folders 0 to 9"):
        load_data(str(folder))
    with pytest.raises(
        DataError, match="mine has no folder named 0 to 9; expected such folders with pictures"
    ):
        load_image_folder(folder)
    save_pictures(folder / "train", mnist.train[:10])
    with pytest.raises(
        DataError, match="mine has the folders train; expected 0 to 9, or train, test and optionally valid"
    ):
        load_data(str(folder))
    save_pictures(folder, mnist.train[:3])
    with pytest.raises(DataError, match="mine has the folders 3, 4, 7, train; expected 0 to 9, or train"):
        load_data(str(folder))
    monkeypatch.setattr(image_folder, "MAX_PICTURES", 9)
    with pytest.raises(DataError, match="train has over 9 pictures, the maximum; use fewer"):
        load_image_folder(folder / "train")


def test_mnist_plus_a_folder_is_one_data_set(
    tmp_path: Path, mnist: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    save_pictures(Path("own"), mnist.valid[:1])
    data = load_data("mnist+own")
    assert resolve_source("mnist+own") == f"mnist+{tmp_path / 'own'}"
    assert (len(data.train), set(data.train.labels[-20:])) == (55_020, {mnist.valid.labels[0]})
    assert_array_equal(data.valid.images, mnist.valid.images)
    with pytest.raises(DataError, match="no folder named 0 to 9"):
        load_data("mnist+nowhere")
    with pytest.raises(DataError, match=r"^mnist\+ names no folder; expected mnist\+FOLDER"):
        load_data("mnist+")
