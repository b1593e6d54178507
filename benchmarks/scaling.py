"""Time of a training step by batch size, number of threads, and network size.

python benchmarks/scaling.py
"""

from statistics import median

import torch
from bench import QUICK, THREADS, print_table, save_results

from inklab.data import load_mnist
from inklab.models import build_network, parameter_count
from inklab.training import Training, find_recipe

STEPS = 5 if QUICK else 10
REPORTS = 4 if QUICK else 8
BATCHES = (10, 50, 200) if QUICK else (1, 10, 50, 100, 200, 500)
WIDTHS = (8, 32) if QUICK else (8, 16, 32, 64)


def step_ms(name: str, **changes: object) -> float:
    """Return the median milliseconds per step of a recipe."""
    recipe = find_recipe(name, **changes, steps=STEPS * REPORTS, log_every=STEPS, eval_every=STEPS)
    _, _, *reports = Training(recipe, load_mnist().train)
    return 1000 * median(recipe.batch_size / progress.images_per_s for progress in reports)


def main() -> None:
    """Measure, print the result, and save it."""
    torch.set_num_threads(THREADS)
    by_batch = {size: step_ms("lesson-cnn", batch_size=size) for size in BATCHES}
    rows: list[tuple[object, ...]] = [("batch", "ms per step", "microseconds per image")]
    rows += [(size, f"{ms:.1f}", f"{1000 * ms / size:.0f}") for size, ms in by_batch.items()]
    print_table("The lesson's CNN, by batch size", rows)

    by_threads = {}
    for threads in range(1, THREADS + 1):
        torch.set_num_threads(threads)
        by_threads[threads] = {
            precision: step_ms("lesson-cnn", precision=precision) for precision in ("float32", "auto")
        }
    rows = [("threads", "float32 ms per step", "auto ms per step")]
    rows += [(threads, *(f"{ms:.1f}" for ms in times.values())) for threads, times in by_threads.items()]
    print_table("The lesson's CNN, batch 50, by threads", rows)

    by_width = {}
    for width in WIDTHS:
        parameters = parameter_count(build_network("fast-cnn", {"width": width}, seed=0))
        by_width[parameters] = step_ms("fast-99", network_options={"width": width})
    rows = [("parameters", "ms per step")]
    rows += [(f"{parameters:,}", f"{ms:.1f}") for parameters, ms in by_width.items()]
    print_table("The fast network, batch 128, by size", rows)
    save_results("scaling", {"batch_ms": by_batch, "threads_ms": by_threads, "parameters_ms": by_width})


if __name__ == "__main__":
    main()
