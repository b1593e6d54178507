"""What every benchmark needs: workers that take turns, a table, and a line in results.jsonl."""

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
PEERS = HERE / ".peers"  # an environment of its own: tensorflow and jax are no business of inklab's
THREADS = 2
if hasattr(os, "sched_setaffinity"):  # every worker inherits these cores, and takes a thread for each
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
QUICK = os.environ.get("QUICK", "") not in {"", "0"}


def peers_python() -> str:
    """Return the Python that has the peers, installed the first time (about two minutes)."""
    python = PEERS / "bin/python"
    done = PEERS / "installed.txt"
    wanted = (WORKERS / "requirements.txt").read_text(encoding="utf-8")
    if not done.exists() or done.read_text(encoding="utf-8") != wanted:
        print("installing the peers into benchmarks/.peers", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", PEERS], check=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]
        subprocess.run([*install, WORKERS / "requirements.txt"], check=True, stderr=subprocess.DEVNULL)
        done.write_text(wanted, encoding="utf-8")
    return str(python)


@contextmanager
def mnist_arrays() -> Iterator[Path]:
    """Give a folder with the bundled MNIST as .npy files, for the peers."""
    data = load_mnist()
    with tempfile.TemporaryDirectory() as name:
        for split in (data.train, data.test):
            np.save(Path(name) / f"{split.name}_images.npy", split.images)
            np.save(Path(name) / f"{split.name}_labels.npy", split.labels)
        yield Path(name)


class Worker:
    """A process that trains when asked, and is stopped by a signal while others have their turn."""

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
        """Let it work for one turn and return the numbers that it answers: seconds first."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.send_signal(signal.SIGCONT)
        self._process.stdin.write("turn\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().split()
        if not answer:
            raise SystemExit(f"{self._process.args} gave no answer; run it by hand to see why")
        self._process.send_signal(signal.SIGSTOP)
        return [float(number) for number in answer]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


def interleaved(commands: Mapping[str, Sequence[str]], *, turns: int, steps: int) -> dict[str, list[float]]:
    """Return name -> seconds of each turn of so many steps; the workers take turns, after one to warm up."""
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


def spread(values: Sequence[float]) -> str:
    """Return "median (lowest to highest)"."""
    return f"{median(values):.3g} ({min(values):.3g} to {max(values):.3g})"


def show(title: str, rows: Sequence[Sequence[object]]) -> None:
    """Print a table; the first row is its heading."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in texts) for i in range(len(texts[0]))]
    print(f"\n{title}\non {this_machine()}\n")
    for row in texts:
        first, *rest = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join([first, *rest]).rstrip())
    sys.stdout.flush()


def keep(benchmark: str, figures: Mapping[str, Any], versions: Mapping[str, str] | None = None) -> None:
    """Append what was found to results.jsonl, with the date, the commit and the machine."""
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
    """Return the versions of the peers, as they are pinned."""
    lines = (WORKERS / "requirements.txt").read_text(encoding="utf-8").split()
    return dict(line.split("==") for line in lines)


def _commit() -> str:
    described = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(described, cwd=HERE, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
