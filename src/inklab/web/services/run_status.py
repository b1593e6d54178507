"""The status of runs, and checks before a run is changed."""

import json
from typing import TYPE_CHECKING, Any, Literal

from fastapi import HTTPException

from inklab.errors import InklabError, RunError
from inklab.web.schemas import Schema
from inklab.web.services.workbench import Workbench

if TYPE_CHECKING:
    from inklab.runs import Run

RunState = Literal["training", "paused", "finished", "failed"]


class RunStatus(Schema):
    """The status of a run."""

    name: str
    recipe: str
    """The name of its recipe."""
    state: RunState
    failure: str
    """Why the run failed, else empty."""
    step: int
    """Steps trained at the latest report; of an ensemble, the sum over its members."""
    steps: int
    """Steps of the whole training, likewise."""
    report: dict[str, float] | None
    """The latest report; of an ensemble, that of its latest member."""
    valid_accuracy: float | None
    """The latest validation accuracy after a training step."""
    test_accuracy: float | None
    """The test accuracy that `inklab evaluate` measured."""
    elapsed_s: float
    """Seconds of training so far."""
    source: str
    """The training data."""
    changes: list[str]
    """The differences from the recipe of the same name."""
    member_count: int
    """The number of members of an ensemble; 0 for a single network."""
    members: list[str]
    """The names of the members that have started."""
    is_member: bool
    """Whether the run is a member of an ensemble; a member cannot be renamed or deleted by itself."""


class RunDetails(RunStatus):
    """The status of a run, with its recipe."""

    settings: dict[str, Any]
    """The recipe, as in recipe.json."""


def run_status(workbench: Workbench, run: "Run") -> RunStatus:
    """Return the status of a run; a run with damaged metrics counts as failed."""
    parts = run.members or [run]
    is_training, failure, reports = run.is_training, run.failure, []
    try:
        reports = [progress for part in parts if (progress := part.progress())]
    except InklabError as error:
        failure = str(error)
    latest = reports[-1] if reports else []
    validated = [
        report.valid_accuracy
        for report in latest
        if report.step and report.valid_accuracy is not None  # step 0 is an untrained network
    ]
    state: RunState = "training" if is_training else "failed" if failure else "paused"
    if not is_training and run.is_finished:
        state = "finished"
    name = workbench.name_of(run)
    return RunStatus(
        name=name,
        recipe=run.recipe.name,
        state=state,
        failure=failure,
        step=sum(progress[-1].step for progress in reports),
        steps=run.recipe.steps * len(parts),
        report=latest[-1].to_dict() if latest else None,
        valid_accuracy=validated[-1] if validated else None,
        test_accuracy=_test_accuracy(run),
        elapsed_s=sum(progress[-1].elapsed_s for progress in reports),
        source=run.source,
        changes=_changes(run),
        member_count=len(run.members),
        members=[workbench.name_of(member) for member in run.members if member.path.is_dir()],
        is_member=_is_member(name),
    )


def run_details(workbench: Workbench, run: "Run") -> RunDetails:
    """Return the status of a run, with its recipe."""
    return RunDetails(**run_status(workbench, run).model_dump(), settings=run.recipe.to_dict())


def expect_no_start(workbench: Workbench) -> None:
    """Check that no run is being started; the folder of such a run is not locked yet."""
    if workbench.starting.locked():
        raise HTTPException(409, "a run is being started; wait until it trains")


def expect_not_member(workbench: Workbench, run: "Run") -> None:
    """Check that a run is not a member of an ensemble."""
    if _is_member(name := workbench.name_of(run)):
        raise RunError(f"{name} is a member of an ensemble; rename or delete the ensemble")


def _is_member(name: str) -> bool:
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
    settings = _flat(run.recipe.to_dict())
    defaults = _flat(RECIPES[run.recipe.name].to_dict())
    return [
        f"{name.replace('_', ' ')} {value}"
        for name, value in settings.items()
        if name not in {"log_every", "eval_every"} and value != defaults.get(name)
    ]


def _flat(recipe: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a recipe with the options of its parts in one dict."""
    parts = ("network_options", "augmentation", "degradation")
    nested = {key: value for part in parts for key, value in recipe[part].items()}
    return {key: value for key, value in recipe.items() if key not in parts} | nested
