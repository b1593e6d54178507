"""The Ray worker: train one ensemble member in a temporary folder and send its files back."""

import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import ray
import torch
from ray import ObjectRef

from inklab.data import Dataset
from inklab.errors import InklabError
from inklab.runs.run import CHECKPOINT, METRICS, RECIPE, WEIGHTS, Run
from inklab.training.loop import Training
from inklab.utils.atomic import write_bytes

POLL_S = 0.2  # seconds between two looks for a request to stop
_FILES = (RECIPE, METRICS, CHECKPOINT, WEIGHTS)  # sent between machines, and written in this order


def train_member(
    member: Run, files: Mapping[str, bytes], data: Dataset, threads: int, stop_requests: list[ObjectRef[None]]
) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Train a member on this machine; yield lines of output, each with the files that have changed.

    Args:
        member: its path is on the machine that asked.
        files: what `read_files` returned there; empty for a new member.
        data: those that the ensemble was started on.
        threads: of torch; sums, and so results, depend on them.
        stop_requests: one reference, which is ready once a stop is requested.
    """
    os.environ["OMP_NUM_THREADS"] = str(threads)  # recorded in recipe.json
    torch.set_num_threads(threads)
    yield f"on {socket.gethostname()}, process {os.getpid()}", {}
    with TemporaryDirectory(prefix="inklab-") as folder:
        run = replace(member, path=Path(folder))
        try:
            if files:
                write_files(files, run.path)
            else:
                Run.create(run.path, run.recipe, data, source=run.source)
            training = run.resume(data)
            sent = _checkpoint_time(run)
            with _stop_on_request(stop_requests, training):
                for progress in run.train(training):
                    saved = _checkpoint_time(run)
                    yield str(progress), read_files(run.path) if saved != sent else {}
                    sent = saved
            end = "finished" if training.is_finished else f"stopped at step {training.step}"
            yield end, read_files(run.path)
        except InklabError as error:  # its message names a temporary folder that will not exist
            raise type(error)(str(error).replace(folder, str(member.path))) from None


def read_files(folder: Path) -> dict[str, bytes]:
    """Return the files of a run folder that another machine needs to resume or use the run."""
    return {name: (folder / name).read_bytes() for name in _FILES if (folder / name).exists()}


def write_files(files: Mapping[str, bytes], folder: Path) -> None:
    """Write what `read_files` returned on another machine, each file atomically, the weights last."""
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        write_bytes(folder / name, content)
    if WEIGHTS in files:
        shutil.rmtree(folder / "checkpoint", ignore_errors=True)


@contextmanager
def _stop_on_request(stop_requests: list[ObjectRef[None]], training: Training) -> Iterator[None]:
    """Stop the training when a stop is requested during the block."""
    ended = Event()

    def watch() -> None:
        while not ended.is_set():
            if ray.wait(stop_requests, timeout=POLL_S)[0]:
                training.stop()
                return

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def _checkpoint_time(run: Run) -> int:
    path = run.path / CHECKPOINT
    return path.stat().st_mtime_ns if path.exists() else 0
