"""Is bfloat16 as accurate as float32? Test error rates of a recipe with precision `auto` and `float32`.

    python benchmarks/precision.py [lesson-cnn | lesson-cnn-full]

Run the benchmark on a machine where `auto` is bfloat16. It trains five seeds, each in a run folder; the runs
with `auto` are those of `make zoo`. Stopped runs are resumed, and finished runs are reused. The difference of
the two means has the standard error sqrt(s1^2 / n + s2^2 / n), with the deviations s1 and s2 over n seeds.
"""

import argparse
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev

from bench import print_table, save_results
from reproduce import RUNS, train

from inklab.data import load_mnist
from inklab.training import find_recipe

SEEDS = range(5)
FLOAT32_RUNS = Path("runs/precision")


def main() -> None:
    """Train the missing runs, compare them, print the result, and save it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", nargs="?", default="lesson-cnn")
    name = parser.parse_args().recipe
    data = load_mnist()
    errors: dict[str, list[float]] = {}
    for precision, folder in (("auto", RUNS), ("float32", FLOAT32_RUNS)):
        recipes = [find_recipe(name, seed=seed, precision=precision) for seed in SEEDS]
        runs = [train(folder / f"{name}-{recipe.seed}", recipe, data) for recipe in recipes]
        errors[precision] = [1 - run.evaluate(data).accuracy for run in runs]
    rows: list[tuple[object, ...]] = [("precision", "test error rate", "standard deviation")]
    rows += [(precision, f"{fmean(rates):.3%}", f"{stdev(rates):.3%}") for precision, rates in errors.items()]
    print_table(f"{name}, {len(SEEDS)} seeds", rows)
    auto, full = errors.values()
    standard_error = sqrt((stdev(auto) ** 2 + stdev(full) ** 2) / len(SEEDS))
    print(f"\nauto - float32: {fmean(auto) - fmean(full):+.3%}; standard error: {standard_error:.3%}")
    save_results("precision", {"recipe": name, "errors": errors})


if __name__ == "__main__":
    main()
