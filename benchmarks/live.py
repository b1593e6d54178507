"""What it costs a training to be watched, and how often a second whoever watches sees something new.

Pairs of runs of one recipe, one unwatched and one watched, take turns at going first; the median of the pairs'
ratios counts, in seconds of the clock and in those of the processor, which other work on the machine changes less.
`python benchmarks/live.py` prints one JSON document.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from threading import Event, Thread

from inklab.data import DataSet, load_mnist
from inklab.machine import this_machine
from inklab.training import Run, find_recipe, watch

LIVE = "live.safetensors"


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


def measured(name: str, data: DataSet, seconds: float, pairs: int) -> dict[str, float]:
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


def trained(name: str, steps: int, data: DataSet, *, is_watched: bool) -> dict[str, float]:
    """Train for so many steps, with another thread looking for snapshots in either case."""
    recipe = find_recipe(name, steps=steps, report_every=10**6, valid_every=10**6)
    with tempfile.TemporaryDirectory() as folder:
        run = Run.create(Path(folder) / "run", recipe, data)
        training, done, seen = run.resume(data), Event(), set()

        def looking() -> None:
            while not done.wait(0.02):
                if is_watched:
                    watch(run.path)
                if (run.path / LIVE).exists():
                    seen.add((run.path / LIVE).stat().st_mtime_ns)

        watcher = Thread(target=looking)
        reports = run.record(training)
        next(reports)  # the first report looks at the valid split
        watcher.start()
        clock, processor = time.perf_counter(), time.process_time()
        while training.step < steps:
            next(reports)
        clock, processor = time.perf_counter() - clock, time.process_time() - processor
        reports.close()
        done.set()
        watcher.join()
    return {"clock_s": clock, "processor_s": processor, "snapshots": len(seen)}


if __name__ == "__main__":
    main()
