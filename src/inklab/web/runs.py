"""The runs of the user: listed, one, its metrics, renamed, deleted."""

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from fastapi import APIRouter, HTTPException, Query
from pydantic import Field

from inklab.errors import InklabError, RunError
from inklab.web.documents import Document
from inklab.web.workbench import Workbench

if TYPE_CHECKING:
    from inklab.runs import Run

RunName: TypeAlias = Annotated[str, Query(max_length=300, description="a name of `/api/runs`")]
MOST_REPORTS = 5000
"""Of a run, in one answer."""


class RunShown(Document):
    """How a run stands."""

    name: str
    recipe: str
    """The name of its recipe."""
    state: Literal["training", "paused", "finished", "failed"]
    reason: str
    """Why it failed; else empty."""
    step: int
    """Steps taken at the latest report, of all columns together."""
    steps: int
    report: dict[str, float] | None
    """The latest report, of a committee that of the column that has come last."""
    valid_accuracy: float | None
    """The latest that was measured after a step."""
    test_accuracy: float | None
    """As `inklab evaluate` found it."""
    elapsed_s: float
    """Seconds of training so far."""
    left_s: float | None
    """Seconds that the steps left will take at the present speed; null where nothing trains or is known."""
    source: str
    """What it was trained on."""
    changes: list[str]
    """What differs from the recipe of that name as it comes."""
    columns: list[str]
    """Of a committee, the runs of its columns that have begun."""
    column: bool
    """Whether it is itself the column of a committee, which is deleted with it."""


class RunOpened(RunShown):
    """A run with its recipe."""

    settings: dict[str, Any]
    """The recipe, as recipe.json has it."""


class Metrics(Document):
    """The reports of a run from a given one on."""

    reports: list[dict[str, float]]
    next: int
    """The number of the report to ask for next."""


class Renaming(Document):
    """Which run is to have which name."""

    run: str = Field(max_length=300)
    name: str = Field(min_length=1, max_length=100)
    """Without the folder in which the run stands."""


class Name(Document):
    """The name of a run."""

    name: str


def router(workbench: Workbench) -> APIRouter:
    """Return the paths of this room."""
    room = APIRouter(prefix="/api", tags=["runs"])

    @room.get("/runs", summary="List the runs, the newest first")
    def runs() -> list[RunShown]:
        return [shown(workbench, run) for run in workbench.runs_found()]

    @room.get("/runs/one", summary="Tell of one run")
    def one(run: RunName) -> RunOpened:
        found = workbench.run(run)
        return RunOpened(**shown(workbench, found).model_dump(), settings=found.recipe.to_dict())

    @room.get("/runs/metrics", summary="Give the reports of a run, from a given one on")
    def metrics(run: RunName, start: Annotated[int, Query(ge=0, le=2**53)] = 0) -> Metrics:
        found = workbench.run(run).progress()[start : start + MOST_REPORTS]
        return Metrics(reports=[report.to_dict() for report in found], next=start + len(found))

    @room.post("/runs/rename", summary="Give a run another name", responses=BUSY)
    def rename(asked: Renaming) -> Name:
        from inklab.runs import rename_run

        run = workbench.run(asked.run)
        if "/" in asked.name:
            raise RunError(f"name is {asked.name!r}; expected one without /")
        folder = asked.run.rpartition("/")[0]
        workbench.folder(f"{folder}/{asked.name}" if folder else asked.name)  # refuses what is no name
        expect_idle(workbench, run)
        return Name(name=rename_run(run, asked.name).relative_to(workbench.runs).as_posix())

    @room.delete("/runs", summary="Delete a run that does not train", responses=BUSY)
    def delete(run: RunName) -> Name:
        from inklab.runs import delete_run

        found = workbench.run(run)
        expect_idle(workbench, found)
        delete_run(found)
        return Name(name=run)

    return room


BUSY: dict[int | str, dict[str, Any]] = {409: {"description": "It trains, or another run does"}}


