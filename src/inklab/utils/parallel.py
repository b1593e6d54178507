"""Parallel work: map a stream of items on all cores, in order, with bounded memory."""

import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from functools import cache, partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from inklab.errors import InklabError
from inklab.utils.hardware import cores

T = TypeVar("T")
R = TypeVar("R")

CHUNK_SIZE = 32  # items that a worker takes at a time
MIN_ITEMS_FOR_PROCESSES = 2000  # pictures, from which processes save more time than their start costs


def map_chunks(task: Callable[[list[T]], list[R]], items: Iterable[T], *, processes: int = 0) -> Iterator[R]:
    """Yield the result of each item, in the order of the items, which are taken a few chunks ahead.

    Args:
        task: maps a chunk of items to as many results.
        items: any number of items.
        processes: the number of worker processes; 0 uses the threads of this process. Each process loads
            the task once. The task and the items must be picklable, and a script needs a `__main__` guard.

    Raises:
        InklabError: a worker process died.
    """
    source = iter(items)
    pending: deque[Future[list[R]]] = deque()
    pool: Executor
    with ExitStack() as stack:
        if processes:
            # The task is passed in a file. A pipe holds 64 kB, so a large initial argument would start each
            # process only after the previous process has read its own.
            path = Path(stack.enter_context(TemporaryDirectory(prefix="inklab-")), "task")
            path.write_bytes(pickle.dumps(task))
            task = partial(_run_task, path)
            # Spawned, not forked: a fork copies locks that other threads hold, and nobody releases them.
            pool = ProcessPoolExecutor(processes, get_context("spawn"))
        else:
            pool = ThreadPoolExecutor(cores())
        stack.callback(pool.shutdown, cancel_futures=True)
        try:
            while chunk := list(islice(source, CHUNK_SIZE)):
                pending.append(pool.submit(task, chunk))
                if len(pending) > 2 * (processes or cores()):
                    yield from pending.popleft().result()
            while pending:
                yield from pending.popleft().result()
        except BrokenProcessPool:
            advice = 'check the free memory; a script also needs `if __name__ == "__main__":`'
            raise InklabError(f"a worker process died; {advice}") from None


def _run_task(path: Path, chunk: list[Any]) -> list[Any]:
    return _load_task(path)(chunk)


@cache  # once per worker process
def _load_task(path: Path) -> Callable[[list[Any]], list[Any]]:
    return pickle.loads(path.read_bytes())  # type: ignore[no-any-return]  # noqa: S301  (our own file)
