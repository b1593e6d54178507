"""Workers: a stream of items on all cores, its results in order, in memory that does not grow."""

import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from inklab.errors import InklabError
from inklab.utils.hardware import cores

T = TypeVar("T")
R = TypeVar("R")

CHUNK = 32
"""How many items a worker takes at a time."""
MANY = 2000
"""From so many pictures on, processes of their own pay for their start."""


def in_chunks(task: Callable[[list[T]], list[R]], items: Iterable[T], *, processes: int = 0) -> Iterator[R]:
    """Yield what a task makes of each item, in their order; items are taken a few chunks ahead.

    Args:
        task: from a chunk of items to as many results.
        items: any number of them.
        processes: how many work; with 0 the threads of this process do. To a process the task is sent once,
            and what it and the items are has to be picklable; a script needs its `__main__` guard.

    Raises:
        InklabError: a process died.
    """
    ahead = 2 * (processes or cores())
    source = iter(items)
    running: deque[Future[list[R]]] = deque()
    with ExitStack() as stack:
        pool, work = _pool(task, processes, stack)
        stack.callback(pool.shutdown, cancel_futures=True)
        try:
            while chunk := list(islice(source, CHUNK)):
                running.append(pool.submit(work, chunk))
                if len(running) > ahead:
                    yield from running.popleft().result()
            while running:
                yield from running.popleft().result()
        except BrokenProcessPool:
            advice = 'is memory short? a script also needs its `if __name__ == "__main__":`'
            raise InklabError(f"a reading process died; {advice}") from None


def _pool(
    task: Callable[[list[T]], list[R]], processes: int, stack: ExitStack
) -> tuple[Executor, Callable[[list[T]], list[R]]]:
    """Return what works, and what it is to do with a chunk."""
    if not processes:
        return ThreadPoolExecutor(cores()), task
    # The task lies in a file, not in what a process is started with: a pipe holds 64 kB, and each process
    # would be started only when the one before it has read an artifact from its own.
    path = Path(stack.enter_context(TemporaryDirectory(prefix="inklab-")), "task")
    path.write_bytes(pickle.dumps(task))
    # Spawned, not forked: a fork of a process with threads may find their locks held by nobody.
    return ProcessPoolExecutor(processes, get_context("spawn"), _begin, (path,)), _work


_task_here: list[Callable[[list[Any]], list[Any]]] = []
"""In a worker process: what it does with every chunk."""


def _begin(path: Path) -> None:
    _task_here.append(pickle.loads(path.read_bytes()))  # noqa: S301  (our own, in a folder that only we see)


def _work(chunk: list[Any]) -> list[Any]:
    return _task_here[0](chunk)
