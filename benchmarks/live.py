"""What it costs a training to be watched, and how often a second whoever watches sees something new.

Pairs of runs of one recipe, one unwatched and one watched, take turns at going first; the median of the
pairs' ratios counts, in seconds of the clock and in those of the processor, which other work on the machine
changes less.
`python benchmarks/live.py` prints one JSON document.
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

WATCHER = """
import os, select, sys, time
folder, watched = sys.argv[1:]
seen = set()
print("here", flush=True)
while not select.select([sys.stdin], [], [], 0.05)[0]:
    if watched:
        open(folder + "/watched", "a").close()
        os.utime(folder + "/watched")
    try:
        seen.add(os.stat(folder + "/live.safetensors").st_mtime_ns)
    except OSError:
        pass
print(len(seen))
"""


def main() -> None:
    """Measure the recipes and print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipes", nargs="+", default=["lesson-softmax", "lesson-cnn", "fast-99", "mlp"])
    parser.add_argument("--seconds", type=float, default=6, help="of training, about, for each run")
    parser.add_argument("--pairs", type=int, default=7)
    asked = parser.parse_args()
    data, load_before = load_mnist(), os.getloadavg()[0]
    found = {name: measured(name, data, asked.seconds, asked.pairs) for name in asked.recipes}
    document = {"recipes": found, "machine": this_machine().to_dict(), "load_average_before": load_before}
    print(json.dumps(document, indent=2))


def measured(name: str, data: Dataset, seconds: float, pairs: int) -> dict[str, float]:
    """Return how a recipe fares, trained for about so many seconds a run."""
    first = trained(name, 20, data, is_watched=False)
    steps = max(20, int(20 * seconds / first["clock_s"]))
    ratios: dict[str, list[float]] = {"clock_s": [], "processor_s": []}
    rates = []
    for pair in range(pairs):
        order = [False, True] if pair % 2 else [True, False]
        runs = {is_watched: trained(name, steps, data, is_watched=is_watched) for is_watched in order}
        for kind, found in ratios.items():
            found.append(runs[True][kind] / runs[False][kind])
        rates.append(runs[True]["snapshots"] / runs[True]["clock_s"])
    return {
        "steps": steps,
        "ms_a_step_unwatched": 1000 * runs[False]["clock_s"] / steps,
        "clock_ratio": statistics.median(ratios["clock_s"]),
        "clock_ratio_least": min(ratios["clock_s"]),
        "clock_ratio_most": max(ratios["clock_s"]),
        "processor_ratio": statistics.median(ratios["processor_s"]),
        "snapshots_a_second": statistics.median(rates),
    }


def trained(name: str, steps: int, data: Dataset, *, is_watched: bool) -> dict[str, float]:
    """Train for so many steps, with another process looking for snapshots in either case."""
    recipe = find_recipe(name, steps=steps, log_every=10**6, eval_every=10**6)
    with tempfile.TemporaryDirectory() as folder:
        run = Run.create(Path(folder) / "run", recipe, data)
        training = run.resume(data)
        reports = run.train(training)
        next(reports)  # the first report looks at the valid split
        command = [sys.executable, "-c", WATCHER, str(run.path), "watched" if is_watched else ""]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as watcher:
            assert watcher.stdout is not None
            watcher.stdout.readline()  # it is there
            clock, processor = time.perf_counter(), time.process_time()
            next(reports)  # the last one
            clock, processor = time.perf_counter() - clock, time.process_time() - processor
            list(reports)
            snapshots, _ = watcher.communicate("done\n")
    return {"clock_s": clock, "processor_s": processor, "snapshots": int(snapshots)}


if __name__ == "__main__":
    main()
