"""Files are replaced completely or not at all."""

import errno
import os
from pathlib import Path

import pytest

from inklab.errors import InklabError
from inklab.utils.atomic import atomic_write, write_bytes, write_text


def test_a_file_replaces_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    for text in ("first", "second, åäö"):
        write_text(path, text)
        assert path.read_text(encoding="utf-8") == text
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_while_writing_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic_write(path) as file:
        file.write(b"new")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_an_error_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "one.txt"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InklabError, match=r"^cannot write .*one\.txt: No space left on device; "):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_an_error_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InklabError, match=r"nowhere is not a folder; create it first$"):
        write_text(tmp_path / "nowhere" / "one.txt", "new")


def test_only_regular_files_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("folder", "pipe"):
        with pytest.raises(InklabError, match=f"^cannot write .*{name}: it is not a regular file; choose"):
            write_bytes(tmp_path / name, b"content")
    assert (tmp_path / "pipe").is_fifo()
