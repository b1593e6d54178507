"""Run a command in this process; collect its output and exit code."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from inklab.cli.main import main


@dataclass(frozen=True)
class CommandResult:
    """The output and exit code of a command."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Command = Callable[..., CommandResult]


def command_runner(capsys: pytest.CaptureFixture[str]) -> Command:
    """Return a function that runs a command in this process."""

    def command(*arguments: str) -> CommandResult:
        with pytest.raises(SystemExit) as stop:
            main(list(arguments))
        captured = capsys.readouterr()
        return CommandResult(int(stop.value.code or 0), captured.out, captured.err)

    return command
