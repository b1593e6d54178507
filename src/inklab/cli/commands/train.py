"""`inklab train`."""

import os
from contextlib import redirect_stdout
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from inklab.cli.commands.options import RUNS, Data, Json, Out, Seed
from inklab.errors import RecipeError, Stopped

_USED_BY = {"momentum": ("momentum",), "beta1": ("adam", "adamw"), "beta2": ("adam", "adamw")}

if TYPE_CHECKING:
    from inklab.data import Dataset
    from inklab.runs import Run
    from inklab.training import Recipe


def train(
    recipe: Annotated[
        str | None, typer.Argument(metavar="RECIPE", help="A name that `inklab recipes` lists.")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="How many steps to take.")] = None,
    batch_size: Annotated[
        int | None, typer.Option(help="Images in a step; 1 is single-example descent.")
    ] = None,
    learning_rate: Annotated[float | None, typer.Option(help="The size of a step.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="sgd, momentum, adagrad, adam or adamw.")] = None,
    momentum: Annotated[float | None, typer.Option(help="Momentum of the optimizer momentum.")] = None,
    beta1: Annotated[
        float | None, typer.Option(help="Decay rate of the first moment of adam and adamw.")
    ] = None,
    beta2: Annotated[
        float | None, typer.Option(help="Decay rate of the second moment of adam and adamw.")
    ] = None,
    weight_decay: Annotated[float | None, typer.Option(help="How much weights shrink.")] = None,
    precision: Annotated[
        str | None,
        typer.Option(help="auto, float32 or bfloat16; auto is bfloat16 where the processor has it."),
    ] = None,
    log_every: Annotated[int | None, typer.Option(help="Steps between two reports.")] = None,
    eval_every: Annotated[
        int | None, typer.Option(help="Steps between two looks at the valid split.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=NUMBER", help="An option of the network, such as dropout=0.2; may be repeated."
        ),
    ] = None,
    seed: Seed = None,
    data: Data = None,
    out: Out = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Go on with a run that was stopped.")
    ] = None,
    workers: Annotated[
        Literal["ray"] | None,
        typer.Option(
            help="Train the columns of a committee at once, on all cores or the cluster of RAY_ADDRESS."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Train a recipe into a folder of its own.

    With what you change of it; Ctrl-C leaves a checkpoint to go on from with --resume.
    """
    fields = {
        "steps": steps,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "optimizer": optimizer,
        "momentum": momentum,
        "beta1": beta1,
        "beta2": beta2,
        "weight_decay": weight_decay,
        "precision": precision,
        "log_every": log_every,
        "eval_every": eval_every,
        "seed": seed,
    }
    changes = {name: value for name, value in fields.items() if value is not None}
    if resume and (recipe or changes or option or data or out):
        raise typer.BadParameter("--resume takes everything from the run that was stopped; give it alone")
    if not resume and not recipe:
        raise typer.BadParameter("give the name of a recipe (see `inklab recipes`), or a run to --resume")

    from inklab.cli.console import say, say_json

    if workers:  # before torch is loaded: a core a column does more than all cores for one after another
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        if workers:
            from inklab.runs import prepare_ray

            prepare_ray()
        run, loaded = _resumed(resume) if resume else _started(recipe or "", changes, option or [], data, out)
    except KeyboardInterrupt:
        raise Stopped("stopped before training began; give the same command again") from None
    go_on = f"go on with: inklab train --resume {quote(str(run.path))}" + (
        " --workers ray" if workers else ""
    )
    try:
        stopped_at = _train_on_ray(run, loaded) if workers else _train(run, loaded)
    except KeyboardInterrupt:  # between two columns, or a second time
        raise Stopped(f"stopped; {go_on}") from None
    if not run.is_finished:
        raise Stopped(f"stopped{stopped_at}; {go_on}")
    if json:
        ended = [reports[-1].to_dict() if (reports := part.progress()) else None for part in run.members]
        found = {"columns": ended} if run.members else run.progress()[-1].to_dict()
        say_json({"run": str(run.path), "recipe": run.recipe.to_dict(), **found})
        return
    said = f"{len(run.members)} columns" if run.members else str(run.progress()[-1])
    say(f"{run.path}: {said}, trained in {run.elapsed_s:.1f} s")
    say(f"Next: inklab evaluate {run.path}, inklab inspect {run.path}, inklab export {run.path}")


def _started(
    name: str, changes: dict[str, Any], options: list[str], data: str | None, out: Path | None
) -> "tuple[Run, Dataset]":
    from inklab.cli.console import tell_left_out
    from inklab.data.load import load_data
    from inklab.models import build_network
    from inklab.runs import Run, unique_path

    recipe = _changed(name, changes, options)
    source = data or "mnist"
    loaded = load_data(source)
    tell_left_out(loaded)
    # Before the folder: an option that the network does not take leaves none behind.
    for one in recipe.networks:
        build_network(one.network, one.network_options, seed=one.seed)
    return Run.create(out or unique_path(RUNS, name), recipe, loaded, source=source), loaded


def _train(run: "Run", data: "Dataset") -> str:
    """Train what is not finished of a run; return where it was stopped."""
    from inklab.cli.console import watched
    from inklab.runs import unfinished_trainings
    from inklab.training import stopping_on_signals

    for part, training in unfinished_trainings(run, data):
        with stopping_on_signals(training):
            for _ in watched(part.train(training), steps=part.recipe.steps, name=part.recipe.name):
                pass
        if not training.is_finished:
            return f" at step {training.step}" + (f" of column {part.path.name}" if run.members else "")
    return ""


def _train_on_ray(run: "Run", data: "Dataset") -> str:
    """The same on Ray, with a line on stderr for each report."""
    from inklab.cli.console import say
    from inklab.runs import on_ray
    from inklab.training import stopping_on_signals

    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        redirect_stdout(nowhere),  # Ray tells of a lost worker on stdout, where the result belongs
        on_ray(run, data) as columns,
        stopping_on_signals(columns),
    ):
        for line in columns:
            say(line, to_stderr=True)
    return ""


def _changed(name: str, changes: dict[str, Any], options: list[str]) -> "Recipe":
    """Return the recipe with the changes; looks at valid keep step with the reports unless told otherwise."""
    from dataclasses import replace

    from inklab.training import find_recipe

    recipe = find_recipe(name)
    if "log_every" in changes:
        reports_a_look = recipe.eval_every // recipe.log_every
        changes = {"eval_every": changes["log_every"] * reports_a_look, **changes}
    network_options = dict(recipe.network_options)
    for text in options:
        key, _, value = text.partition("=")
        try:
            network_options[key] = float(value)
        except ValueError:
            raise typer.BadParameter(
                f"--option is {text!r}; expected NAME=NUMBER, such as dropout=0.2"
            ) from None
        if any(key in column for column in recipe.members):
            raise RecipeError(f"columns of {name} differ in their {key}; leave --option {key} out")
    changed = replace(recipe, network_options=network_options, **changes)
    for setting, optimizers in _USED_BY.items():
        if setting in changes and changed.optimizer not in optimizers:
            raise typer.BadParameter(
                f"--{setting} has no effect with {changed.optimizer}; add --optimizer {optimizers[0]}"
            )
    return changed


def _resumed(path: Path) -> "tuple[Run, Dataset]":
    from inklab.cli.console import say
    from inklab.runs import Run

    run = Run.open(path)
    run.check_unfinished()
    if run.environment_changed:
        say(
            "Note: this run began on another machine or with other versions; its bits may differ.",
            to_stderr=True,
        )
    return run, run.load_data()
