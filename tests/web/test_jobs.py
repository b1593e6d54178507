"""Jobs: one after the other, each once, never too many, and told of while they go on."""

import time
from collections.abc import Callable, Iterator
from threading import Event

import pytest
from fastapi import HTTPException
from web_visits import PATIENCE_S

from inklab.errors import DataError
from inklab.web import jobs as module
from inklab.web.jobs import Jobs


@pytest.fixture
def jobs() -> Jobs[int]:
    return Jobs(Event())


def wait(reached: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not reached() and time.monotonic() < until:
        time.sleep(0.01)
    assert reached()


def test_a_job_tells_what_it_has_found_so_far_and_is_done_once(jobs: Jobs[int]) -> None:
    go_on, begun = Event(), []

    def work() -> Iterator[int]:
        begun.append(1)
        yield 1
        go_on.wait(PATIENCE_S)
        yield 2

    assert jobs.job("a").state == "none"
    jobs.start("a", work)
    wait(lambda: jobs.job("a").found == 1)
    assert jobs.start("a", work).state == "running"
    go_on.set()
    wait(lambda: jobs.job("a").state == "done")
    assert (jobs.start("a", work).found, begun) == (2, [1])


def test_too_many_are_refused_and_the_oldest_findings_are_dropped(
    jobs: Jobs[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 3)
    go_on = Event()

    def work() -> Iterator[int]:
        go_on.wait(PATIENCE_S)
        yield 0

    for key in range(4):
        jobs.start(key, work)
    with pytest.raises(HTTPException) as refusal:
        jobs.start(4, work)
    assert refusal.value.status_code == 429
    go_on.set()
    wait(lambda: all(jobs.job(key).state == "done" for key in range(4)))
    jobs.start(5, work)
    wait(lambda: jobs.job(5).state == "done")
    assert [jobs.job(key).state for key in range(6)] == ["none", "none", "done", "done", "none", "done"]


def test_one_that_fails_says_why_and_may_be_tried_again(jobs: Jobs[int]) -> None:
    def work() -> Iterator[int]:
        raise DataError("the digits are gone;\nput them back")

    jobs.start("a", work)
    wait(lambda: jobs.job("a").state == "failed")
    assert jobs.job("a").error == "the digits are gone; put them back"
    jobs.start("a", lambda: iter([3]))
    wait(lambda: jobs.job("a").found == 3)


def test_a_bug_in_a_job_is_told_of_where_the_server_runs(
    jobs: Jobs[int], caplog: pytest.LogCaptureFixture
) -> None:
    def work() -> Iterator[int]:
        raise ZeroDivisionError

    jobs.start("a", work)
    wait(lambda: "ZeroDivisionError" in caplog.text)  # the text is written after the record is there
    assert jobs.job("a").error == "ZeroDivisionError; a bug in inklab"


def test_shutting_down_ends_a_job_between_two_findings() -> None:
    stopping = Event()
    jobs: Jobs[int] = Jobs(stopping)

    def endless() -> Iterator[int]:
        while True:
            yield 1

    jobs.start("a", endless)
    wait(lambda: jobs.job("a").found == 1)
    stopping.set()
    wait(lambda: jobs.job("a").error == "the workbench shuts down")


def test_what_waits_when_the_workbench_shuts_down_is_not_begun() -> None:
    stopping, go_on, begun = Event(), Event(), []
    jobs: Jobs[int] = Jobs(stopping)

    def work() -> Iterator[int]:
        begun.append(1)
        go_on.wait(PATIENCE_S)
        yield 0

    for key in range(3):
        jobs.start(key, work)
    wait(lambda: begun == [1])
    stopping.set()
    go_on.set()
    wait(lambda: all(jobs.job(key).error == "the workbench shuts down" for key in range(3)))
    assert begun == [1]
