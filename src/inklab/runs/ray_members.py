"""The columns of a committee on Ray: on all cores of this machine, or on the machines of a cluster.

Import it by `inklab.training.on_ray`, which tells Ray, before it is loaded, to keep to itself.
"""

import logging
import os
import shutil
import socket
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any

import ray
import torch
from ray import ObjectRef
from ray.exceptions import RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from inklab.data import Dataset
from inklab.errors import InklabError, RunError
from inklab.runs.members import unfinished_members
from inklab.runs.run import Run
from inklab.training.loop import Training
from inklab.utils.atomic import write_bytes

ATTEMPTS = 4
"""How often a column is given to a worker, without a new checkpoint coming back, before it is given up."""
OBJECT_STORE_BYTES = 256 * 2**20
"""What a Ray of our own shares between its processes: the data, 55 MB of MNIST, and a few checkpoints."""
POLL_S = 0.2
"""How soon a request to stop is noticed."""
_CHECKPOINT, _WEIGHTS = "checkpoint/state.safetensors", "model.safetensors"
_FILES = ("recipe.json", "metrics.jsonl", _CHECKPOINT, _WEIGHTS)
"""What of a run travels between machines, in the order in which it is written."""


@contextmanager
def connected() -> Iterator[None]:
    """Be connected to the cluster that RAY_ADDRESS names, or to a Ray of our own that ends with the block.

    Raises:
        InklabError: no cluster answers at RAY_ADDRESS, or this machine cannot start a Ray.
    """
    address = os.environ.get("RAY_ADDRESS", "")
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    with ExitStack() as stack:
        if address:
            trouble = f"no Ray cluster answers at RAY_ADDRESS, {address}"
            advice = (
                "expected host:port of one that this machine is part of, or none to use this machine alone"
            )
        else:
            trouble = "Ray does not start on this machine"
            advice = "try again when it is less busy, or without --workers"
            # Sockets lie in it, whose paths must be short.
            files = TemporaryDirectory(prefix="inklab-", dir="/tmp", ignore_cleanup_errors=True)
            options |= {"include_dashboard": False, "object_store_memory": OBJECT_STORE_BYTES}
            options["_temp_dir"] = stack.enter_context(files)
        stack.callback(ray.shutdown)
        try:
            if address not in {"", "auto"}:
                _knock_at(address)
            ray.init(address or "local", **options)
        except Exception as error:  # Ray has no kind of its own for it
            raise InklabError(f"{trouble}; {advice}") from error
        yield


def _knock_at(address: str) -> None:
    """Make sure that somebody listens there: Ray would wait ten minutes and more, and not in silence."""
    host, _, port = address.rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()


class RayColumns:
    """The columns of a committee, many at a time, as tasks of the Ray that this process is connected to.

    Iterate, and it trains and yields lines that tell of it. A column takes a GPU where the cluster has any,
    else as many cores as torch has threads here, so that its bits are those of training in turn.

    The machines need share no folder: a column is trained in a temporary one, and its files are sent here as
    they change. When its worker is lost, another goes on from its last checkpoint. A column that is finished
    is left as it is.

    Args:
        run: a committee, in its folder; or one network, which a cluster may train faster than this machine.
        data: what the run was started on; every machine is sent it once.
    """

    def __init__(self, run: Run, data: Dataset) -> None:
        self._run = run
        self._data = data
        self._stopping = False

    def stop(self) -> None:
        """Make every column stop after its step, with a checkpoint; safe in a signal handler.

        One that has told nothing yet is dropped instead, with the few steps that it may have taken.
        """
        self._stopping = True

    def __iter__(self) -> Iterator[str]:
        """Train what is not finished of the columns, until `stop`.

        Raises:
            RunError: another process trains one of the columns, or one of them lost its worker too often.
            InklabError: training one of them failed. In either case the others have stopped in good order.
        """
        self._run.check(self._data)
        columns = unfinished_members(self._run)
        parts = [self._run, *columns] if self._run.members else columns
        with ExitStack() as held:
            for part in parts:
                part.path.mkdir(parents=True, exist_ok=True)
                held.enter_context(part.lock())
            for part in parts:
                part.clear_flags()
            yield from self._train(columns)

    def _train(self, columns: list[Run]) -> Iterator[str]:
        workers = _Workers(self._data)
        lost: Counter[Path] = Counter()
        failure: BaseException | None = None
        try:
            for column in columns:
                workers.begin(column)
            while workers.streams:
                for stream, column in workers.ready():
                    try:
                        line, went_on = workers.receive(stream)
                        if went_on:
                            del lost[column.path]
                    except RayTaskError as error:  # the training raised it, and would again
                        failure, line = failure or self._given_up(error.cause), None
                    except RayError as error:  # the worker was killed, or its machine has gone
                        line = f"its worker was lost ({type(error).__name__})"
                        lost[column.path] += 1
                        if lost[column.path] == ATTEMPTS:
                            advice = "see whether the machines have memory enough, then go on with --resume"
                            lost_often = RunError(f"{column.path}: {line} {ATTEMPTS} times; {advice}")
                            failure = failure or self._given_up(lost_often)
                        elif not self._stopping:
                            workers.begin(column)
                            line += ", another goes on from the last checkpoint that was sent"
                    if line:
                        yield f"column {column.path.name}: {line}" if self._run.members else line
                if self._stopping or self._run.is_stop_requested:
                    self.stop()
                    workers.stop()
        finally:
            workers.close()
            self._stopping = False  # whoever iterates again goes on
        if failure:
            raise failure

    def _given_up(self, error: BaseException) -> BaseException:
        """Return why a column cannot go on, noted in the run's folder; the others shall stop."""
        self._run.record_failure(error)
        self.stop()
        return error


