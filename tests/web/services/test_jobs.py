"""Background jobs: one at a time, each once, never too many, with intermediate results."""

import time
from collections.abc import Callable, Iterator
from threading import Event

import pytest
from fastapi import HTTPException
from web_visits import TIMEOUT_S

from inklab.errors import DataError
from inklab.web.services import jobs as module
from inklab.web.services.jobs import Jobs


@pytest.fixture
def jobs() -> Jobs[int]:
    return Jobs(Event())


def wait(is_reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not is_reached() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert is_reached()


def test_a_job_has_intermediate_results_and_runs_once(jobs: Jobs[int]) -> None:
    proceed, started = Event(), []

    def work() -> Iterator[int]:
        started.append(1)
        yield 1
        proceed.wait(TIMEOUT_S)
        yield 2

    assert jobs.job("a").state == "none"
    jobs.start("a", work)
    wait(lambda: jobs.job("a").result == 1)
    assert jobs.start("a", work).state == "running"
    proceed.set()
    wait(lambda: jobs.job("a").state == "done")
    assert (jobs.start("a", work).result, started) == (2, [1])


def test_too_many_jobs_are_refused_and_the_oldest_results_are_dropped(
    jobs: Jobs[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_KEPT", 3)
    proceed = Event()

    def work() -> Iterator[int]:
        proceed.wait(TIMEOUT_S)
        yield 0

    for key in range(4):
        jobs.start(key, work)
    with pytest.raises(HTTPException) as refusal:
        jobs.start(4, work)
    assert refusal.value.status_code == 429
    proceed.set()
    wait(lambda: all(jobs.job(key).state == "done" for key in range(4)))
    jobs.start(5, work)
    wait(lambda: jobs.job(5).state == "done")
    assert [jobs.job(key).state for key in range(6)] == ["none", "none", "done", "done", "none", "done"]


def test_a_failed_job_has_its_error_and_can_start_again(jobs: Jobs[int]) -> None:
    def work() -> Iterator[int]:
        raise DataError("the images are gone;\nput them back")

    jobs.start("a", work)
    wait(lambda: jobs.job("a").state == "failed")
    assert jobs.job("a").error == "the images are gone; put them back"
    jobs.start("a", lambda: iter([3]))
    wait(lambda: jobs.job("a").result == 3)


def test_a_bug_in_a_job_is_logged(jobs: Jobs[int], caplog: pytest.LogCaptureFixture) -> None:
    def work() -> Iterator[int]:
        raise ZeroDivisionError

    jobs.start("a", work)
    wait(lambda: "ZeroDivisionError" in caplog.text)  # the text is written after the record is there
    assert jobs.job("a").error == "ZeroDivisionError; a bug in inklab"


def test_a_shutdown_ends_a_job_between_two_results() -> None:
    stopping = Event()
    jobs: Jobs[int] = Jobs(stopping)

    def endless() -> Iterator[int]:
        while True:
            yield 1

    jobs.start("a", endless)
    wait(lambda: jobs.job("a").result == 1)
    stopping.set()
    wait(lambda: jobs.job("a").error == "the workbench is shutting down")


def test_after_a_shutdown_waiting_jobs_do_not_start() -> None:
    stopping, proceed, started = Event(), Event(), []
    jobs: Jobs[int] = Jobs(stopping)

    def work() -> Iterator[int]:
        started.append(1)
        proceed.wait(TIMEOUT_S)
        yield 0

    for key in range(3):
        jobs.start(key, work)
    wait(lambda: started == [1])
    stopping.set()
    proceed.set()
    wait(lambda: all(jobs.job(key).error == "the workbench is shutting down" for key in range(3)))
    assert started == [1]
