"""Ensemble members on Ray: in parallel on all cores of this machine, or on the machines of a cluster.

Use `inklab.runs.on_ray`, which configures Ray before it is imported.
"""

import logging
import os
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

import ray
import torch
from ray.exceptions import RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from inklab.data import Dataset
from inklab.errors import InklabError, RunError
from inklab.runs.members import unfinished_members
from inklab.runs.ray_worker import POLL_S, read_files, train_member, write_files
from inklab.runs.run import Run

MAX_ATTEMPTS = 4  # workers that a member may lose without a new checkpoint before its training fails
OBJECT_STORE_BYTES = 256 * 2**20  # of a local Ray: the data (55 MB for MNIST) and a few checkpoints
_REMOTE: Any = ray.remote  # its types know fewer options than it takes


@contextmanager
def ray_connection() -> Iterator[None]:
    """Connect to the cluster that RAY_ADDRESS names, or start a local Ray that ends with the block.

    Raise an InklabError if no cluster answers there, or if Ray does not start on this machine.
    """
    address = os.environ.get("RAY_ADDRESS", "")
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    with ExitStack() as stack:
        if address:
            expected = "a cluster that this machine is part of, or no RAY_ADDRESS, to use this machine alone"
            message = f"no Ray cluster answers at RAY_ADDRESS, {address}; expected host:port of {expected}"
        else:
            message = "Ray does not start here; try again when the machine is less busy, or without --workers"
            # Ray puts Unix sockets into this folder, whose paths must be short.
            folder = TemporaryDirectory(prefix="inklab-", dir="/tmp", ignore_cleanup_errors=True)
            options |= {"include_dashboard": False, "object_store_memory": OBJECT_STORE_BYTES}
            options["_temp_dir"] = stack.enter_context(folder)
        stack.callback(ray.shutdown)
        try:
            if address not in {"", "auto"}:  # connect once: Ray itself would wait for more than ten minutes
                host, _, port = address.rpartition(":")
                socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
            ray.init(address or "local", **options)
        except Exception as error:  # Ray raises many kinds here
            raise InklabError(message) from error
        yield


class RayTraining:
    """Trains the unfinished members as tasks of the connected Ray; iterate over it for lines of output.

    A member takes a GPU if the cluster has any, else as many cores as torch has threads here, so that its
    results equal those without Ray. Members are trained in temporary folders, and their files are sent here
    as they change, so the machines need no shared folder. If a worker is lost, another one resumes from the
    last checkpoint. The run is an ensemble, or a single network that a cluster may train faster than this
    machine. The data are those that the run was started on.
    """

    def __init__(self, run: Run, data: Dataset) -> None:
        self._run, self._data = run, data
        self._is_stopping = False

    def stop(self) -> None:
        """Stop every member after its current step, with a checkpoint; safe in a signal handler.

        A member that has not reported yet is canceled and loses its first steps.
        """
        self._is_stopping = True

    def __iter__(self) -> Iterator[str]:
        """Train the unfinished members until `stop`.

        Raises:
            RunError: another process trains a member, or a member lost its worker too often.
            InklabError: the training of a member failed; the others have been stopped with a checkpoint.
        """
        self._run.check_data(self._data)
        members = unfinished_members(self._run)
        parts = [self._run, *members] if self._run.members else members
        with ExitStack() as locks:
            for part in parts:
                part.path.mkdir(parents=True, exist_ok=True)
                locks.enter_context(part.lock())
            for part in parts:
                part.clear_flags()
            yield from self._train(members)

    def _train(self, members: list[Run]) -> Iterator[str]:
        workers = _Workers(self._data)
        lost: Counter[Path] = Counter()  # workers of a member since its last checkpoint
        failure: BaseException | None = None
        try:
            for member in members:
                workers.start(member)
            while workers.streams:
                for stream in ray.wait([*workers.streams], timeout=POLL_S)[0]:
                    member = workers.streams[stream]
                    try:
                        line, has_files = workers.receive(stream)
                        if has_files:
                            del lost[member.path]
                    except RayTaskError as error:  # the training failed, and would fail again
                        failure, line = failure or self._fail(error.cause), None
                    except RayError as error:  # the worker was killed, or its machine is gone
                        line = f"its worker was lost ({type(error).__name__})"
                        lost[member.path] += 1
                        if lost[member.path] == MAX_ATTEMPTS:
                            advice = "check that the machines have enough memory, then use --resume"
                            too_often = RunError(f"{member.path}: {line} {MAX_ATTEMPTS} times; {advice}")
                            failure = failure or self._fail(too_often)
                        elif not self._is_stopping:
                            workers.start(member)
                            line += "; another worker resumes from the last checkpoint"
                    if line:
                        yield f"member {member.path.name}: {line}" if self._run.members else line
                if self._is_stopping or self._run.is_stop_requested:
                    self.stop()
                    workers.stop()
        finally:
            workers.close()
            self._is_stopping = False  # a new iteration resumes
        if failure:
            raise failure

    def _fail(self, error: BaseException) -> BaseException:
        """Record the failure of a member and stop the others; return the error."""
        self._run.record_failure(error)
        self.stop()
        return error


class _Workers:
    """The Ray tasks, one for each member, and the request to stop that all of them watch."""

    def __init__(self, data: Dataset) -> None:
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        actor = _REMOTE(num_cpus=0, max_concurrency=2, scheduling_strategy=here)
        self._stop_request = actor(Event).remote()  # `wait` returns after `set` was called
        self._stop_requests = [self._stop_request.wait.remote()]
        self._data = ray.put(data)
        self._task = _REMOTE(
            num_returns="streaming",
            max_retries=0,  # Ray would start from the first step instead of the checkpoint
            _generator_backpressure_num_objects=2,  # a worker waits while nobody reads its output
            **_resources(torch.get_num_threads()),
        )(train_member)
        self.streams: dict[Any, Run] = {}
        self._reported, self._canceled = set[Any](), set[Any]()
        self._is_stopping = False

    def start(self, member: Run) -> None:
        """Queue a member, to start or resume when there is room."""
        files = read_files(member.path)
        stream = self._task.remote(member, files, self._data, torch.get_num_threads(), self._stop_requests)
        self.streams[stream] = member

    def receive(self, stream: Any) -> tuple[str | None, bool]:
        """Return the next line of a stream, None at its end, and whether files came with it."""
        member = self.streams.pop(stream)
        try:
            line, files = ray.get(next(stream))
        except StopIteration:
            return None, False
        write_files(files, member.path)
        self._reported.add(stream)
        self.streams[stream] = member  # at the end of the queue, so that each has its turn
        return line, bool(files)

    def stop(self) -> None:
        """Request a stop of the members that have reported, and cancel the others."""
        if not self._is_stopping:
            self._is_stopping = True
            self._stop_request.set.remote()
            self._canceled = self.streams.keys() - self._reported
            for stream in self._canceled:
                ray.cancel(stream)
                del self.streams[stream]  # it may never end: https://github.com/ray-project/ray/issues/62537

    def close(self) -> None:
        for stream in {*self.streams, *self._canceled}:
            ray.cancel(stream, force=True)
        ray.kill(self._stop_request)


def _resources(threads: int) -> dict[str, float]:
    """Return what a member takes of the cluster: a GPU if there are any, else cores."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    if any(node.get("GPU") for node in nodes):
        return {"num_gpus": 1, "num_cpus": 1}
    largest = max(node.get("CPU", 0) for node in nodes)  # a task that needs more would wait forever
    return {"num_cpus": max(1, min(threads, largest))}
