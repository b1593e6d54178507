"""Run folders: the files through which a training process and everything that shows it communicate."""

from inklab.runs.folder import delete_run, rename_run, unique_path
from inklab.runs.members import on_ray, prepare_ray, unfinished_trainings
from inklab.runs.run import Run
from inklab.runs.snapshot import Snapshot, read_snapshot, request_snapshots

__all__ = [
    "Run",
    "Snapshot",
    "delete_run",
    "on_ray",
    "prepare_ray",
    "read_snapshot",
    "rename_run",
    "request_snapshots",
    "unfinished_trainings",
    "unique_path",
]
