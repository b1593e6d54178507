"""Measure what snapshots cost a training, and how many a page receives per second.

Pairs of runs of one recipe, one without and one with snapshots, alternate in order. The result is the median
of the pairs' ratios, in wall time and in processor time, which depends less on other work on the machine.
`python benchmarks/snapshots.py` prints one JSON document.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from inklab.data import Dataset, load_mnist
from inklab.runs import Run
from inklab.training import find_recipe
from inklab.utils.hardware import this_machine

READER = """
import os, select, sys
folder, requests_snapshots = sys.argv[1:]
times = set()
print("ready", flush=True)
while not select.select([sys.stdin], [], [], 0.05)[0]:
    if requests_snapshots:
        open(folder + "/snapshot-request", "a").close()
        os.utime(folder + "/snapshot-request")
    try:
        times.add(os.stat(folder + "/snapshot.safetensors").st_mtime_ns)
    except OSError:
        pass
print(len(times))
"""


def main() -> None:
    """Measure the recipes and print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipes", nargs="+", default=["lesson-softmax", "lesson-cnn", "fast-99", "mlp"])
    parser.add_argument("--seconds", type=float, default=6, help="approximate training time of a run")
    parser.add_argument("--pairs", type=int, default=7)
    options = parser.parse_args()
    data, load_before = load_mnist(), os.getloadavg()[0]
    recipes = {name: measure(name, data, options.seconds, options.pairs) for name in options.recipes}
    document = {"recipes": recipes, "machine": this_machine().to_dict(), "load_average_before": load_before}
    print(json.dumps(document, indent=2))


def measure(name: str, data: Dataset, seconds: float, pairs: int) -> dict[str, float]:
    """Return the cost of snapshots for a recipe, in runs of about this many seconds."""
    first = train(name, 20, data, with_snapshots=False)
    steps = max(20, int(20 * seconds / first["clock_s"]))
    ratios: dict[str, list[float]] = {"clock_s": [], "processor_s": []}
    rates = []
    for pair in range(pairs):
        order = [False, True] if pair % 2 else [True, False]
        runs = {
            with_snapshots: train(name, steps, data, with_snapshots=with_snapshots)
            for with_snapshots in order
        }
        for kind, values in ratios.items():
            values.append(runs[True][kind] / runs[False][kind])
        rates.append(runs[True]["snapshots"] / runs[True]["clock_s"])
    return {
        "steps": steps,
        "ms_per_step_without": 1000 * runs[False]["clock_s"] / steps,
        "clock_ratio": statistics.median(ratios["clock_s"]),
        "clock_ratio_min": min(ratios["clock_s"]),
        "clock_ratio_max": max(ratios["clock_s"]),
        "processor_ratio": statistics.median(ratios["processor_s"]),
        "snapshots_per_s": statistics.median(rates),
    }


def train(name: str, steps: int, data: Dataset, *, with_snapshots: bool) -> dict[str, float]:
    """Train for some steps beside a process that polls for snapshots, and requests them or not."""
    recipe = find_recipe(name, steps=steps, log_every=10**6, eval_every=10**6)
    with tempfile.TemporaryDirectory() as folder:
        run = Run.create(Path(folder) / "run", recipe, data)
        reports = run.train(run.resume(data))
        next(reports)  # the first report includes the validation
        command = [sys.executable, "-c", READER, str(run.path), "request" if with_snapshots else ""]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
            assert reader.stdout is not None
            reader.stdout.readline()  # the reader is ready
            clock, processor = time.perf_counter(), time.process_time()
            next(reports)  # the last report
            clock, processor = time.perf_counter() - clock, time.process_time() - processor
            list(reports)
            snapshots, _ = reader.communicate("done\n")
    return {"clock_s": clock, "processor_s": processor, "snapshots": int(snapshots)}


if __name__ == "__main__":
    main()
