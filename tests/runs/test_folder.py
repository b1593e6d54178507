"""Folders of runs: held by one, and only where their path leads to."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from inklab.errors import RunError
from inklab.runs.folder import is_locked, locked


def test_a_folder_is_held_by_one(tmp_path: Path) -> None:
    with locked(tmp_path):
        assert is_locked(tmp_path)
        with pytest.raises(RunError, match="another process is at work in"), locked(tmp_path):
            pass
    assert not is_locked(tmp_path)


def test_a_folder_that_its_holder_renames_while_another_waits_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "before"
    path.mkdir()
    holder = ExitStack()
    holder.enter_context(locked(path))

    def rename(_seconds: float) -> None:
        path.rename(tmp_path / "after")
        holder.close()

    monkeypatch.setattr("inklab.runs.folder.time.sleep", rename)
    with pytest.raises(RunError, match="is no longer there"), locked(path):
        pass
    assert not is_locked(tmp_path / "after")
