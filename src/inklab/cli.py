"""The commands: thin, each importing what it needs when it is called."""

import os
import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer

from inklab.errors import InklabError

if TYPE_CHECKING:
    from inklab.data import DataSet
    from inklab.training import Recipe, Run

RUNS = Path("runs")

app = typer.Typer(
    name="inklab",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
RunFolder = Annotated[
    Path, typer.Argument(metavar="RUN", help="The folder of a run, as `inklab train` makes it.")
]
Data = Annotated[
    str | None,
    typer.Option(metavar="PATH", help="A folder with IDX files named as MNIST's, plain, gzip or xz."),
]
Out = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Where to put it; by default a new folder in runs.")
]
Seed = Annotated[
    int | None, typer.Option(min=0, max=2**32 - 1, help="Names the run: one seed, the same bits.")
]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"inklab {version('inklab')}")
        raise typer.Exit


@app.callback()
def inklab(
    _wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A laboratory for handwritten digits: train networks, measure them, look inside."""


def main(arguments: list[str] | None = None) -> None:
    """Run a command; what goes wrong is told in one line, with exit code 1, and wrong usage with 2."""
    # Threads that spin only briefly before they sleep cost nothing when idle, and on a busy machine save 85%.
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")
    try:
        app(arguments)
    except BrokenPipeError:  # the reader of our output has gone, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("INKLAB_TRACEBACK"):
            raise
        _fail(_told(error))


def _told(error: Exception) -> str:
    match error:
        case InklabError():
            return str(error)
        case ModuleNotFoundError(name="torch" | "safetensors" | "matplotlib" | "jinja2"):
            return f"this needs {error.name}; install it with: pip install 'inklab[learn]'"
        case _:
            kind = type(error).__name__
            return f"{kind}: {error}; INKLAB_TRACEBACK=1 shows where, which is what a bug report needs"


@app.command()
def lesson(
    full: Annotated[
        bool, typer.Option("--full", help="Train the second network 20,000 steps, not 1,100.")
    ] = False,
    seed: Seed = None,
    out: Out = None,
    data: Data = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Go on with a lesson that was stopped.")
    ] = None,
    json: Json = False,
) -> None:
    """Give the whole lesson, with a report.

    Trains two networks, measures them, looks inside, compares them, and writes one page with all of it.
    """
    if resume and (full or seed is not None or out or data):
        raise typer.BadParameter("--resume takes everything from the lesson that was stopped; give it alone")
    from inklab.lesson import Lesson
    from inklab.terminal import say, say_json, wrapped
    from inklab.training import next_free

    if resume:
        course = Lesson.open(resume)
    else:
        folder = out or next_free(RUNS, "lesson")
        course = Lesson.create(folder, full=full, seed=seed or 0, source=data or "mnist")
    try:
        for line in course.teach():
            say(wrapped(line), to_stderr=json)
    except KeyboardInterrupt:  # while it loads, measures or draws; while it trains, it stops by itself
        _fail(f"stopped; go on with: {course.resume_command}")
    if not course.is_finished:
        raise typer.Exit(1)
    if json:
        say_json(course.to_dict())


@app.command()
def recipes(json: Json = False) -> None:
    """List every recipe and what it reaches.

    With the size of its network, what training costs, and the test error published and reproduced.
    """
    from inklab.models import build_network, parameter_count
    from inklab.terminal import say, say_json
    from inklab.training import RECIPES, read_results

    results = read_results()
    rows = [
        {
            **recipe.to_dict(),
            "parameters": max(1, len(recipe.columns))
            * parameter_count(build_network(recipe.network, recipe.network_options, seed=0)),
            **results[name].to_dict(),
        }
        for name, recipe in RECIPES.items()
    ]
    if json:
        say_json(rows)
        return
    say(f"{'recipe':<17}{'parameters':>11}{'steps':>8}{'training':>11}   {'published':<12}reproduced on test")
    for row in rows:
        result = results[row["name"]]
        published = "-" if result.published_error is None else f"{result.published_error:.2%}"
        cost = f"{result.elapsed_s:,.0f} s" if result.elapsed_s >= 1 else f"{result.elapsed_s:.1f} s"
        say(
            f"{row['name']:<17}{row['parameters']:>11,}{row['steps']:>8,}{cost:>11}   {published:<12}"
            f"{result.mean_error:.2%} +- {result.deviation:.2%}, {len(result.seeds)} seeds"
        )
    say("\nErrors are of the 10,000 test images. Training was timed on:")
    for name in RECIPES:
        say(f"  {name:<17}{results[name].machine}")


@app.command()
def train(
    recipe: Annotated[str | None, typer.Argument(help="A name that `inklab recipes` lists.")] = None,
    steps: Annotated[int | None, typer.Option(help="How many steps to take.")] = None,
    batch_size: Annotated[
        int | None, typer.Option(help="Images in a step; 1 is single-example descent.")
    ] = None,
    learning_rate: Annotated[float | None, typer.Option(help="The size of a step.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="sgd, momentum, adagrad, adam or adamw.")] = None,
    momentum: Annotated[
        float | None, typer.Option(help="What the optimizer momentum keeps of a step.")
    ] = None,
    weight_decay: Annotated[float | None, typer.Option(help="How much weights shrink.")] = None,
    precision: Annotated[
        str | None,
        typer.Option(help="auto, float32 or bfloat16; auto is bfloat16 where the processor has it."),
    ] = None,
    report_every: Annotated[int | None, typer.Option(help="Steps between two reports.")] = None,
    valid_every: Annotated[
        int | None, typer.Option(help="Steps between two looks at the valid split.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE", help="An option of the network, such as keep=0.8; may be repeated."
        ),
    ] = None,
    seed: Seed = None,
    data: Data = None,
    out: Out = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Go on with a run that was stopped.")
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
        "weight_decay": weight_decay,
        "precision": precision,
        "report_every": report_every,
        "valid_every": valid_every,
        "seed": seed,
    }
    changes = {name: value for name, value in fields.items() if value is not None}
    if resume and (recipe or changes or option or data or out):
        raise typer.BadParameter("--resume takes everything from the run that was stopped; give it alone")
    if not resume and not recipe:
        raise typer.BadParameter("give the name of a recipe (see `inklab recipes`), or a run to --resume")

    from inklab.terminal import say, say_json

    try:
        run, loaded = _resumed(resume) if resume else _started(recipe or "", changes, option or [], data, out)
    except KeyboardInterrupt:
        _fail("stopped before training began; give the same command again")
    try:
        _train(run, loaded)
    except KeyboardInterrupt:  # between two columns, or a second time
        _fail(f"stopped; go on with: inklab train --resume {quote(str(run.path))}")
    ended = [part.progress()[-1] for part in run.columns or [run]]
    if json:
        each = [last.to_dict() for last in ended]
        found = {"columns": each} if run.columns else each[0]
        say_json({"run": str(run.path), "recipe": run.recipe.to_dict(), **found})
        return
    seconds = sum(last.elapsed_s for last in ended)
    said = f"{len(ended)} columns" if run.columns else str(ended[0])
    say(f"{run.path}: {said}, trained in {seconds:.1f} s")
    say(f"Next: inklab evaluate {run.path}, inklab inspect {run.path}")


@app.command()
def evaluate(
    run: RunFolder,
    data: Data = None,
    split: Annotated[
        Literal["train", "valid", "test"],
        typer.Option(help="Choose by valid; read test once, at the end."),
    ] = "test",
    json: Json = False,
) -> None:
    """Measure a run.

    Accuracy with its interval, likelihood, calibration error, and precision and recall of each digit.
    The report on the test split of the run's own data is kept as report.json in the run.
    """
    from inklab.data import load_data
    from inklab.terminal import per_digit, say, say_json
    from inklab.training import Run

    found = Run.open(run)
    measured = load_data(data) if data else found.load_data()
    report = found.evaluate(measured, split=split)
    if split == "test" and not data:
        report.write(found.path / "report.json")
    if json:
        say_json(report.to_dict())
    else:
        say(f"{found.path} on {measured.name}, {split}:")
        say(f"{str(report).capitalize()}.")
        say(per_digit(report))


@app.command()
def inspect(
    run: RunFolder,
    digit: Annotated[
        int, typer.Option(metavar="N", help="The test image to follow through the network.")
    ] = 1,
    json: Json = False,
) -> None:
    """Look inside a run.

    Its filters or weights, what each layer makes of a digit, its mistakes; as PNGs and as one page.
    """
    from inklab.terminal import say, say_json
    from inklab.training import Run
    from inklab.view import look_inside

    found = Run.open(run)
    view = look_inside(found, found.load_data(), digit=digit)
    if json:
        say_json(view.to_dict())
        return
    say(str(view))


@app.command()
def data(
    source: Annotated[
        str, typer.Argument(metavar="PATH", help="A folder with IDX files, or mnist.")
    ] = "mnist",
    json: Json = False,
) -> None:
    """Verify a data set and count its digits.

    MNIST comes with inklab; nothing is downloaded.
    """
    from inklab.data import load_data
    from inklab.terminal import say, say_json

    loaded = load_data(source)
    splits = {
        split.name: [int((split.labels == digit).sum()) for digit in range(10)]
        for split in (loaded.train, loaded.valid, loaded.test)
    }
    if json:
        say_json({"name": loaded.name, "checksum": loaded.checksum, "digits": splits})
        return
    say(f"{loaded.name}: whole, images of 28 x 28 pixels, checksum {loaded.checksum:08x}")
    say(f"{'':<8}{'images':>8}   of each digit from 0 to 9")
    for name, counts in splits.items():
        say(f"{name:<8}{sum(counts):>8,}   {' '.join(f'{count:>5,}' for count in counts)}")


@app.command()
def doctor(json: Json = False) -> None:
    """Is it working?

    Looks at versions, processor and data, and trains a small network for a second.
    """
    from inklab.doctor import examine
    from inklab.terminal import say, say_json

    checks = []
    for check in examine():
        checks.append(check)
        if not json:
            say(str(check))
    if json:
        say_json(
            [
                {"name": one.name, "right": one.is_right, "found": one.found, "remedy": one.remedy}
                for one in checks
            ]
        )
    if not all(check.is_right for check in checks):
        raise typer.Exit(1)


def _fail(message: str) -> NoReturn:
    print(f"inklab: {' '.join(message.splitlines())}", file=sys.stderr)
    sys.exit(1)


def _started(
    name: str, changes: dict[str, Any], options: list[str], data: str | None, out: Path | None
) -> "tuple[Run, DataSet]":
    from inklab.data import load_data
    from inklab.models import build_network
    from inklab.training import Run, next_free

    recipe = _changed(name, changes, options)
    source = data or "mnist"
    loaded = load_data(source)
    # Before the folder: an option that the network does not take leaves none behind.
    for one in [recipe.column(number) for number in range(len(recipe.columns))] or [recipe]:
        build_network(one.network, one.network_options, seed=one.seed)
    return Run.create(out or next_free(RUNS, name), recipe, loaded, source=source), loaded


def _train(run: "Run", data: "DataSet") -> None:
    """Train what is not finished of a run, and end the command where it was stopped."""
    from inklab.terminal import watched
    from inklab.training import stopping_on_signals, trainings

    for part, training in trainings(run, data):
        with stopping_on_signals(training):
            for _ in watched(part.record(training), steps=part.recipe.steps, name=part.recipe.name):
                pass
        if not training.is_finished:
            where = f"step {training.step}" + (f" of column {part.path.name}" if run.columns else "")
            _fail(f"stopped at {where}; go on with: inklab train --resume {quote(str(run.path))}")


def _changed(name: str, changes: dict[str, Any], options: list[str]) -> "Recipe":
    """Return the recipe with the changes; looks at valid keep step with the reports unless told otherwise."""
    from dataclasses import replace

    from inklab.training import find_recipe

    recipe = find_recipe(name)
    if "report_every" in changes:
        reports_a_look = recipe.valid_every // recipe.report_every
        changes = {"valid_every": changes["report_every"] * reports_a_look, **changes}
    network_options = dict(recipe.network_options)
    for text in options:
        key, _, value = text.partition("=")
        try:
            network_options[key] = float(value)
        except ValueError:
            raise typer.BadParameter(
                f"--option is {text!r}; expected NAME=NUMBER, such as keep=0.8"
            ) from None
    changed = replace(recipe, network_options=network_options, **changes)
    if "momentum" in changes and changed.optimizer != "momentum":
        raise typer.BadParameter(f"--momentum is of no use to {changed.optimizer}; add --optimizer momentum")
    return changed


def _resumed(path: Path) -> "tuple[Run, DataSet]":
    from inklab.terminal import say
    from inklab.training import Run

    run = Run.open(path)
    run.check_unfinished()
    if run.began_elsewhere:
        say(
            "Note: this run began on another machine or with other versions; its bits may differ.",
            to_stderr=True,
        )
    return run, run.load_data()
