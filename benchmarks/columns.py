"""What does a column cost in turn, on a worker of Ray, and on two workers at once?

python benchmarks/columns.py
"""

import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import torch
from bench import QUICK, keep, show, spread

from inklab.data import Dataset, load_mnist
from inklab.runs import Run, prepare_ray, unfinished_trainings
from inklab.training import find_recipe

STEPS = 30 if QUICK else 100
ROUNDS = 2 if QUICK else 5
RECIPE = find_recipe("mcdnn", steps=STEPS, log_every=STEPS, eval_every=STEPS)
Train = Callable[[Run, Dataset], set[int]]
"""Trains a run and returns the processes that did."""


def in_turn(run: Run, data: Dataset) -> set[int]:
    """Train the columns one after another, here."""
    for part, training in unfinished_trainings(run, data):
        list(part.train(training))
    return set()


def on_workers(run: Run, data: Dataset) -> set[int]:
    """Train the columns at once, on the Ray that this process is connected to."""
    from inklab.runs.ray_members import RayColumns  # noqa: PLC0415  (when Ray has been told to keep to itself)

    return {int(line.rpartition(" ")[2]) for line in RayColumns(run, data) if ": on " in line}


def seconds_used(processes: set[int]) -> float:
    """Return the seconds of the processor that these and this process have taken."""
    texts = [Path(f"/proc/{process}/stat").read_text(encoding="utf-8") for process in processes]
    ticks = sum(int(field) for text in texts for field in text.rpartition(")")[2].split()[11:13])
    return process_time() + ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure in turns, print, and keep."""
    torch.set_num_threads(1)
    prepare_ray()
    from inklab.runs.ray_members import connected  # noqa: PLC0415

    data, numbers = load_mnist(), count()
    ways: dict[str, tuple[int, Train]] = {
        "in turn": (1, in_turn),
        "on one worker": (1, on_workers),
        "on two workers at once": (2, on_workers),
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    used: dict[str, list[float]] = {way: [] for way in ways}
    start = perf_counter()
    with tempfile.TemporaryDirectory() as folder, connected():
        started = perf_counter() - start

        def train(columns: int, way: Train) -> set[int]:
            recipe = replace(RECIPE, members=RECIPE.members[:columns])
            return way(Run.create(Path(folder) / str(next(numbers)), recipe, data), data)

        processes = train(2, on_workers)
        warm = perf_counter() - start - started
        for _ in range(ROUNDS):
            for name, (columns, way) in ways.items():
                start, before = perf_counter(), seconds_used(processes)
                train(columns, way)
                seconds[name].append((perf_counter() - start) / columns)
                used[name].append((seconds_used(processes) - before) / columns)
    load = os.getloadavg()[1]
    rows: list[tuple[object, ...]] = [("a column", "seconds", "seconds of the processor")]
    rows += [(name, spread(seconds[name]), spread(used[name])) for name in ways]
    show(f"mcdnn, {STEPS} steps a column, one thread each; load average {load:.1f}", rows)
    print(f"\nRay started in {started:.1f} s; the first two columns took {warm:.1f} s")
    gain = median(seconds["on one worker"]) / median(seconds["on two workers at once"])
    print(f"two workers train {gain:.2f} times as many columns as one")
    figures = {
        "steps": STEPS,
        "seconds": seconds,
        "used": used,
        "started": started,
        "warm": warm,
        "load": load,
    }
    keep("columns", figures)


if __name__ == "__main__":
    main()