def expect_settled(workbench: Workbench) -> None:
    """Make sure that no run is just being started, which cannot be told yet by its folder.

    Raises:
        HTTPException: 409, one is.
    """
    if workbench.starting.locked():
        raise HTTPException(409, "a run is being started; wait for that")


def expect_idle(workbench: Workbench, run: "Run") -> None:
    """Make sure that a run may be moved: it does not train and is no column of a committee.

    Raises:
        HTTPException: 409, it trains, or may be about to.
        RunError: it is a column.
    """
    expect_whole(workbench, run)
    expect_settled(workbench)
    if run.is_training:
        raise HTTPException(409, f"{workbench.name_of(run)} is training; pause it first")


def expect_whole(workbench: Workbench, run: "Run") -> None:
    """Make sure that a run is no column of a committee.

    Raises:
        RunError: it is one.
    """
    name = workbench.name_of(run)
    if _is_column(name):
        raise RunError(f"{name} is a column of a committee; rename or delete that")


def shown(workbench: Workbench, run: "Run") -> RunShown:
    """Return how a run stands; one whose metrics are damaged has failed with that as its reason."""
    name, parts = workbench.name_of(run), run.members or [run]
    is_training, reason, reports = run.is_training, run.failure, []
    try:
        reports = [part.progress() for part in parts]
    except InklabError as error:
        reason = str(error)
    begun = [part for part in reports if part]
    latest = begun[-1][-1] if begun else None
    step = sum(part[-1].step for part in begun)
    steps = run.recipe.steps * len(parts)
    learned = [one for one in (begun[-1] if begun else []) if one.step]  # before the first step it is a guess
    measured = [one.valid_accuracy for one in learned if one.valid_accuracy is not None]
    return RunShown(
        name=name,
        recipe=run.recipe.name,
        state=_state(is_training=is_training, is_finished=run.is_finished, has_failed=bool(reason)),
        reason=reason,
        step=step,
        steps=steps,
        report=None if latest is None else latest.to_dict(),
        valid_accuracy=measured[-1] if measured else None,
        test_accuracy=_test_accuracy(run),
        elapsed_s=sum(part[-1].elapsed_s for part in begun),
        left_s=left_s(latest.images_per_s, steps - step, run.recipe.batch_size)
        if is_training and latest
        else None,
        source=run.source,
        changes=_changes(run),
        columns=[workbench.name_of(part) for part in run.members if part.path.is_dir()],
        column=_is_column(name),
    )


def left_s(images_per_s: float, steps: int, batch_size: int) -> float | None:
    """Return the seconds that so many more steps take at this speed; None where it is not known."""
    return steps * batch_size / images_per_s if images_per_s else None


def _state(
    *, is_training: bool, is_finished: bool, has_failed: bool
) -> Literal["training", "paused", "finished", "failed"]:
    if is_training:
        return "training"
    if is_finished:
        return "finished"
    return "failed" if has_failed else "paused"


def _is_column(name: str) -> bool:
    return "members" in name.split("/")[:-1]


def _test_accuracy(run: "Run") -> float | None:
    try:
        document = json.loads((run.path / "report.json").read_text(encoding="utf-8"))
        return float(document["accuracy"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _changes(run: "Run") -> list[str]:
    from inklab.training import RECIPES

    if run.recipe.name not in RECIPES:
        return []
    mine, plain = _flat(run.recipe.to_dict()), _flat(RECIPES[run.recipe.name].to_dict())
    told = [name for name in mine if name not in {"log_every", "eval_every"}]
    return [f"{name.replace('_', ' ')} {mine[name]}" for name in told if mine[name] != plain.get(name)]


def _flat(recipe: dict[str, Any]) -> dict[str, Any]:
    nested = ("network_options", "augmentation", "degradation")
    return {
        **recipe,
        **{key: value for part in nested for key, value in recipe[part].items()},
    } | dict.fromkeys(nested)