class _Workers:
    """The tasks on Ray, one a column, and the request to stop that all of them watch."""

    def __init__(self, data: Dataset) -> None:
        remote: Any = ray.remote  # its types know fewer options than it takes
        self._request = _stop_request()
        self._asked = [self._request.wait.remote()]
        self._data = ray.put(data)
        self._task = remote(
            num_returns="streaming",
            max_retries=0,  # Ray would begin anew, not go on
            _generator_backpressure_num_objects=2,  # a worker waits while nobody reads
            **_needs(torch.get_num_threads()),
        )(_train_column)
        self.streams: dict[Any, Run] = {}
        self._at_work: set[Any] = set()
        self._cancelled: set[Any] = set()
        self._is_stopping = False

    def begin(self, column: Run) -> None:
        """Put a column behind the others, to begin or go on when there is room."""
        files = _read(column.path)
        stream = self._task.remote(column, files, self._data, torch.get_num_threads(), self._asked)
        self.streams[stream] = column

    def ready(self) -> list[tuple[Any, Run]]:
        """Return the streams that have something to say, or have ended, as soon as there is one."""
        return [(stream, self.streams[stream]) for stream in ray.wait([*self.streams], timeout=POLL_S)[0]]

    def receive(self, stream: Any) -> tuple[str | None, bool]:
        """Return the next line of a stream, None if it has ended, and whether files came with it."""
        column = self.streams.pop(stream)
        said: tuple[str, dict[str, bytes]]
        try:
            said = ray.get(next(stream))
        except StopIteration:
            return None, False
        line, files = said
        _write(files, column.path)
        self._at_work.add(stream)
        self.streams[stream] = column  # behind the others, for each to have its turn
        return line, bool(files)

    def stop(self) -> None:
        """Ask those at work to stop, and cancel those that have told nothing yet."""
        if not self._is_stopping:
            self._is_stopping = True
            self._request.ask.remote()
            self._cancelled = self.streams.keys() - self._at_work
            for stream in self._cancelled:
                ray.cancel(stream)
                del self.streams[stream]  # it may never end: https://github.com/ray-project/ray/issues/62537

    def close(self) -> None:
        """End what is left."""
        for stream in {*self.streams, *self._cancelled}:
            ray.cancel(stream, force=True)
        ray.kill(self._request)


def _stop_request() -> Any:
    """Return an actor of this machine that holds the request to stop: `wait` returns after `ask` came."""

    class Request:  # being local it is sent by value: its process has not to load torch to know it
        def __init__(self) -> None:
            self._asked = Event()

        def wait(self) -> None:
            self._asked.wait()

        def ask(self) -> None:
            self._asked.set()

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    remote: Any = ray.remote  # its types know fewer options than it takes
    return remote(num_cpus=0, max_concurrency=2, scheduling_strategy=here)(Request).remote()


def _needs(threads: int) -> dict[str, float]:
    """Return what of the cluster a column takes: a GPU where there are any, else cores."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    if any(node.get("GPU") for node in nodes):
        return {"num_gpus": 1, "num_cpus": 1}
    most = max(node.get("CPU", 0) for node in nodes)  # more than one machine has would wait forever
    return {"num_cpus": max(1, min(threads, most))}


def _train_column(
    column: Run, files: Mapping[str, bytes], data: Dataset, threads: int, asked: list[ObjectRef[None]]
) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Train a column on the machine where this runs; yield lines, with the files that have changed."""
    os.environ["OMP_NUM_THREADS"] = str(threads)  # for recipe.json to say so
    torch.set_num_threads(threads)
    yield f"on {socket.gethostname()}, process {os.getpid()}", {}
    with TemporaryDirectory(prefix="inklab-") as folder:
        here = replace(column, path=Path(folder))
        try:
            yield from _trained(here, files, data, asked)
        except InklabError as error:  # it speaks of a folder that nobody will find
            raise type(error)(str(error).replace(folder, str(column.path))) from None


def _trained(
    here: Run, files: Mapping[str, bytes], data: Dataset, asked: list[ObjectRef[None]]
) -> Iterator[tuple[str, dict[str, bytes]]]:
    if files:
        _write(files, here.path)
    else:
        Run.create(here.path, here.recipe, data, source=here.source)
    training = here.resume(data)
    sent = _checkpoint_time(here)
    with _stopping_when(asked, training):
        for progress in here.train(training):
            saved = _checkpoint_time(here)
            yield str(progress), _read(here.path) if saved != sent else {}
            sent = saved
    yield ("finished" if training.is_finished else f"stopped at step {training.step}"), _read(here.path)


@contextmanager
def _stopping_when(asked: list[ObjectRef[None]], training: Training) -> Iterator[None]:
    """Let the training stop during the block when it is asked to."""
    ended = Event()

    def watch() -> None:
        while not ended.is_set():
            if ray.wait(asked, timeout=POLL_S)[0]:
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
    path = run.path / _CHECKPOINT
    return path.stat().st_mtime_ns if path.exists() else 0


def _read(folder: Path) -> dict[str, bytes]:
    """Return what there is in the folder of a run that another machine needs, to go on or to answer."""
    return {name: (folder / name).read_bytes() for name in _FILES if (folder / name).exists()}


def _write(files: Mapping[str, bytes], folder: Path) -> None:
    """Write what `_read` returned elsewhere, each file whole or not at all, the weights last."""
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        write_bytes(folder / name, content)
    if _WEIGHTS in files:
        shutil.rmtree(folder / "checkpoint", ignore_errors=True)
