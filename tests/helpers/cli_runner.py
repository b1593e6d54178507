"""A command as a person meets it: what it says on both streams, and its exit code."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from inklab.cli.main import main


@dataclass(frozen=True)
class Said:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Command = Callable[..., Said]


def listening(capsys: pytest.CaptureFixture[str]) -> Command:
    """Return what runs a command in this process and hears what it says."""

    def command(*arguments: str) -> Said:
        with pytest.raises(SystemExit) as stop:
            main(list(arguments))
        captured = capsys.readouterr()
        return Said(int(stop.value.code or 0), captured.out, captured.err)

    return command
