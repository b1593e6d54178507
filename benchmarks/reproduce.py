"""Train every recipe with several seeds and store the results.

    python benchmarks/reproduce.py [RECIPE...] [--seeds N]

Each seed is a run folder in runs/reproduce; an unfinished run is resumed, a finished one is kept. The
measurements of every run go to benchmarks/zoo/RECIPE.json, the summary to
src/inklab/training/published.json.
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
from inklab.training import RECIPES, Recipe, count_parameters, find_recipe
from inklab.utils.atomic import write_text

RESULTS = Path(__file__).parent.parent / "src/inklab/training/published.json"
MEASUREMENTS = Path(__file__).parent / "zoo"
RUNS = Path("runs/reproduce")
SEEDS = {"lesson-cnn-full": 5, "fast-99": 20, "fast-99.5": 10}


def open_run(path: Path, recipe: Recipe, data: Dataset) -> Run:
    """Return the run of a recipe in this folder; create it if there is none."""
    run = Run.open(path) if (path / "recipe.json").exists() else Run.create(path, recipe, data)
    if run.recipe != recipe:
        raise SystemExit(f"{path} is a run of another recipe; rename or remove it to train this one")
    return run


def train(path: Path, recipe: Recipe, data: Dataset) -> Run:
    """Return the finished run of a recipe in this folder; train what is missing."""
    run = open_run(path, recipe, data)
    for part, training in unfinished_trainings(run, data):
        for progress in part.train(training):
            print(f"{part.path}: {progress}", flush=True)
    return run


def measure(run: Run, data: Dataset) -> dict[str, Any]:
    """Return the measurements of a finished run and of the simpler systems that it contains."""
    model = run.load_model()
    logits, member_probabilities = predict(model, data.test)
    report = evaluate(logits, data.test.labels)
    valid = evaluate(predict(model, data.valid)[0], data.valid.labels)
    members = {"one member": [count_errors(member, data.test) for member in member_probabilities]}
    components = {
        name: [count_errors(predict_logits(network, data.test.images), data.test) for network in networks]
        for name, networks in component_models(model)
    }
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
        "component_errors": {**members, **components} if run.members else components,
        "ensemble": measure_ensemble(member_probabilities, data.test) if run.members else None,
        "elapsed_s": round(run.elapsed_s, 1),
        "machine": str(run.machine),
        "measured": [
            [report.to_dict() for report in part.progress() if report.valid_loss is not None]
            for part in parts
        ],
    }


def predict(model: nn.Module, split: Split) -> tuple[Floats, Floats]:
    """Return the logits (n, 10) of a model, and the probabilities (m, n, 10) of its members, if any."""
    if not isinstance(model, Ensemble):
        return predict_logits(model, split.images), np.zeros((0, len(split), N_CLASSES))
    members = np.stack([softmax(predict_logits(member, split.images)) for member in model.members])
    return np.log(members.mean(axis=0)), members


def component_models(model: nn.Module) -> Iterable[tuple[str, list[nn.Module]]]:
    """Yield name and networks of the simpler systems with the same weights, except the members."""
    match model:
        case Ensemble():
            augmented = [member for member in model.members if isinstance(member, TestTimeAugmentation)]
            if augmented:
                yield "one member with one view", [member.network for member in augmented]
        case TestTimeAugmentation():
            yield "one view", [model.network]
    if any(isinstance(layer, DropConnect) for layer in model.modules()):
        mean = deepcopy(model)
        for layer in mean.modules():
            if isinstance(layer, DropConnect):
                layer.samples = 0
        yield "mean network", [mean]


def measure_ensemble(probabilities: Floats, split: Split) -> dict[str, Any]:
    """Return the errors of smaller ensembles of the members (m, n, 10), and of their majority vote."""
    majority = np.count_nonzero(majority_vote(probabilities) != split.labels)
    sizes = error_by_ensemble_size(probabilities, split.labels)
    return {"majority_errors": int(majority), "by_size": [asdict(size) for size in sizes]}


def count_errors(logits: Floats, split: Split) -> int:
    """Return the number of misclassified images."""
    return int(np.count_nonzero(logits.argmax(axis=1) != split.labels))


def summarize(seeds: list[dict[str, Any]], recipe: Recipe) -> dict[str, Any]:
    """Return the fields of published.json that are measured here."""
    n = seeds[0]["n"]
    return {
        "parameters": count_parameters(recipe),
        "seeds": [seed["seed"] for seed in seeds],
        "errors": [seed["errors"] / n for seed in seeds],
        "component_errors": {
            name: round(fmean(count for seed in seeds for count in seed["component_errors"][name]) / n, 6)
            for name in seeds[0]["component_errors"]
        },
        "elapsed_s": round(median(seed["elapsed_s"] for seed in seeds), 1),
        "machine": seeds[0]["machine"],
    }


def main() -> None:
    """Reproduce the recipes that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    two_cores = [name for name in RECIPES if not name.endswith("-full") or name in SEEDS]
    parser.add_argument("recipes", nargs="*", default=two_cores, metavar="RECIPE")
    parser.add_argument(
        "--seeds", type=int, help="number of seeds; default 3, more for the lesson and fast recipes"
    )
    options = parser.parse_args()
    data = load_mnist()
    for name in options.recipes:
        seeds = range(options.seeds or SEEDS.get(name, 3))
        runs = [train(RUNS / f"{name}-{seed}", find_recipe(name, seed=seed), data) for seed in seeds]
        measurements = [measure(run, data) for run in runs]
        text = json.dumps(measurements, separators=(",", ":")) + "\n"
        write_text(MEASUREMENTS / f"{name}.json", text)
        results = json.loads(RESULTS.read_text(encoding="utf-8"))
        results[name] |= summarize(measurements, RECIPES[name])
        write_text(RESULTS, json.dumps(results, indent=2) + "\n")
        print(f"{name}: errors {results[name]['errors']}", flush=True)


if __name__ == "__main__":
    main()
