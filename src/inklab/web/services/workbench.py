"""The user's folders: runs by their names, and the artifacts of finished runs."""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING

from inklab.errors import InklabError, RunError
from inklab.web.services.cache import Cache

if TYPE_CHECKING:
    from inklab.recognition import Artifact
    from inklab.runs import Run

SHIPPED = "inklab"
"""The name of the network that is shipped with inklab."""
MAX_RUNS = 500
"""The number of runs that are listed, newest first."""

_NAME = re.compile(r"\w[\w .+=-]{0,99}(/\w[\w .+=-]{0,99}){0,3}", re.ASCII)
_PATTERNS = ("*", "*/*", "*/members/*", "*/*/members/*")


@dataclass(frozen=True, kw_only=True, eq=False)
class Workbench:
    """The folders of the user, with a cache of artifacts.

    Args:
        runs: the folder of the runs; it need not exist yet.
        drawings: the user's own labeled drawings, in folders 0 to 9.
    """

    runs: Path
    drawings: Path
    stopping: Event = field(default_factory=Event, init=False, repr=False)
    """Set when the server shuts down; event streams and jobs then end."""
    starting: Lock = field(default_factory=Lock, init=False, repr=False)
    """Held from the start of a training process until the process has locked the folder of its run."""
    _exported: "Cache[Artifact]" = field(default_factory=lambda: Cache(8), init=False, repr=False)

    def run_path(self, name: str) -> Path:
        """Return the folder of a run, which may lie within another one: `lesson/cnn`."""
        path = self.runs / name
        if not _NAME.fullmatch(name) or not path.resolve().is_relative_to(self.runs.resolve()):
            raise RunError(f"{name[:100]!r} is not the name of a run; expected a name such as lesson/cnn")
        return path

    def run(self, name: str) -> "Run":
        """Return a run by its name."""
        from inklab.runs import Run

        return Run.open(self.run_path(name))

    def name_of(self, run: "Run") -> str:
        """Return the name of a run."""
        return run.path.relative_to(self.runs).as_posix()

    def list_runs(self) -> "list[Run]":
        """Return all runs, also those of lessons and the members of ensembles, newest first.

        Damaged runs and those beyond the first `MAX_RUNS` are omitted.
        """
        from inklab.runs import Run

        paths = [path for pattern in _PATTERNS for path in self.runs.glob(f"{pattern}/recipe.json")]
        runs = []
        for path in sorted(paths, key=_modified, reverse=True)[:MAX_RUNS]:
            try:
                self.run_path(path.parent.relative_to(self.runs).as_posix())
                runs.append(Run.open(path.parent))
            except InklabError:
                continue
        return runs

    def artifact(self, name: str) -> "Artifact":
        """Return the artifact of the shipped network or of a finished run, exported once and cached.

        Only a single network can be shown layer by layer. Of an ensemble, this is the first member; with
        test-time augmentation, it is the network itself.
        """
        if name == SHIPPED:
            return _shipped_artifact()
        run = self.run(name)
        return self._exported.get((name, modification_times(run)), lambda: _export(run))


def modification_times(run: "Run") -> tuple[float, ...]:
    """Return when the recipe and the weights of a run were written; they identify one training of the run."""
    weights = (member.path / "model.safetensors" for member in run.members or [run])
    return tuple(_modified(path) for path in (run.path / "recipe.json", *weights))


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


@cache
def _shipped_artifact() -> "Artifact":
    from inklab.recognition import Recognizer

    return Recognizer().artifact


def _export(run: "Run") -> "Artifact":
    from inklab.export.export import export_network
    from inklab.models import first_network

    return export_network(
        first_network(run.load_model()),
        run.load_data(),
        name=run.recipe.name,
        recipe=run.recipe.to_dict(),
        source=run.source,
    )
