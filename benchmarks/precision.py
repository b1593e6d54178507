"""Is bfloat16 as accurate as float32? A recipe with `auto` and with float32: errors on test.

    python benchmarks/precision.py [lesson-cnn | lesson-cnn-full]

Run it where `auto` is bfloat16. Each of five seeds is a run folder, those with `auto` are the ones of
`make zoo`; one that was stopped is resumed, one that is finished is kept. The noise of the difference
of the two means is sqrt(s1^2 / n + s2^2 / n), s1 and s2 being the deviations over the n seeds.
"""

import argparse
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev

from bench import keep, show
from reproduce import RUNS, trained

from inklab.data import load_mnist
from inklab.training import find_recipe

SEEDS = range(5)
IN_FLOAT32 = Path("runs/precision")


def main() -> None:
    """Train what has not been trained, compare, print, and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", nargs="?", default="lesson-cnn")
    name = parser.parse_args().recipe
    data = load_mnist()
    errors: dict[str, list[float]] = {}
    for precision, folder in (("auto", RUNS), ("float32", IN_FLOAT32)):
        recipes = [find_recipe(name, seed=seed, precision=precision) for seed in SEEDS]
        runs = [trained(folder / f"{name}-{recipe.seed}", recipe, data) for recipe in recipes]
        errors[precision] = [1 - run.evaluate(data).accuracy for run in runs]
    rows: list[tuple[object, ...]] = [("precision", "error on test", "deviation")]
    rows += [(precision, f"{fmean(found):.3%}", f"{stdev(found):.3%}") for precision, found in errors.items()]
    show(f"{name}, {len(SEEDS)} seeds", rows)
    auto, full = errors.values()
    noise = sqrt((stdev(auto) ** 2 + stdev(full) ** 2) / len(SEEDS))
    print(f"\nauto - float32: {fmean(auto) - fmean(full):+.3%}; noise of this difference: {noise:.3%}")
    keep("precision", {"recipe": name, "errors": errors})


if __name__ == "__main__":
    main()
