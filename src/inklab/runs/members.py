"""Columns: the networks of a committee, each trained as a run of its own, in turn or many at once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from inklab.data import Dataset
from inklab.errors import RunError
from inklab.runs.run import Run
from inklab.training.loop import Training
from inklab.utils.atomic import PARTIAL_SUFFIX

if TYPE_CHECKING:
    from inklab.runs.ray_members import RayColumns


def unfinished_trainings(run: Run, data: Dataset) -> Iterator[tuple[Run, Training]]:
    """Yield what is left to train of a run: each column of a committee in its turn, or the run itself.

    A column that is finished is left as it is, one that was stopped goes on where it was left. Whoever
    iterates trains the one before asking for the next; if it stops one early, the iteration ends.

        for part, training in trainings(run, data):
            for progress in part.train(training):
                print(part.path, progress)

    Args:
        run: in its folder; its columns' folders are made as they begin.
        data: what the run was started on.

    Raises:
        InklabError: as `Run.create` and `Run.resume` do.
    """
    with run.lock() if run.members else nullcontext():  # between two columns, too
        if run.members:  # one network's own are forgotten under its lock, by `record`
            run.clear_flags()
        for part in unfinished_members(run):
            if not (part.path / "recipe.json").exists():
                Run.create(part.path, part.recipe, data, source=run.source)
            training = part.resume(data)
            yield part, training
            if not training.is_finished:
                return


def unfinished_members(run: Run) -> list[Run]:
    """Return what is left to train of a run: the columns of a committee that are not finished, or itself.

    Raises:
        RunError: the folder of a column holds something, but no recipe.json.
    """
    left = [part for part in run.members or [run] if not part.is_finished]
    for part in left:
        has_recipe = not part.path.exists() or (part.path / "recipe.json").exists()
        if not has_recipe and any(not entry.name.endswith(PARTIAL_SUFFIX) for entry in part.path.iterdir()):
            raise RunError(f"{part.path} has lost its recipe.json; move it away to train this column anew")
    return left


def prepare_ray() -> None:
    """Import Ray, told to report to nobody and to keep to this machine unless RAY_ADDRESS names a cluster.

    Raises:
        ModuleNotFoundError: inklab[scale] is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_worker_niceness", "0")  # a column is as urgent as if it were trained in turn
    if not os.environ.get("RAY_ADDRESS"):  # or it would listen to other machines, and run what they send
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    import ray  # noqa: F401


@contextmanager
def on_ray(run: Run, data: Dataset) -> "Iterator[RayColumns]":
    """Give the columns of a committee to Ray: to be iterated, and perhaps stopped, within the block.

        with on_ray(run, data) as columns:
            for line in columns:
                print(line)

    Args:
        run: a committee, in its folder.
        data: what the run was started on.

    Raises:
        ModuleNotFoundError: inklab[scale] is not installed.
        InklabError: no cluster answers at RAY_ADDRESS.
    """
    prepare_ray()
    from inklab.runs.ray_members import RayColumns, connected

    with connected():
        yield RayColumns(run, data)
