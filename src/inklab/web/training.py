"""The Train room: start, pause, resume and stop a training, and follow it; the recipes to choose from."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends, Header, HTTPException, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import Field

from inklab.errors import InklabError, RecipeError
from inklab.utils.atomic import write_bytes
from inklab.web.documents import Document
from inklab.web.following import Following
from inklab.web.recipes import (
    LayersShown,
    NetworkAsked,
    RecipeShown,
    layers_shown,
    recipes_shown,
    with_options,
)
from inklab.web.runs import BUSY, RunName, RunShown, expect_settled, expect_whole, shown
from inklab.web.trainer import start_training, stop_training
from inklab.web.workbench import Cache, Workbench

if TYPE_CHECKING:
    from inklab.runs import Run
    from inklab.training import Recipe

POLL_S = 0.2
"""Seconds between two looks at the folder of a run that is followed."""
REPORTS = 200
"""A run that is started here is reported on so often, unless its recipe does more often."""

_LEAST_STEPS = 10  # between two reports, so that they cost little


class Start(NetworkAsked):
    """A recipe with what is to differ; what is left out is the recipe's."""

    name: str = Field("", max_length=100)
    """Of the run; by default the recipe's, with a number where there is one."""
    steps: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    seed: int | None = None
    looks: int | None = Field(None, ge=1, le=1000)
    """How often the valid split is looked at."""
    augmentation: dict[str, float] = Field({}, max_length=20)
    """Strengths by name."""
    data: Literal["mnist", "mnist+drawings", "folder"] = "mnist"
    folder: str = Field("", max_length=4000)
    """For the data `folder`: its path on this computer."""


class RunAsked(Document):
    """Which run."""

    run: str = Field(max_length=300)


def router(workbench: Workbench) -> APIRouter:
    """Return the paths of this room."""
    room = APIRouter(prefix="/api", tags=["training"])
    layers_of: Cache[LayersShown] = Cache(32)

    @room.get("/recipes", summary="List the recipes, and what may be changed of each")
    def recipes() -> list[RecipeShown]:
        return recipes_shown()

    @room.post("/recipes/layers", summary="List the layers of a recipe's network")
    def layers(asked: NetworkAsked) -> LayersShown:
        key = (asked.recipe, tuple(sorted(asked.options.items())))
        return layers_of.get(key, lambda: layers_shown(with_options(asked)))

    @room.post("/training/start", summary="Start a run in a process of its own", responses=BUSY)
    def start(asked: Start) -> RunShown:
        from inklab.data.load import load_data
        from inklab.runs import Run, delete_run, unique_path

        recipe = _recipe(asked)
        with _alone(workbench.starting):
            _expect_free(workbench)
            path = workbench.folder(asked.name) if asked.name else unique_path(workbench.runs, asked.recipe)
            if "/" in asked.name:
                raise RecipeError(f"name is {asked.name!r}; expected one without /")
            source = _source(asked, workbench.drawings)
            run = Run.create(path, recipe, load_data(source), source=source)
            try:
                start_training(run)
            except InklabError:
                delete_run(run)
                raise
        return shown(workbench, run)

    @room.post("/training/resume", summary="Go on with a run that was paused", responses=BUSY)
    def resume(asked: RunAsked) -> RunShown:
        run = workbench.run(asked.run)
        run.check_unfinished()
        with _alone(workbench.starting):
            _expect_free(workbench)
            start_training(run)
        return shown(workbench, run)

    @room.post("/training/pause", summary="Let a run stop at a checkpoint, whoever trains it", responses=BUSY)
    def pause(asked: RunAsked) -> RunShown:
        run = workbench.run(asked.run)
        expect_settled(workbench)
        stop_training(run)
        return shown(workbench, run)

    @room.post("/training/stop", summary="Stop a run and delete it", responses=BUSY)
    def stop(asked: RunAsked) -> RunAsked:
        from inklab.runs import delete_run

        run = workbench.run(asked.run)
        expect_whole(workbench, run)
        expect_settled(workbench)
        stop_training(run)
        run.check_unfinished()  # it may have come to its end meanwhile
        delete_run(run)
        return asked

    def followed(run: RunName) -> "Run":
        return workbench.run(run)  # one that is not there is refused before the stream begins

    @room.get("/training/events", summary="Follow a run", response_class=EventSourceResponse)
    async def events(
        run: Annotated["Run", Depends(followed)],
        start: Annotated[int, Query(ge=0, le=2**53, description="the first report wanted")] = 0,
        last_event_id: Annotated[int | None, Header(ge=0, le=2**53)] = None,
    ) -> AsyncIterator[ServerSentEvent]:
        """Send `reports` (as `/api/runs/metrics`), `live` (see `Snapshot`) and, when it has ended, `end`.

        A browser that lost the connection says in `Last-Event-ID` where it left.
        """
        following = Following(workbench, run, start if last_event_id is None else last_event_id)
        while not workbench.stopping.is_set():
            for event in await asyncio.to_thread(following.look):
                yield event
            if following.ended:
                return
            await asyncio.sleep(POLL_S)

    return room


