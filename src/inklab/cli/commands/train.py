"""`inklab train`."""

import os
from contextlib import redirect_stdout
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer import Argument, Option

from inklab.cli.commands.options import RUNS, Data, Json, Out, Seed
from inklab.errors import RecipeError, Stopped

if TYPE_CHECKING:
    from inklab.data import Dataset
    from inklab.runs import Run
    from inklab.training import Recipe

_USED_BY = {"momentum": ("momentum",), "beta1": ("adam", "adamw"), "beta2": ("adam", "adamw")}


def _recipe_names() -> list[str]:
    """Return the names that shell completion offers."""
    from inklab.training import published_results

    return list(published_results())


def train(
    recipe: Annotated[
        str | None,
        Argument(metavar="RECIPE", help="A name that `inklab recipes` lists.", autocompletion=_recipe_names),
    ] = None,
    steps: Annotated[
        int | None,
        Option(help="Number of training steps; the default of this and the next options is the recipe's."),
    ] = None,
    batch_size: Annotated[
        int | None, Option(help="Images per step; 1 is stochastic gradient descent in the strict sense.")
    ] = None,
    learning_rate: Annotated[
        float | None, Option(help="Learning rate; the peak of a linear schedule.")
    ] = None,
    optimizer: Annotated[str | None, Option(help="sgd, momentum, adagrad, adam, or adamw.")] = None,
    momentum: Annotated[float | None, Option(help="Momentum factor of the optimizer momentum.")] = None,
    beta1: Annotated[float | None, Option(help="Decay rate of the first moment of adam and adamw.")] = None,
    beta2: Annotated[float | None, Option(help="Decay rate of the second moment of adam and adamw.")] = None,
    weight_decay: Annotated[
        float | None, Option(help="Weight decay; an L2 penalty, except with adamw.")
    ] = None,
    precision: Annotated[
        str | None, Option(help="auto, float32, or bfloat16; auto is bfloat16 if the processor supports it.")
    ] = None,
    log_every: Annotated[int | None, Option(help="Steps between two progress lines.")] = None,
    eval_every: Annotated[
        int | None, Option(help="Steps between two evaluations on the validation set.")
    ] = None,
    option: Annotated[
        list[str] | None,
        Option(metavar="NAME=NUMBER", help="An option of the network, such as dropout=0.2; may be repeated."),
    ] = None,
    seed: Seed = None,
    data: Data = None,
    out: Out = None,
    resume: Annotated[Path | None, Option(metavar="RUN", help="Resume a run that was stopped.")] = None,
    workers: Annotated[
        Literal["ray"] | None,
        Option(
            help="ray trains the members of an ensemble in parallel with Ray, on all cores or on the cluster "
            "of RAY_ADDRESS."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Train a recipe in a new run folder.

    Options change the recipe. Ctrl-C writes a checkpoint; --resume continues from it.
    """
    settings = {
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
    changes = {name: value for name, value in settings.items() if value is not None}
    if resume and (recipe or changes or option or data or out):
        raise typer.BadParameter("--resume takes every setting from the stopped run; give it alone")
    if not resume and not recipe:
        raise typer.BadParameter("give the name of a recipe (see `inklab recipes`), or a run to --resume")
    try:
        if workers:
            os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch loads: a core per member is fastest
            from inklab.runs import prepare_ray

            prepare_ray()
        run, dataset = _resume(resume) if resume else _create(recipe or "", changes, option or [], data, out)
    except KeyboardInterrupt:
        raise Stopped("stopped before training began; run the same command again") from None
    command = f"inklab train --resume {quote(str(run.path))}" + (" --workers ray" if workers else "")
    try:
        place = _train_on_ray(run, dataset) if workers else _train(run, dataset)
    except KeyboardInterrupt:  # between two ensemble members, or a second Ctrl-C
        raise Stopped(f"stopped; resume with: {command}") from None
    if not run.is_finished:
        raise Stopped(f"stopped{place}; resume with: {command}")
    _print_result(run, json=json)


def _create(
    name: str, changes: dict[str, Any], options: list[str], source: str | None, out: Path | None
) -> "tuple[Run, Dataset]":
    from inklab.cli.console import warn_of_skipped
    from inklab.data.load import load_data
    from inklab.models import build_network
    from inklab.runs import Run, unique_path

    recipe = _change(name, changes, options)
    source = "mnist" if source is None else source
    data = load_data(source)
    warn_of_skipped(data)
    for single in recipe.single_recipes:  # before the folder is made: a wrong option leaves no folder behind
        build_network(single.network, single.network_options, seed=single.seed)
    return Run.create(out or unique_path(RUNS, name), recipe, data, source=source), data


def _change(name: str, changes: dict[str, Any], options: list[str]) -> "Recipe":
    """Return the recipe with the changes; `eval_every` keeps its ratio to `log_every` unless it is given."""
    from dataclasses import replace

    from inklab.training import find_recipe

    recipe = find_recipe(name)
    if "log_every" in changes:
        ratio = recipe.eval_every // recipe.log_every
        changes = {"eval_every": changes["log_every"] * ratio, **changes}
    network_options = dict(recipe.network_options)
    for text in options:
        key, _, value = text.partition("=")
        try:
            network_options[key] = float(value)
        except ValueError:
            raise typer.BadParameter(
                f"--option is {text!r}; expected NAME=NUMBER, such as dropout=0.2"
            ) from None
        if any(key in own for own in recipe.members):
            raise RecipeError(f"the members of {name} differ in their {key}; remove --option {key}")
    changed = replace(recipe, network_options=network_options, **changes)
    for setting, optimizers in _USED_BY.items():
        if setting in changes and changed.optimizer not in optimizers:
            raise typer.BadParameter(
                f"--{setting} has no effect on {changed.optimizer}; add --optimizer {optimizers[0]}"
            )
    return changed


def _resume(path: Path) -> "tuple[Run, Dataset]":
    from inklab.runs import Run

    run = Run.open(path)
    run.check_unfinished()
    if run.environment_changed:
        note = "this run was started on another machine or with other versions; its results may differ in"
        typer.echo(f"Note: {note} the last bits.", err=True)
    return run, run.load_data()


def _train(run: "Run", data: "Dataset") -> str:
    """Train the unfinished parts of a run; return where it was stopped."""
    from inklab.cli.console import show_training
    from inklab.runs import unfinished_trainings
    from inklab.training import stopping_on_signals

    for part, training in unfinished_trainings(run, data):
        with stopping_on_signals(training):
            for _ in show_training(part.train(training), steps=part.recipe.steps, name=part.recipe.name):
                pass
        if not training.is_finished:
            member = f" of member {part.path.name}" if run.members else ""
            return f" at step {training.step}{member}"
    return ""


def _train_on_ray(run: "Run", data: "Dataset") -> str:
    """Train the unfinished members with Ray, and print each report on stderr."""
    from inklab.runs import on_ray
    from inklab.training import stopping_on_signals

    with (
        Path(os.devnull).open("w", encoding="utf-8") as devnull,
        redirect_stdout(devnull),  # Ray reports a lost worker on stdout, where the result belongs
        on_ray(run, data) as members,
        stopping_on_signals(members),
    ):
        for line in members:
            typer.echo(line, err=True)
    return ""


def _print_result(run: "Run", *, json: bool) -> None:
    from inklab.cli.console import print_json

    if json:
        reports = [part.progress() for part in run.members or [run]]
        last = [report[-1].to_dict() if report else None for report in reports]
        result = {"members": last} if run.members else (last[0] or {})
        print_json({"run": str(run.path), "recipe": run.recipe.to_dict(), **result})
        return
    result_text = f"{len(run.members)} members" if run.members else str(run.progress()[-1])
    typer.echo(f"{run.path}: {result_text}, trained in {run.elapsed_s:.1f} s")
    path = quote(str(run.path))
    typer.echo(f"Next: inklab evaluate {path}, inklab inspect {path}, inklab export {path}")
