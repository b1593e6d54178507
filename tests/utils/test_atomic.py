"""Files that are whole or not there, and what the machine says of itself."""

import errno
import json
import os
from pathlib import Path

import pytest

from inklab.errors import InklabError
from inklab.utils.atomic import replacing, write_text
from inklab.utils.hardware import Machine, this_machine


def test_a_file_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    for text in ("first", "second, åäö"):
        write_text(path, text)
        assert path.read_text(encoding="utf-8") == text
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(path) as file:
        file.write(b"new")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "one.txt"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InklabError, match=r"^cannot write .*one\.txt: No space left on device; "):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InklabError, match=r"nowhere is no folder; make it first$"):
        write_text(tmp_path / "nowhere" / "one.txt", "new")


def test_this_machine() -> None:
    machine = this_machine()
    assert machine.threads >= 1
    assert machine.processor
    assert {"python", "inklab", "numpy", "torch"} <= set(machine.versions)
    assert Machine.from_dict(json.loads(json.dumps(machine.to_dict()))) == machine
    assert str(Machine("Z80", 1)) == "Z80, 1 thread"
    assert str(Machine("Z80", 2, ("avx2",))) == "Z80 (avx2), 2 threads"
