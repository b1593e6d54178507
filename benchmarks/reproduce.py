"""Train every recipe with several seeds, and keep what came of it.

    python benchmarks/reproduce.py [RECIPE...] [--seeds N]

Each seed is a run folder in runs/reproduce; one that was stopped is resumed, one that is finished is kept.
What was measured of every run goes to benchmarks/zoo/RECIPE.json, the summary to
src/inklab/training/results.json.
"""

import argparse
import json
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np
from torch import nn

from inklab.constants import N_CLASSES
from inklab.data import Dataset, Split, load_mnist
from inklab.evaluation import error_by_ensemble_size, evaluate, majority_vote, softmax
from inklab.evaluation.array_checks import Floats
from inklab.models import DropConnect, Ensemble, TestTimeAugmentation, predict_logits
from inklab.runs import Run, unfinished_trainings
from inklab.training import RECIPES, Recipe, find_recipe
from inklab.utils.atomic import write_text

RESULTS = Path(__file__).parent.parent / "src/inklab/training/results.json"
EVIDENCE = Path(__file__).parent / "zoo"
RUNS = Path("runs/reproduce")
SEEDS = {"lesson-cnn-full": 5, "fast-99": 20, "fast-99.5": 10}


def trained(path: Path, recipe: Recipe, data: Dataset) -> Run:
    """Return the finished run of a recipe in this folder, trained as far as it has not been."""
    run = opened(path, recipe, data)
    for part, training in unfinished_trainings(run, data):
        for progress in part.train(training):
            print(f"{part.path}: {progress}", flush=True)
    return run


def opened(path: Path, recipe: Recipe, data: Dataset) -> Run:
    """Return the run of a recipe in this folder, begun if there is none."""
    if not (path / "recipe.json").exists():
        return Run.create(path, recipe, data)
    run = Run.open(path)
    if run.recipe != recipe:
        raise SystemExit(f"{path} was begun with another recipe; rename or remove it to train this one")
    return run


def evidence(run: Run, data: Dataset) -> dict[str, Any]:
    """Return what was measured of a finished run, and of the simpler systems that it is made of."""
    model = run.load_model()
    logits, of_columns = answers(model, data.test)
    report = evaluate(logits, data.test.labels)
    valid = evaluate(answers(model, data.valid)[0], data.valid.labels)
    alone = {
        name: [errors(predict_logits(one, data.test.images), data.test) for one in simpler]
        for name, simpler in contained(model)
    }
    if len(of_columns):
        alone = {"one column": [errors(one, data.test) for one in of_columns], **alone}
    parts = run.members or [run]
    return {
        "seed": run.recipe.seed,
        "recipe": run.recipe.to_dict(),
        "errors": report.errors,
        "n": report.n,
        "nll": round(report.nll, 5),
        "ece": round(report.ece, 5),
        "mistakes": [mistake.index for mistake in report.mistakes],
        "valid_errors": valid.errors,
        "valid_n": valid.n,
        "alone": alone,
        "votes": votes(of_columns, data.test) if len(of_columns) else None,
        "elapsed_s": round(run.elapsed_s, 1),
        "machine": str(run.machine),
        "measured": [
            [one.to_dict() for one in part.progress() if one.valid_loss is not None] for part in parts
        ],
    }


def answers(model: nn.Module, split: Split) -> tuple[Floats, Floats]:
    """Return the logits (n, 10) of a model, and the probabilities (m, n, 10) of the columns it may have."""
    if not isinstance(model, Ensemble):
        return predict_logits(model, split.images), np.zeros((0, len(split), N_CLASSES))
    columns = np.stack([softmax(predict_logits(column, split.images)) for column in model.members])
    return np.log(columns.mean(axis=0)), columns


def contained(model: nn.Module) -> Iterable[tuple[str, list[nn.Module]]]:
    """Yield the simpler systems whose weights a trained one has, but for its columns, each with its name."""
    match model:
        case Ensemble():
            if looking := [
                column.network for column in model.members if isinstance(column, TestTimeAugmentation)
            ]:
                yield "one column with one view", looking
        case TestTimeAugmentation():
            yield "one view", [model.network]
    if any(isinstance(layer, DropConnect) for layer in model.modules()):
        mean = deepcopy(model)
        for layer in mean.modules():
            if isinstance(layer, DropConnect):
                layer.samples = 0
        yield "mean network", [mean]


def votes(probabilities: Floats, split: Split) -> dict[str, Any]:
    """Return how committees of fewer columns (m, n, 10) err, and what the majority of all says."""
    majority = np.count_nonzero(majority_vote(probabilities) != split.labels)
    sizes = error_by_ensemble_size(probabilities, split.labels)
    return {"majority_errors": int(majority), "by_columns": [asdict(size) for size in sizes]}


def errors(logits: Floats, split: Split) -> int:
    """Return how many images are answered wrongly."""
    return int(np.count_nonzero(logits.argmax(axis=1) != split.labels))


def summary(seeds: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what results.json says of the seeds of a recipe."""
    n = seeds[0]["n"]
    return {
        "seeds": [one["seed"] for one in seeds],
        "errors": [one["errors"] / n for one in seeds],
        "alone": {
            name: round(fmean(count for one in seeds for count in one["alone"][name]) / n, 6)
            for name in seeds[0]["alone"]
        },
        "elapsed_s": round(median(one["elapsed_s"] for one in seeds), 1),
        "machine": seeds[0]["machine"],
    }


def main() -> None:
    """Reproduce the recipes that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    two_cores = [name for name in RECIPES if not name.endswith("-full") or name in SEEDS]
    parser.add_argument("recipes", nargs="*", default=two_cores, metavar="RECIPE")
    parser.add_argument(
        "--seeds", type=int, help="how many; by default 3, and as many as its goal names for a fast recipe"
    )
    options = parser.parse_args()
    data = load_mnist()
    for name in options.recipes:
        seeds = range(options.seeds or SEEDS.get(name, 3))
        runs = [trained(RUNS / f"{name}-{seed}", find_recipe(name, seed=seed), data) for seed in seeds]
        found = [evidence(run, data) for run in runs]
        write_text(EVIDENCE / f"{name}.json", json.dumps(found, separators=(",", ":")) + "\n")
        results = json.loads(RESULTS.read_text(encoding="utf-8"))
        results[name] |= summary(found)
        write_text(RESULTS, json.dumps(results, indent=2) + "\n")
        print(f"{name}: errors {results[name]['errors']}", flush=True)


if __name__ == "__main__":
    main()
