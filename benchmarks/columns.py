"""How much sooner is a committee trained by two workers of Ray than by one, and than in turn?

python benchmarks/columns.py
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time

import torch
from bench import QUICK, keep, show, spread

from inklab.data import DataSet, load_mnist
from inklab.training import Run, find_recipe, on_ray, prepare_ray, trainings

STEPS = 30 if QUICK else 60
ROUNDS = 1 if QUICK else 2
COLUMNS = 2
RECIPE = find_recipe("mcdnn", steps=STEPS, report_every=STEPS, valid_every=STEPS)
WAYS = ("in turn", "1 worker", "2 workers")


@contextmanager
def cluster(workers: int) -> Iterator[None]:
    """Be where RAY_ADDRESS names a Ray with so many cores."""
    prepare_ray()
    from ray.cluster_utils import Cluster  # noqa: PLC0415  (Ray is told to keep to this machine before)

    node = {"num_cpus": workers, "object_store_memory": 2**28, "include_dashboard": False}
    nodes = Cluster(initialize_head=True, head_node_args=node)
    os.environ["RAY_ADDRESS"] = nodes.address
    yield
    del os.environ["RAY_ADDRESS"]
    nodes.shutdown()


def in_turn(run: Run, data: DataSet) -> list[float]:
    """Return the seconds until all columns are trained, and those of the processor."""
    start, used = perf_counter(), process_time()
    for part, training in trainings(run, data):
        list(part.record(training))
    return [perf_counter() - start, process_time() - used]


def on_workers(run: Run, data: DataSet, workers: int) -> list[float]:
    """Return the same from joining a Ray that runs, its own processes being left out."""
    with cluster(workers):
        start, used = perf_counter(), process_time()
        with on_ray(run, data) as columns:
            lines = list(columns)
            seconds = perf_counter() - start
            processes = {int(line.rpartition(" ")[2]) for line in lines if ": on " in line}
            return [seconds, process_time() - used + sum(map(seconds_used, processes))]


def seconds_used(process: int) -> float:
    """Return the processor's seconds that a process has taken since it began."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure in turns, print, and keep."""
    torch.set_num_threads(1)
    data = load_mnist()
    recipe = replace(RECIPE, columns=RECIPE.columns[:COLUMNS])
    found: dict[str, list[list[float]]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS):
            for workers, way in enumerate(WAYS):
                run = Run.create(Path(folder) / f"{number}-{workers}", recipe, data)
                found[way].append(on_workers(run, data, workers) if workers else in_turn(run, data))
    rows: list[tuple[object, ...]] = [("", "seconds", "seconds of the processor")]
    rows += [(way, *(spread(column) for column in zip(*found[way], strict=True))) for way in WAYS]
    load = os.getloadavg()[1]
    show(f"{COLUMNS} columns of mcdnn, {STEPS} steps each, a thread a column; load average {load:.1f}", rows)
    keep("columns", {"columns": COLUMNS, "steps": STEPS, "seconds": found, "load": load})


if __name__ == "__main__":
    main()
