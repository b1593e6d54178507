"""The Train room: recipes and what may be changed of them; start, pause, resume, stop; what goes on, live."""

import asyncio
import hashlib
import inspect
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends, Header, HTTPException, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import Field

from inklab.errors import InklabError, RecipeError
from inklab.web.following import Following
from inklab.web.runs import BUSY, Document, RunName, RunShown, shown
from inklab.web.trainer import start_training, stop_training
from inklab.web.workbench import Cache, Workbench

if TYPE_CHECKING:
    from inklab.training import Recipe, Run

POLL_S = 0.2
"""Seconds between two looks at the folder of a run that is followed."""
REPORTS = 200
"""A run that is started here is reported on so often, unless its recipe does more often."""
MOST_PARAMETERS = 100_000_000
"""Of a network that is started here."""

_LEAST_STEPS = 10  # between two reports, so that they cost little


class Setting(Document):
    """A number that may be changed."""

    name: str
    value: float
    """What the recipe has."""
    least: float
    most: float
    whole: bool
    """Whether it must be a whole number."""
    about: str
    """What it is, for people."""


class RecipeShown(Document):
    """A recipe, and what may be changed of it."""

    name: str
    network: str
    optimizer: str
    schedule: str
    columns: int
    """Of a committee, how many networks it trains; else 0."""
    parameters: int
    """Numbers that are learned, of all columns together."""
    published_error: float | None
    error: float | None
    """The mean test error that was reached here, of the recipe as it comes."""
    seconds: float | None
    """What that took to train, the median, on the machine of the project's figures."""
    settings: list[Setting]
    options: list[Setting]
    """Of the network."""
    strengths: list[Setting]
    """How much images are deformed while training."""
    strengths_seen: bool = False
    """Whether the recipe itself deforms images."""


class LayerShown(Document):
    """A layer of a network."""

    name: str
    kind: str
    shape: list[int]
    """What it puts out for one image."""
    parameters: int


class NetworkAsked(Document):
    """A recipe with options of its network changed."""

    recipe: str = Field(max_length=100)
    options: dict[str, float] = Field({}, max_length=20)


class LayersShown(Document):
    """The layers of a network, of a committee those of its first column."""

    layers: list[LayerShown]
    parameters: int
    """Of one network."""


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


OPTIONS: dict[str, tuple[float, float, bool, str]] = {
    "keep": (0.01, 1, False, "dropout keeps a unit, or a weight, with this probability"),
    "keep_input": (0.01, 1, False, "dropout keeps a pixel with this probability"),
    "units": (1, 10_000, True, "units in each hidden layer"),
    "hidden": (1, 10, True, "hidden layers"),
    "width": (1, 256, True, "channels of the first stage"),
    "samples": (0, 10_000, True, "quantiles that answer in place of chance; 0 takes the mean network"),
}
"""The options of every network: least, most, whether whole, and what they are."""
_DIGIT_WIDTH = (0, 28, False, "what digits are stretched to, in pixels; 0 leaves them")


def router(workbench: Workbench) -> APIRouter:
    """Return the paths of this room."""
    room = APIRouter(prefix="/api", tags=["training"])
    layers_of: Cache[LayersShown] = Cache(32)
    starting = Lock()

    @room.get("/recipes", summary="List the recipes, and what may be changed of each")
    def recipes() -> list[RecipeShown]:
        return _recipes()

    @room.post("/recipes/layers", summary="List the layers of a recipe's network")
    def layers(asked: NetworkAsked) -> LayersShown:
        key = (asked.recipe, tuple(sorted(asked.options.items())))
        return layers_of.get(key, lambda: _layers(_with_options(asked)))

    @room.post("/training/start", summary="Start a run in a process of its own", responses=BUSY)
    def start(asked: Start) -> RunShown:
        from inklab.sources import load_data
        from inklab.training import Run, next_free

        recipe = _recipe(asked)
        with _alone(starting):
            _expect_free(workbench)
            path = workbench.folder(asked.name) if asked.name else next_free(workbench.runs, asked.recipe)
            if "/" in asked.name:
                raise RecipeError(f"name is {asked.name!r}; expected one without /")
            source = _source(asked, workbench.drawings)
            run = Run.create(path, recipe, load_data(source), source=source)
            start_training(run)
        return shown(workbench, run)

    @room.post("/training/resume", summary="Go on with a run that was paused", responses=BUSY)
    def resume(asked: RunAsked) -> RunShown:
        run = workbench.run(asked.run)
        run.check_unfinished()
        with _alone(starting):
            _expect_free(workbench)
            start_training(run)
        return shown(workbench, run)

    @room.post("/training/pause", summary="Let a run stop at a checkpoint, whoever trains it")
    def pause(asked: RunAsked) -> RunShown:
        run = workbench.run(asked.run)
        stop_training(run)
        return shown(workbench, run)

    @room.post("/training/stop", summary="Stop a run and delete it")
    def stop(asked: RunAsked) -> RunAsked:
        from inklab.training import delete_run

        run = workbench.run(asked.run)
        stop_training(run)
        delete_run(run)
        return asked

    def followed(
        run: RunName,
    ) -> "Run":  # so that a run that is not there is refused before the stream begins
        return workbench.run(run)

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


