"""Train every recipe with several seeds and write what came of it to src/inklab/training/results.json.

    python benchmarks/reproduce.py [RECIPE...] [--seeds N]

Each seed is a run folder in runs/reproduce; one that was stopped is resumed, one that is finished is kept.
"""

import argparse
import json
from pathlib import Path
from statistics import median

from inklab.data import DataSet, load_mnist
from inklab.training import RECIPES, Recipe, Run, find_recipe, trainings

RESULTS = Path(__file__).parent.parent / "src/inklab/training/results.json"
RUNS = Path("runs/reproduce")
SEEDS = {"lesson-cnn-full": 5, "fast-99": 20, "fast-99.5": 10}


def trained(path: Path, recipe: Recipe, data: DataSet) -> Run:
    """Return the finished run of a recipe in this folder, trained as far as it has not been."""
    begun = (path / "recipe.json").exists()
    run = Run.open(path) if begun else Run.create(path, recipe, data)
    for part, training in trainings(run, data):
        for progress in part.record(training):
            print(f"{part.path}: {progress}", flush=True)
    return run


def seconds_of(run: Run) -> float:
    """Return the seconds of training that a run, or all columns of a committee, took."""
    return sum(part.progress()[-1].elapsed_s for part in run.columns or [run])


def main() -> None:
    """Reproduce the recipes that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipes", nargs="*", default=list(RECIPES), metavar="RECIPE")
    parser.add_argument(
        "--seeds", type=int, help="how many; by default 3, and as many as its goal names for a fast recipe"
    )
    options = parser.parse_args()
    data = load_mnist()
    for name in options.recipes:
        seeds = range(options.seeds or SEEDS.get(name, 3))
        runs = [trained(RUNS / f"{name}-{seed}", find_recipe(name, seed=seed), data) for seed in seeds]
        reports = [run.evaluate(data) for run in runs]
        results = json.loads(RESULTS.read_text(encoding="utf-8"))
        results[name] |= {
            "seeds": list(seeds),
            "errors": [round(1 - report.accuracy, 6) for report in reports],
            "elapsed_s": round(median(seconds_of(run) for run in runs), 1),
            "machine": str(runs[0].machine),
        }
        RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
        print(f"{name}: errors {results[name]['errors']}", flush=True)


if __name__ == "__main__":
    main()
