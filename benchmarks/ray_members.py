"""Measure what training an ensemble member costs: sequentially, on one Ray worker, and on two in parallel.

python benchmarks/ray_members.py
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
from bench import QUICK, format_range, print_table, save_results

from inklab.data import Dataset, load_mnist
from inklab.runs import Run, prepare_ray, unfinished_trainings
from inklab.training import find_recipe

STEPS = 30 if QUICK else 100
ROUNDS = 2 if QUICK else 5
RECIPE = find_recipe("mcdnn", steps=STEPS, log_every=STEPS, eval_every=STEPS)
Train = Callable[[Run, Dataset], set[int]]
"""A function that trains a run and returns the ids of the worker processes."""


def train_sequentially(run: Run, data: Dataset) -> set[int]:
    """Train the members one after another in this process."""
    for member, training in unfinished_trainings(run, data):
        list(member.train(training))
    return set()


def train_on_workers(run: Run, data: Dataset) -> set[int]:
    """Train the members in parallel on the Ray that this process is connected to."""
    from inklab.runs.ray_members import RayTraining  # noqa: PLC0415  (after `prepare_ray`)

    return {int(line.rpartition(" ")[2]) for line in RayTraining(run, data) if ": on " in line}


def processor_seconds(processes: set[int]) -> float:
    """Return the processor time of this process and of the given ones."""
    texts = [Path(f"/proc/{process}/stat").read_text(encoding="utf-8") for process in processes]
    ticks = sum(int(field) for text in texts for field in text.rpartition(")")[2].split()[11:13])
    return process_time() + ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure in interleaved rounds, print, and store the results."""
    torch.set_num_threads(1)
    prepare_ray()
    from inklab.runs.ray_members import ray_connection  # noqa: PLC0415

    data, numbers = load_mnist(), count()
    methods: dict[str, tuple[int, Train]] = {
        "sequential": (1, train_sequentially),
        "on one worker": (1, train_on_workers),
        "on two workers in parallel": (2, train_on_workers),
    }
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    used: dict[str, list[float]] = {name: [] for name in methods}
    start = perf_counter()
    with tempfile.TemporaryDirectory() as folder, ray_connection():
        ray_start_s = perf_counter() - start

        def train(members: int, method: Train) -> set[int]:
            recipe = replace(RECIPE, members=RECIPE.members[:members])
            return method(Run.create(Path(folder) / str(next(numbers)), recipe, data), data)

        processes = train(2, train_on_workers)
        first_s = perf_counter() - start - ray_start_s
        for _ in range(ROUNDS):
            for name, (members, method) in methods.items():
                start, used_before = perf_counter(), processor_seconds(processes)
                train(members, method)
                seconds[name].append((perf_counter() - start) / members)
                used[name].append((processor_seconds(processes) - used_before) / members)
    load = os.getloadavg()[1]
    rows: list[tuple[object, ...]] = [("one member", "seconds", "processor seconds")]
    rows += [(name, format_range(seconds[name]), format_range(used[name])) for name in methods]
    print_table(f"mcdnn, {STEPS} steps per member, one thread each; load average {load:.1f}", rows)
    print(f"\nRay started in {ray_start_s:.1f} s; the first two members took {first_s:.1f} s")
    gain = median(seconds["on one worker"]) / median(seconds["on two workers in parallel"])
    print(f"two workers train {gain:.2f} times as many members as one")
    figures = {
        "steps": STEPS,
        "seconds": seconds,
        "used": used,
        "started": ray_start_s,
        "warm": first_s,
        "load": load,
    }
    save_results("ray_members", figures)


if __name__ == "__main__":
    main()