def _recipes() -> list[RecipeShown]:
    from inklab.training import catalogue

    found = []
    for entry in catalogue():
        recipe, result = entry.recipe, entry.result
        found.append(
            RecipeShown(
                name=recipe.name,
                network=recipe.network,
                optimizer=recipe.optimizer,
                schedule=recipe.schedule,
                columns=len(recipe.columns),
                parameters=entry.parameters,
                published_error=result.published_error,
                error=result.mean_error if result.errors else None,
                seconds=result.elapsed_s or None,
                settings=_settings(recipe),
                options=_options(recipe),
                strengths=_strengths(recipe),
                strengths_seen=recipe.augmentation.is_random,
            )
        )
    return found


def _settings(recipe: "Recipe") -> list[Setting]:
    def setting(name: str, least: float, most: float, about: str, *, whole: bool = True) -> Setting:
        value = getattr(recipe, name)
        return Setting(name=name, value=value, least=least, most=most, whole=whole, about=about)

    return [
        setting("steps", 1, 10**9, "how many batches it learns from"),
        setting("batch_size", 1, 100_000, "images in a step"),
        setting("learning_rate", 1e-9, 1e3, "the size of a step", whole=False),
        setting("seed", 0, 2**32 - 1, "names the run: the same seed gives the same bits"),
    ]


def _options(recipe: "Recipe") -> list[Setting]:
    from inklab.models import NETWORKS

    found = []
    for name, parameter in inspect.signature(NETWORKS[recipe.network]).parameters.items():
        if parameter.kind is not parameter.KEYWORD_ONLY or any(name in one for one in recipe.columns):
            continue
        is_digits = (recipe.network, name) == ("mcdnn-column", "width")
        least, most, whole, about = _DIGIT_WIDTH if is_digits else OPTIONS[name]
        value = recipe.network_options.get(name, parameter.default)
        found.append(Setting(name=name, value=value, least=least, most=most, whole=whole, about=about))
    return found


_ABOUT_STRENGTHS = {
    "rotation": "degrees, to either side",
    "scale": "the part by which digits grow or shrink",
    "shear": "slant, in pixels for each pixel of height",
    "shift": "pixels, across and down",
    "crop": "whole pixels by which the window moves",
    "elastic": "how much strokes are bent",
    "smoothness": "how smoothly they are bent, in pixels",
}


def _strengths(recipe: "Recipe") -> list[Setting]:
    from inklab.training import STRENGTHS

    return [
        Setting(
            name=name,
            value=getattr(recipe.augmentation, name),
            least=0,
            most=most,
            whole=name == "crop",
            about=_ABOUT_STRENGTHS[name],
        )
        for name, most in STRENGTHS.items()
    ]


def _with_options(asked: NetworkAsked) -> "Recipe":
    from inklab.training import find_recipe, parameters_of

    recipe = find_recipe(asked.recipe)
    for name in asked.options:
        if any(name in one for one in recipe.columns):
            raise RecipeError(f"every column of {recipe.name} has a {name} of its own; leave it")
    recipe = replace(recipe, network_options={**recipe.network_options, **asked.options})
    count = parameters_of(recipe.networks[0])
    if count > MOST_PARAMETERS:
        raise RecipeError(f"the network has {count:,} parameters; expected at most {MOST_PARAMETERS:,}")
    return recipe


def _layers(recipe: "Recipe") -> LayersShown:
    from inklab.models import build_network, layout

    one = recipe.networks[0]
    found = layout(build_network(one.network, one.network_options, seed=0))
    layers = [LayerShown(**{**asdict(layer), "shape": list(layer.shape)}) for layer in found]
    return LayersShown(layers=layers, parameters=sum(layer.parameters for layer in found))


def _recipe(asked: Start) -> "Recipe":
    recipe = _with_options(asked)
    for name in asked.augmentation:
        if not hasattr(recipe.augmentation, name):
            known = ", ".join(asdict(recipe.augmentation))
            raise RecipeError(f"augmentation has no {name[:100]!r}; it has {known}")
    fields = ("steps", "batch_size", "learning_rate", "seed")
    changes = {name: getattr(asked, name) for name in fields if getattr(asked, name) is not None}
    recipe = replace(recipe, **changes, augmentation=replace(recipe.augmentation, **asked.augmentation))
    report_every = min(recipe.report_every, max(_LEAST_STEPS, recipe.steps // REPORTS))
    looks = asked.looks or max(5, recipe.steps // recipe.valid_every)
    valid_every = report_every * max(1, round(recipe.steps / looks / report_every))
    return replace(recipe, report_every=report_every, valid_every=valid_every)


def _source(asked: Start, drawings: Path) -> str:
    from inklab.sources import MNIST, MNIST_AND

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
                shutil.copyfile(path, to)
    except OSError as error:
        raise InklabError(f"cannot copy the drawings to {copy}: {error.strerror}") from None
    return copy
