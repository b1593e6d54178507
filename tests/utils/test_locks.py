"""Locks on folders: one holder at a time, and only where the path still leads."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from inklab.errors import RunError
from inklab.utils.locks import is_locked, locked


def test_a_locked_folder_cannot_be_locked_again(tmp_path: Path) -> None:
    with locked(tmp_path):
        assert is_locked(tmp_path)
        with pytest.raises(RunError, match="another process is at work in"), locked(tmp_path):
            pass
    assert not is_locked(tmp_path)


def test_a_folder_that_is_renamed_while_another_waits_for_its_lock_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "before"
    path.mkdir()
    holder = ExitStack()
    holder.enter_context(locked(path))

    def rename(_seconds: float) -> None:
        path.rename(tmp_path / "after")
        holder.close()

    monkeypatch.setattr("inklab.utils.locks.time.sleep", rename)
    with pytest.raises(RunError, match="was renamed or deleted"), locked(path):
        pass
    assert not is_locked(tmp_path / "after")
