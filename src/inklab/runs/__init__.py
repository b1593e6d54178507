"""The folder of a training: everything that a training process shares with the code that shows or uses it."""

from inklab.runs.folder import next_free
from inklab.runs.manage import delete_run, rename_run
from inklab.runs.members import on_ray, prepare_ray, trainings
from inklab.runs.run import Run
from inklab.runs.snapshot import Snapshot, read_snapshot, watch

__all__ = [
    "Run",
    "Snapshot",
    "delete_run",
    "next_free",
    "on_ray",
    "prepare_ray",
    "read_snapshot",
    "rename_run",
    "trainings",
    "watch",
]
