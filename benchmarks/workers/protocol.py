"""What the benchmark and a worker say to each other: a line asks for a turn, a line answers it."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

BATCH = 50
STEPS = int(os.environ.get("BENCH_STEPS", "100"))  # in a turn


def arrays() -> dict[str, np.ndarray]:
    """Return train_images (55000, 28, 28) uint8, train_labels int64, and the same of test."""
    folder = Path(os.environ["BENCH_DATA"])
    return {path.stem: np.load(path) for path in folder.glob("*.npy")}


def answer_turns(train: Callable[[], None]) -> None:
    """Train STEPS steps whenever a line comes, and print the seconds that it took."""
    for _ in sys.stdin:
        start = perf_counter()
        train()
        print(perf_counter() - start, flush=True)


def answer_epochs(train: Callable[[], None], accuracy: Callable[[], float]) -> None:
    """Train an epoch whenever a line comes; print its seconds and the accuracy on test after it."""
    for _ in sys.stdin:
        start = perf_counter()
        train()
        seconds = perf_counter() - start
        print(seconds, accuracy(), flush=True)


def layers() -> list[tuple[str, dict[str, Any], list[np.ndarray]]]:
    """Return kind, numbers and weights of each layer of a network, as benchmarks/reading.py writes them."""
    folder = Path(os.environ["BENCH_DATA"])
    weights = np.load(folder / "weights.npz")
    written = json.loads((folder / "layers.json").read_text(encoding="utf-8"))
    return [(kind, numbers, [weights[name] for name in names]) for kind, numbers, names in written]


def answer_readings(logits_of: Callable[[], np.ndarray], labels: np.ndarray) -> None:
    """Answer all images whenever a line comes; print seconds, the processor's, and the part that is right."""
    for _ in sys.stdin:
        start, started = perf_counter(), process_time()
        logits = logits_of()
        seconds, used = perf_counter() - start, process_time() - started
        print(seconds, used, float((logits[:, :10].argmax(axis=1) == labels).mean()), flush=True)
