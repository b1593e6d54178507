"""Jobs: work that takes seconds, done beside the requests and told of while it goes on."""

import logging
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Event, Lock
from typing import Generic, Literal, TypeVar

from fastapi import HTTPException

from inklab.errors import InklabError

MOST_WAITING = 4
"""So many jobs of a room wait or run at once; more are answered 429."""
MOST_KEPT = 16
"""Of so many jobs the findings are kept, the newest."""

State = Literal["none", "waiting", "running", "done", "failed"]
Found = TypeVar("Found")


@dataclass(frozen=True)
class Job(Generic[Found]):
    """How a piece of work stands."""

    state: State
    found: Found | None = None
    """What it has found so far."""
    error: str | None = None
    """Why it failed, in one line."""

    @property
    def is_under_way(self) -> bool:
        """Whether it waits or runs."""
        return self.state in {"waiting", "running"}


class Jobs(Generic[Found]):
    """The jobs of a room: one after the other, in a thread of their own, each done once and kept.

    A job is an iterator of what it has found so far; between two findings it can be stopped.

    Args:
        stopping: set when the server shuts down; the jobs then end.
    """

    def __init__(self, stopping: Event) -> None:
        self._stopping = stopping
        self._jobs: dict[Hashable, Job[Found]] = {}
        self._lock = Lock()
        self._worker = ThreadPoolExecutor(1, "job", initializer=_one_thread)

    def job(self, key: Hashable) -> Job[Found]:
        """Return how this job stands; its state is "none" where nobody asked for it."""
        return self._jobs.get(key) or Job("none")

    def start(self, key: Hashable, work: Callable[[], Iterator[Found]]) -> Job[Found]:
        """Let this work be done, unless it was already, or is under way.

        Raises:
            HTTPException: too many wait already.
        """
        with self._lock:
            job = self.job(key)
            if job.is_under_way or job.state == "done":
                return job
            if sum(one.is_under_way for one in self._jobs.values()) >= MOST_WAITING:
                raise HTTPException(429, f"{MOST_WAITING} experiments are under way; wait for one of them")
            self._jobs.pop(key, None)
            self._jobs[key] = Job("waiting")
            ended = [old for old, one in self._jobs.items() if not one.is_under_way]
            for old in ended[: max(0, len(self._jobs) - MOST_KEPT)]:
                del self._jobs[old]
        self._worker.submit(self._do, key, work)
        return self.job(key)

    def _do(self, key: Hashable, work: Callable[[], Iterator[Found]]) -> None:
        job = self._jobs[key] = Job("running")
        try:
            findings = iter(()) if self._stopping.is_set() else work()
            for found in findings:
                job = self._jobs[key] = replace(job, found=found)
                if self._stopping.is_set():
                    break
            if self._stopping.is_set():
                self._jobs[key] = replace(job, state="failed", error="the workbench shuts down")
            else:
                self._jobs[key] = replace(job, state="done")
        except InklabError as error:
            self._jobs[key] = replace(job, state="failed", error=" ".join(str(error).split()))
        except Exception as error:  # nobody waits for what a job raises, so it is told here
            self._jobs[key] = replace(job, state="failed", error=f"{type(error).__name__}; a bug in inklab")
            logging.getLogger(__name__).exception("a job failed")


def _one_thread() -> None:
    """Leave the other cores to whoever draws meanwhile."""
    import torch  # noqa: PLC0415  (takes seconds to load, which the first page does not have)

    torch.set_num_threads(1)
