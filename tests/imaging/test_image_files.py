"""Image files are listed by their extensions; other files are counted."""

from pathlib import Path

import pytest

from inklab.imaging import iter_image_files, skipped_files


def create(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def listed(folder: Path) -> list[str]:
    return [Path(path).relative_to(folder).as_posix() for path in iter_image_files(folder)]


def test_image_files_are_listed_and_other_files_counted(tmp_path: Path) -> None:
    hidden = (".hidden", "._a.jpg", ".thumbs/a.jpg", ".thumbs/a.txt")
    create(tmp_path, "b.PNG", "a.jpg", "in/c.webp", "in/phone.HEIC", "x.pdf", "in/y.pdf", "README", *hidden)
    assert listed(tmp_path) == ["a.jpg", "b.PNG", "in/c.webp", "in/phone.HEIC"]
    assert skipped_files(tmp_path) == "2 .pdf, 1 without an extension"
    assert skipped_files(tmp_path, tmp_path / "in").startswith("3 .pdf, ")


def test_only_the_most_common_extensions_are_named(tmp_path: Path) -> None:
    create(tmp_path, "1.b", "2.b", "3.c", "4.a", "5.e", "6.d", "7.f", "8.svg")
    assert skipped_files(tmp_path) == "2 .b, 1 .a, 1 .c, 1 .d, 1 .e, 2 with other extensions"


def test_a_folder_without_other_files_gives_no_text(tmp_path: Path) -> None:
    create(tmp_path, "a.png")
    assert skipped_files(tmp_path) == ""


def test_control_characters_in_an_extension_are_escaped(tmp_path: Path) -> None:
    create(tmp_path, "a.\x1b[31mred\nline")
    assert skipped_files(tmp_path) == r"1 '.\x1b[31mred\nline'", "a terminal must not obey a file name"


@pytest.mark.parametrize("name", ["recipe.json", "lesson.json"])
def test_the_folders_of_runs_are_left_out_unless_given(tmp_path: Path, name: str) -> None:
    create(tmp_path, "a.png", "runs/b.png", f"runs/7/{name}", "runs/7/figures/loss.png", "runs/7/notes.txt")
    assert listed(tmp_path) == ["a.png", "runs/b.png"]
    assert skipped_files(tmp_path) == ""
    assert listed(tmp_path / "runs" / "7") == ["figures/loss.png"]
    assert skipped_files(tmp_path / "runs" / "7") == "1 .json, 1 .txt"