@contextmanager
def _alone(starting: Lock) -> Iterator[None]:
    if not starting.acquire(blocking=False):
        raise HTTPException(409, "another run is being started; wait for that")
    try:
        yield
    finally:
        starting.release()


def _expect_free(workbench: Workbench) -> None:
    for run in workbench.runs_found():
        if run.is_training:
            name = workbench.name_of(run)
            raise HTTPException(409, f"{name} is training; one run trains at a time, so pause it first")


def _recipe(asked: Start) -> "Recipe":
    from inklab.training.augmentation.geometric import STRENGTHS

    recipe = with_options(asked)
    for name in asked.augmentation:
        if name not in STRENGTHS:
            raise RecipeError(f"augmentation has no {name[:100]!r}; it has {', '.join(STRENGTHS)}")
    fields = ("steps", "batch_size", "learning_rate", "seed")
    changes = {name: getattr(asked, name) for name in fields if getattr(asked, name) is not None}
    recipe = replace(recipe, **changes, augmentation=replace(recipe.augmentation, **asked.augmentation))
    log_every = min(recipe.log_every, max(_LEAST_STEPS, recipe.steps // REPORTS))
    looks = asked.looks or max(5, recipe.steps // recipe.eval_every)
    eval_every = log_every * max(1, round(recipe.steps / looks / log_every))
    return replace(recipe, log_every=log_every, eval_every=eval_every)


def _source(asked: Start, drawings: Path) -> str:
    from inklab.data.load import MNIST, MNIST_AND

    if asked.data == "mnist":
        return MNIST
    if asked.data == "folder":
        if not asked.folder:
            raise RecipeError("folder is empty; expected the path of a folder with pictures in 0 to 9")
        return asked.folder if Path(asked.folder).is_absolute() else f"./{asked.folder}"
    return MNIST_AND + str(_taken(drawings))


def _taken(drawings: Path) -> Path:
    """Return a copy of the user's drawings as they are now, so that a run can go on when there are more."""
    paths = sorted(path for digit in range(10) for path in (drawings / str(digit)).glob("*.png"))
    if not paths:
        raise RecipeError("data is mnist+drawings, but no drawing is kept yet; keep some in the Draw room")
    names = "\n".join(f"{path.parent.name}/{path.name}" for path in paths)
    copy = drawings / "taken" / hashlib.sha256(names.encode()).hexdigest()[:16]
    try:
        for path in paths:
            to = copy / path.parent.name / path.name
            if not to.exists():
                to.parent.mkdir(parents=True, exist_ok=True)
                write_bytes(to, path.read_bytes())  # whole or not at all, for what is there is kept
    except OSError as error:
        raise InklabError(f"cannot copy the drawings to {copy}: {error.strerror}") from None
    return copy
