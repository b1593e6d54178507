"""Workbench: what the rooms of the web page share."""

import re
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from inklab.errors import InklabError, RunError

if TYPE_CHECKING:  # loading torch takes seconds, which the first page does not have
    from inklab.recognition import Artifact
    from inklab.runs import Run

SHIPPED = "inklab"
"""What the network that comes with inklab is called among those of runs."""
MOST_RUNS = 500
"""So many runs are listed, the newest first."""

_NAME = re.compile(r"\w[\w .+=-]{0,99}(/\w[\w .+=-]{0,99}){0,3}", re.ASCII)
_PATTERNS = ("*", "*/*", "*/members/*", "*/*/members/*")
Value = TypeVar("Value")


class Cache(Generic[Value]):
    """The last few values that were made, by name; each is made once, by whoever asks first.

    Args:
        most: how many are kept; the one that was asked for first goes first.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: dict[object, Future[Value]] = {}
        self._lock = Lock()

    def get(self, key: object, make: Callable[[], Value]) -> Value:
        """Return the value of this key; who asks for the same one waits while it is made, and nobody else."""
        with self._lock:
            value = self._values.get(key)
            is_asked_first = value is None
            if value is None:
                value = self._values[key] = Future()
                while len(self._values) > self._most:
                    del self._values[next(iter(self._values))]
        if is_asked_first:
            try:
                value.set_result(make())
            except BaseException as error:
                with self._lock:
                    self._values.pop(key, None)
                value.set_exception(error)
        return value.result()


@dataclass(frozen=True, kw_only=True, eq=False)
class Workbench:
    """The folders of the user, and what has been read of them.

    Args:
        runs: the folder with the runs; it need not exist yet.
        drawings: the user's own labelled drawings, in folders 0 to 9.
    """

    runs: Path
    drawings: Path
    stopping: Event = field(default_factory=Event, init=False, repr=False)
    """Set when the server shuts down: whatever streams then ends, for it is waited for."""
    starting: Lock = field(default_factory=Lock, init=False, repr=False)
    """Held from the start of a training's process until that holds its folder."""
    _shipped: "Cache[Artifact]" = field(default_factory=lambda: Cache(1), init=False, repr=False)
    _exported: "Cache[Artifact]" = field(default_factory=lambda: Cache(8), init=False, repr=False)

    def folder(self, name: str) -> Path:
        """Return the folder of a run by its name, which may be that of a run within a run: `lesson/cnn`.

        Raises:
            RunError: the name is none that a run can have, or its folder lies elsewhere.
        """
        path = self.runs / name
        if not _NAME.fullmatch(name) or not path.resolve().is_relative_to(self.runs.resolve()):
            raise RunError(f"{name[:100]!r} is no name of a run; expected one like lesson/cnn")
        return path

    def run(self, name: str) -> "Run":
        """Return a run by its name.

        Raises:
            InklabError: there is none, its name leaves the folder of runs, or it is damaged.
        """
        from inklab.runs import Run

        return Run.open(self.folder(name))

    def name_of(self, run: "Run") -> str:
        """Return the name by which `run` finds this run."""
        return run.path.relative_to(self.runs).as_posix()

    def runs_found(self) -> "list[Run]":
        """Return the runs, those within others too (a lesson's two, a committee's columns), the newest first.

        What cannot be opened is left out, and what is beyond the first `MOST_RUNS`.
        """
        from inklab.runs import Run

        recipes = [path for pattern in _PATTERNS for path in self.runs.glob(f"{pattern}/recipe.json")]
        found = []
        for recipe in sorted(recipes, key=_changed, reverse=True)[:MOST_RUNS]:
            try:
                self.folder(recipe.parent.relative_to(self.runs).as_posix())
                found.append(Run.open(recipe.parent))
            except InklabError:
                continue
        return found

    def artifact(self, name: str) -> "Artifact":
        """Return the artifact of the shipped network, or of a finished run, made once and kept.

        Of a committee or a network with views it is the first column, or the network behind the views:
        what can be looked into layer by layer.

        Raises:
            InklabError: there is no such run, it is not finished, or its data are gone.
        """
        if name == SHIPPED:
            return self._shipped.get(name, _shipped)
        run = self.run(name)
        return self._exported.get((name, age_of(run)), lambda: _exported(run))


def age_of(run: "Run") -> tuple[float, ...]:
    """Return when a run's recipe and weights were written, by which one trained anew is told from the old."""
    weights = (part.path / "model.safetensors" for part in run.members or [run])
    return tuple(_changed(path) for path in (run.path / "recipe.json", *weights))


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _shipped() -> "Artifact":
    from inklab.recognition import Recognizer

    return Recognizer().artifact


def _exported(run: "Run") -> "Artifact":
    from inklab.export.export import export_network
    from inklab.models import first_network

    model = first_network(run.load_model())
    recipe = run.recipe
    return export_network(
        model, run.load_data(), name=recipe.name, recipe=recipe.to_dict(), source=run.source
    )
