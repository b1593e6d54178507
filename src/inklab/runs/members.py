"""Ensemble members: each is trained as a run of its own, one after another or in parallel with Ray."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from inklab.data import Dataset
from inklab.errors import RunError
from inklab.runs.run import RECIPE, Run
from inklab.training.loop import Training
from inklab.utils.atomic import PARTIAL_SUFFIX

if TYPE_CHECKING:
    from inklab.runs.ray_members import RayTraining


def unfinished_trainings(run: Run, data: Dataset) -> Iterator[tuple[Run, Training]]:
    """Yield the trainings that are not finished: of each ensemble member, or of the run itself.

    A stopped training resumes at its checkpoint. Train each one before asking for the next; the iteration
    ends at the first one that is stopped early. The data are those that the run was started on.

        for part, training in unfinished_trainings(run, data):
            for progress in part.train(training):
                print(part.path, progress)

    Raises:
        InklabError: as `Run.create` and `Run.resume` do.
    """
    with run.lock() if run.members else nullcontext():  # also between two members
        if run.members:  # a single network's flags are cleared by `Run.train`, under its lock
            run.clear_flags()
        for part in unfinished_members(run):
            if not (part.path / RECIPE).exists():
                Run.create(part.path, part.recipe, data, source=run.source)
            training = part.resume(data)
            yield part, training
            if not training.is_finished:
                return


def unfinished_members(run: Run) -> list[Run]:
    """Return the ensemble members that are not finished, or the run itself if it is a single network.

    Raise a RunError if the folder of a member is not empty, but has no recipe.json.
    """
    parts = [part for part in run.members or [run] if not part.is_finished]
    for part in parts:
        names = [entry.name for entry in part.path.iterdir()] if part.path.exists() else []
        if RECIPE not in names and any(not name.endswith(PARTIAL_SUFFIX) for name in names):
            raise RunError(f"{part.path} has lost its {RECIPE}; move it away to train this member again")
    return parts


def prepare_ray() -> None:
    """Import Ray without telemetry, and restricted to this machine unless RAY_ADDRESS names a cluster.

    Raise a ModuleNotFoundError if inklab[scale] is not installed.
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

    Raises:
        ModuleNotFoundError: inklab[scale] is not installed.
        InklabError: no cluster answers at RAY_ADDRESS.
    """
    prepare_ray()
    from inklab.runs.ray_members import RayTraining, ray_connection

    with ray_connection():
        yield RayTraining(run, data)
