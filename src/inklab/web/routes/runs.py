"""Start, list, pause, resume, rename, and delete runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query
from pydantic import Field

from inklab.errors import InklabError, RecipeError, RunError
from inklab.web.schemas import Schema
from inklab.web.services.drawings import Drawings
from inklab.web.services.new_run import RunRequest, requested_recipe, requested_source
from inklab.web.services.run_events import MAX_REPORTS
from inklab.web.services.run_status import (
    RunDetails,
    RunStatus,
    expect_no_start,
    expect_not_member,
    run_details,
    run_status,
)
from inklab.web.services.training_process import start_training, stop_training
from inklab.web.services.workbench import Workbench

RunName = Annotated[str, Path(max_length=300, description="a name from `/api/runs`; it may contain slashes")]
_ACTIONS = ("events", "metrics", "pause", "resume")


class RunMetrics(Schema):
    """Reports of a run."""

    reports: list[dict[str, float]]
    next: int
    """The value of `start` for the next request."""


class NewName(Schema):
    """A new name for a run."""

    name: str = Field(min_length=1, max_length=100)
    """Without the folder of the run."""


def router(workbench: Workbench) -> APIRouter:
    """Return the routes for runs; those of actions come first, because a name may contain slashes."""
    routes = APIRouter(prefix="/runs", tags=["runs"])

    @routes.get("", summary="List the runs, newest first")
    def runs() -> list[RunStatus]:
        return [run_status(workbench, run) for run in workbench.list_runs()]

    @routes.post("", summary="Start a run in a process of its own")
    def start(request: RunRequest) -> RunStatus:
        from inklab.data.load import load_data
        from inklab.runs import Run, delete_run, unique_path

        recipe = requested_recipe(request)
        with _only_training(workbench):
            if "/" in request.name:
                raise RecipeError(f"name is {request.name!r}; expected a name without /")
            path = (
                workbench.run_path(request.name)
                if request.name
                else unique_path(workbench.runs, request.recipe)
            )
            source = requested_source(request, Drawings(workbench.drawings))
            run = Run.create(path, recipe, load_data(source), source=source)
            try:
                start_training(run)
            except InklabError:
                delete_run(run)
                raise
        return run_status(workbench, run)

    @routes.get("/{name:path}/metrics", summary="Return the reports of a run")
    def metrics(
        name: RunName,
        start: Annotated[int, Query(ge=0, le=2**53, description="the number of the first report")] = 0,
    ) -> RunMetrics:
        reports = workbench.run(name).progress()[start : start + MAX_REPORTS]
        return RunMetrics(reports=[report.to_dict() for report in reports], next=start + len(reports))

    @routes.post("/{name:path}/pause", summary="Stop a run at a checkpoint")
    def pause(name: RunName) -> RunStatus:
        run = workbench.run(name)
        expect_no_start(workbench)
        stop_training(run)
        return run_status(workbench, run)

    @routes.post("/{name:path}/resume", summary="Resume a run from its checkpoint")
    def resume(name: RunName) -> RunStatus:
        run = workbench.run(name)
        run.check_unfinished()
        with _only_training(workbench):
            start_training(run)
        return run_status(workbench, run)

    @routes.get("/{name:path}", summary="Return the status and the recipe of a run")
    def run(name: RunName) -> RunDetails:
        return run_details(workbench, workbench.run(name))

    @routes.patch("/{name:path}", summary="Rename a run that does not train")
    def rename(name: RunName, new: NewName) -> RunStatus:
        from inklab.runs import Run, rename_run

        run = workbench.run(name)
        folder = name.rpartition("/")[0]
        if "/" in new.name or (folder and new.name in _ACTIONS):
            raise RunError(
                f"name is {new.name!r}; expected a name without / other than {', '.join(_ACTIONS)}"
            )
        workbench.run_path(f"{folder}/{new.name}" if folder else new.name)  # checks the name
        expect_not_member(workbench, run)
        expect_no_start(workbench)
        if run.is_training:
            raise HTTPException(409, f"{name} is training; pause it first")
        return run_status(workbench, Run.open(rename_run(run, new.name)))

    @routes.delete("/{name:path}", summary="Delete a run; stop its training first", status_code=204)
    def delete(name: RunName) -> None:
        from inklab.runs import delete_run

        run = workbench.run(name)
        expect_not_member(workbench, run)
        expect_no_start(workbench)
        if run.is_training:
            stop_training(run)
            run.check_unfinished()  # it may have finished meanwhile; a finished run is not deleted by mistake
        delete_run(run)

    return routes


@contextmanager
def _only_training(workbench: Workbench) -> Iterator[None]:
    """Hold the lock for starting a run, if no run trains."""
    if not workbench.starting.acquire(blocking=False):
        raise HTTPException(409, "a run is being started; wait until it trains")
    try:
        for run in workbench.list_runs():
            if run.is_training:
                name = workbench.name_of(run)
                raise HTTPException(
                    409, f"{name} is training; only one run trains at a time, so pause it first"
                )
        yield
    finally:
        workbench.starting.release()
