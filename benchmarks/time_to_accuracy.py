"""How soon is 99% of the test digits right? inklab's recipe beside two published examples.

    python benchmarks/time_to_accuracy.py

The examples of PyTorch and Keras train epoch by epoch and are measured on test after each, as their authors
do; the time is that of training up to the first epoch that reaches the mark, which favours them, for it picks
a moment. inklab's recipe is trained whole, from scratch, once beside each of their epochs, with a new seed
each time; its time is that of a whole training, its accuracy the mean over the seeds. Only one of them
trains at a time.
"""

import sys
from contextlib import ExitStack
from statistics import fmean, median, stdev

from bench import QUICK, WORKERS, Worker, keep, mnist_arrays, peer_versions, peers_python, show, spread

MARK = 0.99
RUNS = 3  # of inklab's at least
PEERS = (
    {}
    if QUICK
    else {"PyTorch's example": ("pytorch_example.py", 14), "Keras' example": ("keras_example.py", 15)}
)


def main() -> None:
    """Measure, print, and keep."""
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
        while peers or len(runs) < RUNS:
            runs.append(_pair(own.turn()))
            for name in list(peers):
                spent, accuracy = _pair(peers[name].turn())
                seconds[name] += spent
                curves[name].append((seconds[name], accuracy))
                print(f"{name}: {seconds[name]:.0f} s, {accuracy:.2%}", file=sys.stderr, flush=True)
                if accuracy >= MARK or len(curves[name]) == PEERS[name][1]:
                    del peers[name]
    ours = median(spent for spent, _ in runs)
    deviation = stdev(accuracy for _, accuracy in runs)
    rows: list[tuple[object, ...]] = [("program", "training s", "accuracy on test", "x inklab's time")]
    mean = fmean(accuracy for _, accuracy in runs)
    reached = f"{mean:.2%} +- {deviation:.2%}, {len(runs)} seeds"
    rows.append(("inklab, fast-99", spread([spent for spent, _ in runs]), reached, 1))
    for name, curve in curves.items():
        spent, accuracy = curve[-1]
        when = f"{accuracy:.2%} after epoch {len(curve)}"
        rows.append((name, f"{spent:.1f}", when, f"{spent / ours:.0f}"))
    show(f"Time to {MARK:.0%} of MNIST test", rows)
    keep("time-to-accuracy", {"inklab": runs, "peers": curves}, peer_versions())


def _pair(numbers: list[float]) -> tuple[float, float]:
    spent, accuracy = numbers
    return spent, accuracy


if __name__ == "__main__":
    main()
