"""Training time to 99% test accuracy: the recipe fast-99 against two published examples.

    python benchmarks/time_to_accuracy.py

The examples of PyTorch and Keras train in epochs and are evaluated on the test set after each, as their
authors do. Their time is the training time up to the first epoch that reaches the goal. This favors them,
since it selects the best moment. The recipe of inklab runs once per epoch of the examples, each time from
scratch and with another seed. Its time is that of a whole training, and its accuracy is the mean over the
seeds. Only one program trains at a time.
"""

import sys
from contextlib import ExitStack
from statistics import fmean, median, stdev

from bench import (
    QUICK,
    WORKERS,
    Worker,
    format_range,
    mnist_arrays,
    peer_versions,
    peers_python,
    print_table,
    save_results,
)

GOAL = 0.99
MIN_RUNS = 3  # of the recipe
PEERS = (
    {}
    if QUICK
    else {"PyTorch's example": ("pytorch_example.py", 14), "Keras' example": ("keras_example.py", 15)}
)


def main() -> None:
    """Measure, print the result, and save it."""
    seconds: dict[str, float] = dict.fromkeys(PEERS, 0.0)
    curves: dict[str, list[tuple[float, float]]] = {name: [] for name in PEERS}
    runs: list[tuple[float, float]] = []
    with mnist_arrays() as data, ExitStack() as stack:
        environment = {"BENCH_DATA": str(data)}
        own = stack.enter_context(
            Worker([sys.executable, str(WORKERS / "inklab_recipe.py"), "fast-99"], environment)
        )
        peers = {
            name: stack.enter_context(Worker([peers_python(), str(WORKERS / script)], environment))
            for name, (script, _) in PEERS.items()
        }
        while peers or len(runs) < MIN_RUNS:
            runs.append(_pair(own.turn()))
            for name in list(peers):
                spent, accuracy = _pair(peers[name].turn())
                seconds[name] += spent
                curves[name].append((seconds[name], accuracy))
                print(f"{name}: {seconds[name]:.0f} s, {accuracy:.2%}", file=sys.stderr, flush=True)
                if accuracy >= GOAL or len(curves[name]) == PEERS[name][1]:
                    del peers[name]
    own_s = median(spent for spent, _ in runs)
    deviation = stdev(accuracy for _, accuracy in runs)
    rows: list[tuple[object, ...]] = [("program", "training s", "test accuracy", "x inklab's time")]
    mean = fmean(accuracy for _, accuracy in runs)
    reached = f"{mean:.2%} +- {deviation:.2%}, {len(runs)} seeds"
    rows.append(("inklab, fast-99", format_range([spent for spent, _ in runs]), reached, 1))
    for name, curve in curves.items():
        spent, accuracy = curve[-1]
        reached = f"{accuracy:.2%} after epoch {len(curve)}"
        rows.append((name, f"{spent:.1f}", reached, f"{spent / own_s:.0f}"))
    print_table(f"Time to {GOAL:.0%} test accuracy on MNIST", rows)
    save_results("time-to-accuracy", {"inklab": runs, "peers": curves}, peer_versions())


def _pair(numbers: list[float]) -> tuple[float, float]:
    spent, accuracy = numbers
    return spent, accuracy


if __name__ == "__main__":
    main()
