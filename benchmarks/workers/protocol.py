"""The protocol between a benchmark and its workers: one line requests a turn, one line has its results."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

BATCH = 50
STEPS = int(os.environ.get("BENCH_STEPS", "100"))  # per turn


def arrays() -> dict[str, np.ndarray]:
    """Return train_images (55000, 28, 28) uint8, train_labels int64, test_images, and test_labels."""
    folder = Path(os.environ["BENCH_DATA"])
    return {path.stem: np.load(path) for path in folder.glob("*.npy")}


def serve_turns(train: Callable[[], None]) -> None:
    """Train STEPS steps per input line, and print the seconds."""
    for _ in sys.stdin:
        start = perf_counter()
        train()
        print(perf_counter() - start, flush=True)


def serve_epochs(train: Callable[[], None], accuracy: Callable[[], float]) -> None:
    """Train one epoch per input line, and print its seconds and the test accuracy after it."""
    for _ in sys.stdin:
        start = perf_counter()
        train()
        seconds = perf_counter() - start
        print(seconds, accuracy(), flush=True)


def layers() -> list[tuple[str, dict[str, Any], list[np.ndarray]]]:
    """Return kind, numbers, and weights of each layer of a network, as benchmarks/reading.py writes them."""
    folder = Path(os.environ["BENCH_DATA"])
    weights = np.load(folder / "weights.npz")
    entries = json.loads((folder / "layers.json").read_text(encoding="utf-8"))
    return [(kind, numbers, [weights[name] for name in names]) for kind, numbers, names in entries]


def serve_predictions(logits_of: Callable[[], np.ndarray], labels: np.ndarray) -> None:
    """Classify all images per input line, and print seconds, CPU seconds, and accuracy."""
    for _ in sys.stdin:
        start, cpu_start = perf_counter(), process_time()
        logits = logits_of()
        seconds, cpu_seconds = perf_counter() - start, process_time() - cpu_start
        print(seconds, cpu_seconds, float((logits[:, :10].argmax(axis=1) == labels).mean()), flush=True)
