"""Background jobs: work that takes seconds, with intermediate results."""

import logging
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Event, Lock
from typing import Generic, Literal, TypeVar

from fastapi import HTTPException

from inklab.errors import InklabError

MAX_UNFINISHED = 4
"""Jobs that may wait or run at once; further ones get status 429."""
MAX_KEPT = 16
"""Jobs whose results are kept, newest first."""

JobState = Literal["none", "waiting", "running", "done", "failed"]
Result = TypeVar("Result")


@dataclass(frozen=True)
class Job(Generic[Result]):
    """The state of a job."""

    state: JobState
    result: Result | None = None
    """The latest result; intermediate while the job runs."""
    error: str | None = None
    """Why the job failed, in one line."""

    @property
    def is_unfinished(self) -> bool:
        """Whether the job waits or runs."""
        return self.state in {"waiting", "running"}


class Jobs(Generic[Result]):
    """A queue of jobs that run one at a time in a thread; each runs once, and its result is kept.

    The work of a job is an iterator of intermediate results; the job can be stopped between two of them.

    Args:
        stopping: set when the server shuts down; the jobs then end.
    """

    def __init__(self, stopping: Event) -> None:
        self._stopping = stopping
        self._jobs: dict[Hashable, Job[Result]] = {}
        self._lock = Lock()
        self._worker = ThreadPoolExecutor(1, "job", initializer=_limit_threads)

    def job(self, key: Hashable) -> Job[Result]:
        """Return a job; its state is "none" if it was never started."""
        return self._jobs.get(key) or Job("none")

    def start(self, key: Hashable, work: Callable[[], Iterator[Result]]) -> Job[Result]:
        """Start a job, unless it is unfinished or done already."""
        with self._lock:
            job = self.job(key)
            if job.is_unfinished or job.state == "done":
                return job
            if sum(each.is_unfinished for each in self._jobs.values()) >= MAX_UNFINISHED:
                raise HTTPException(429, f"{MAX_UNFINISHED} jobs are in progress; wait for one of them")
            self._jobs.pop(key, None)
            self._jobs[key] = Job("waiting")
            finished_keys = [key for key, job in self._jobs.items() if not job.is_unfinished]
            for finished_key in finished_keys[: max(0, len(self._jobs) - MAX_KEPT)]:
                del self._jobs[finished_key]
        self._worker.submit(self._run, key, work)
        return self.job(key)

    def _run(self, key: Hashable, work: Callable[[], Iterator[Result]]) -> None:
        job = self._jobs[key] = Job("running")
        try:
            for result in iter(()) if self._stopping.is_set() else work():
                job = self._jobs[key] = replace(job, result=result)
                if self._stopping.is_set():
                    break
            if self._stopping.is_set():
                self._jobs[key] = replace(job, state="failed", error="the workbench is shutting down")
            else:
                self._jobs[key] = replace(job, state="done")
        except InklabError as error:
            self._jobs[key] = replace(job, state="failed", error=" ".join(str(error).split()))
        except Exception as error:  # nobody waits for the exception of a job, so it is logged here
            self._jobs[key] = replace(job, state="failed", error=f"{type(error).__name__}; a bug in inklab")
            logging.getLogger(__name__).exception("a job failed")


def _limit_threads() -> None:
    """Leave the other cores to the requests."""
    import torch

    torch.set_num_threads(1)
