"""Ensemble members: each is trained as a run of its own, one after another or in parallel with Ray."""

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
    from inklab.runs.ray_members import RayTraining


def unfinished_trainings(run: Run, data: Dataset) -> Iterator[tuple[Run, Training]]:
    """Yield the trainings that are not finished: of each ensemble member, or of the run itself.

    A stopped training resumes at its checkpoint. Train each one before asking for the next; the iteration
    ends at the first one that is stopped early.

        for part, training in unfinished_trainings(run, data):
            for progress in part.train(training):
                print(part.path, progress)

    Args:
        run: its members' folders are made as they start.
        data: those that the run was started on.

    Raises:
        InklabError: as `Run.create` and `Run.resume` do.
    """
    with run.lock() if run.members else nullcontext():  # also between two members
        if run.members:  # a single network's flags are cleared by `Run.train`, under its lock
            run.clear_flags()
        for part in unfinished_members(run):
            if not (part.path / "recipe.json").exists():
                Run.create(part.path, part.recipe, data, source=run.source)
            training = part.resume(data)
            yield part, training
            if not training.is_finished:
                return


def unfinished_members(run: Run) -> list[Run]:
    """Return the ensemble members that are not finished, or the run itself if it is a single network.

    Raises:
        RunError: the folder of a member is not empty, but has no recipe.json.
    """
    parts = [part for part in run.members or [run] if not part.is_finished]
    for part in parts:
        has_recipe = not part.path.exists() or (part.path / "recipe.json").exists()
        if not has_recipe and any(not entry.name.endswith(PARTIAL_SUFFIX) for entry in part.path.iterdir()):
            raise RunError(f"{part.path} has lost its recipe.json; move it away to train this member again")
    return parts


def prepare_ray() -> None:
    """Import Ray without telemetry, and restricted to this machine unless RAY_ADDRESS names a cluster.

    Raises:
        ModuleNotFoundError: inklab[scale] is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_worker_niceness", "0")  # a member is as urgent as without Ray
    if not os.environ.get("RAY_ADDRESS"):  # else Ray listens to other machines and runs what they send
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    import ray  # noqa: F401


@contextmanager
def on_ray(run: Run, data: Dataset) -> "Iterator[RayTraining]":
    """Train the unfinished members with Ray: iterate over the training within the block.

        with on_ray(run, data) as training:
            for line in training:
                print(line)

    Args:
        run: an ensemble, or a single network.
        data: those that the run was started on.

    Raises:
        ModuleNotFoundError: inklab[scale] is not installed.
        InklabError: no cluster answers at RAY_ADDRESS.
    """
    prepare_ray()
    from inklab.runs.ray_members import RayTraining, ray_connection

    with ray_connection():
        yield RayTraining(run, data)
