"""Training speed of the lesson's CNN in several frameworks, with the same batch, optimizer, and threads.

    python benchmarks/throughput.py

Every program is a separate process. The programs take turns, so that other load on the machine affects all of
them, and waiting programs are stopped. The first turn of each program is a warm-up and is not counted.
"""

import sys
from statistics import median
from time import perf_counter

from bench import (
    QUICK,
    WORKERS,
    format_range,
    peer_versions,
    peers_python,
    print_table,
    run_interleaved,
    save_results,
)

from inklab.data import load_mnist
from inklab.training import Training, find_recipe

STEPS = 50 if QUICK else 100
TURNS = 3 if QUICK else 9


def lesson_cnn() -> dict[str, list[float]]:
    """Return program -> milliseconds per step of each turn."""
    peers_executable, own = peers_python(), sys.executable
    commands = {
        "PyTorch, as its example": [peers_executable, str(WORKERS / "pytorch_lesson.py")],
        "Keras on TensorFlow": [peers_executable, str(WORKERS / "keras_lesson.py")],
        "JAX, jitted": [peers_executable, str(WORKERS / "jax_lesson.py")],
        "inklab, float32": [own, str(WORKERS / "inklab_lesson.py"), "float32"],
        "inklab, auto": [own, str(WORKERS / "inklab_lesson.py"), "auto"],
    }
    turns = run_interleaved(commands, turns=TURNS, steps=STEPS)
    return {name: [1000 * seconds / STEPS for seconds in turn] for name, turn in turns.items()}


def softmax() -> list[float]:
    """Return the seconds of the lesson's 1,000 steps of softmax regression, for each turn."""
    train = load_mnist().train
    seconds = []
    for _ in range(TURNS + 1):
        training = Training(find_recipe("lesson-softmax"), train)
        start = perf_counter()
        training.run()
        seconds.append(perf_counter() - start)
    return seconds[1:]


def main() -> None:
    """Measure, print the result, and save it."""
    milliseconds = lesson_cnn()
    medians = {name: median(values) for name, values in milliseconds.items()}
    fastest = min(value for name, value in medians.items() if "inklab" not in name)
    plain = medians["PyTorch, as its example"]
    rows: list[tuple[object, ...]] = [("program", "ms per step", "x fastest peer", "x PyTorch")]
    rows += [
        (name, format_range(values), f"{fastest / medians[name]:.2f}", f"{plain / medians[name]:.2f}")
        for name, values in milliseconds.items()
    ]
    print_table(
        f"The lesson's CNN, batch 50: {TURNS} turns of {STEPS} steps, median (minimum to maximum)", rows
    )
    seconds = softmax()
    print(f"\nSoftmax regression, 1,000 steps of 50: {format_range(seconds)} s")
    save_results("throughput", {"ms_a_step": milliseconds, "softmax_s": seconds}, peer_versions())


if __name__ == "__main__":
    main()
