"""How fast is the lesson's network beside its peers? The same network, batch, optimiser, data and threads.

    python benchmarks/throughput.py

Every program is a process of its own; they take turns, so that a busy moment of the machine meets them all,
and those that wait are stopped. The first turn of each warms it up and is not counted.
"""

import sys
from statistics import median
from time import perf_counter

from bench import QUICK, WORKERS, interleaved, keep, peer_versions, peers_python, show, spread

from inklab.data import load_mnist
from inklab.training import Training, find_recipe

STEPS = 50 if QUICK else 100
TURNS = 3 if QUICK else 9


def lesson_cnn() -> dict[str, list[float]]:
    """Return program -> milliseconds a step, a turn each."""
    peers, own = peers_python(), sys.executable
    commands = {
        "PyTorch, as its example": [peers, str(WORKERS / "pytorch_lesson.py")],
        "Keras on TensorFlow": [peers, str(WORKERS / "keras_lesson.py")],
        "JAX, jitted": [peers, str(WORKERS / "jax_lesson.py")],
        "inklab, float32": [own, str(WORKERS / "inklab_lesson.py"), "float32"],
        "inklab, auto": [own, str(WORKERS / "inklab_lesson.py"), "auto"],
    }
    turns = interleaved(commands, turns=TURNS, steps=STEPS)
    return {name: [1000 * seconds / STEPS for seconds in turn] for name, turn in turns.items()}


def softmax() -> list[float]:
    """Return the seconds that the lesson's 1,000 steps of softmax regression take, each time."""
    train = load_mnist().train
    found = []
    for _ in range(TURNS + 1):
        training = Training(find_recipe("lesson-softmax"), train)
        start = perf_counter()
        for _ in training:
            pass
        found.append(perf_counter() - start)
    return found[1:]


def main() -> None:
    """Measure, print, and keep."""
    milliseconds = lesson_cnn()
    medians = {name: median(values) for name, values in milliseconds.items()}
    fastest = min(value for name, value in medians.items() if "inklab" not in name)
    plain = medians["PyTorch, as its example"]
    rows: list[tuple[object, ...]] = [("program", "ms a step", "x fastest peer", "x PyTorch")]
    rows += [
        (name, spread(values), f"{fastest / medians[name]:.2f}", f"{plain / medians[name]:.2f}")
        for name, values in milliseconds.items()
    ]
    show(f"The lesson's CNN, batch 50: {TURNS} turns of {STEPS} steps, median (lowest to highest)", rows)
    seconds = softmax()
    print(f"\nSoftmax regression, 1,000 steps of 50: {spread(seconds)} s")
    keep("throughput", {"ms_a_step": milliseconds, "softmax_s": seconds}, peer_versions())


if __name__ == "__main__":
    main()
