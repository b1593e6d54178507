"""Shared by all benchmarks: workers that take turns, printed tables, and results.jsonl."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Self

import numpy as np

from inklab.data import load_mnist
from inklab.utils.hardware import this_machine

HERE = Path(__file__).parent
RESULTS = HERE / "results.jsonl"
WORKERS = HERE / "workers"
PEERS = HERE / ".peers"  # a virtual environment of its own, for tensorflow, jax, and others
THREADS = 2
if hasattr(os, "sched_setaffinity"):  # every worker inherits these cores and uses one thread per core
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
QUICK = os.environ.get("QUICK", "") not in {"", "0"}


def peers_python() -> str:
    """Return the Python of the peers' environment; the first call installs it, in about two minutes."""
    python = PEERS / "bin/python"
    installed = PEERS / "installed.txt"
    requirements = (WORKERS / "requirements.txt").read_text(encoding="utf-8")
    if not installed.exists() or installed.read_text(encoding="utf-8") != requirements:
        print("installing the peers into benchmarks/.peers", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", PEERS], check=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]
        subprocess.run([*install, WORKERS / "requirements.txt"], check=True, stderr=subprocess.DEVNULL)
        installed.write_text(requirements, encoding="utf-8")
    return str(python)


@contextmanager
def mnist_arrays() -> Iterator[Path]:
    """Yield a folder with the bundled MNIST as .npy files, for the peers."""
    data = load_mnist()
    with tempfile.TemporaryDirectory() as name:
        for split in (data.train, data.test):
            np.save(Path(name) / f"{split.name}_images.npy", split.images)
            np.save(Path(name) / f"{split.name}_labels.npy", split.labels)
        yield Path(name)


class Worker:
    """A process that works on request, and is stopped by a signal during the turns of other workers."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": str(THREADS), **environment},
        )

    def turn(self) -> list[float]:
        """Run one turn and return the numbers that the worker prints, seconds first."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.send_signal(signal.SIGCONT)
        self._process.stdin.write("turn\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().split()
        if not answer:
            raise SystemExit(f"{self._process.args} printed nothing; run it directly to see the error")
        self._process.send_signal(signal.SIGSTOP)
        return [float(number) for number in answer]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


def run_interleaved(
    commands: Mapping[str, Sequence[str]], *, turns: int, steps: int
) -> dict[str, list[float]]:
    """Return name -> seconds of each turn; the workers take turns, and the first round is not counted."""
    with mnist_arrays() as data, ExitStack() as stack:
        environment = {"BENCH_DATA": str(data), "BENCH_STEPS": str(steps)}
        workers = {}
        for name, command in commands.items():
            workers[name] = stack.enter_context(Worker(command, environment))
            workers[name].turn()
        seconds: dict[str, list[float]] = {name: [] for name in workers}
        for _ in range(turns):
            for name, worker in workers.items():
                seconds[name] += worker.turn()
        return seconds


def format_range(values: Sequence[float]) -> str:
    """Return "median (minimum to maximum)"."""
    return f"{median(values):.3g} ({min(values):.3g} to {max(values):.3g})"


def print_table(title: str, rows: Sequence[Sequence[object]]) -> None:
    """Print a table; the first row is the header."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in texts) for i in range(len(texts[0]))]
    print(f"\n{title}\non {this_machine()}\n")
    for row in texts:
        first, *rest = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join([first, *rest]).rstrip())
    sys.stdout.flush()


def save_results(
    benchmark: str, figures: Mapping[str, Any], versions: Mapping[str, str] | None = None
) -> None:
    """Append the figures to results.jsonl, with the date, the commit, and the machine."""
    machine = this_machine()
    document = {
        "benchmark": benchmark,
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _commit(),
        "processor": machine.processor,
        "features": list(machine.features),
        "threads": THREADS,
        "versions": {**machine.versions, **(versions or {})},
        "quick": QUICK,
        "figures": figures,
    }
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(document) + "\n")


def peer_versions() -> dict[str, str]:
    """Return the pinned versions of the peers."""
    lines = (WORKERS / "requirements.txt").read_text(encoding="utf-8").split()
    return dict(line.split("==") for line in lines)


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
