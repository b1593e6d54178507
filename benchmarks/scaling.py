"""How does the cost of a step grow with the batch, the threads and the network?

python benchmarks/scaling.py
"""

from statistics import median

import torch
from bench import QUICK, THREADS, keep, show

from inklab.data import load_mnist
from inklab.models import build_network, parameter_count
from inklab.training import Training, find_recipe

STEPS = 5 if QUICK else 10
REPORTS = 4 if QUICK else 8
BATCHES = (10, 50, 200) if QUICK else (1, 10, 50, 100, 200, 500)
WIDTHS = (8, 32) if QUICK else (8, 16, 32, 64)


def step_ms(name: str, **changes: object) -> float:
    """Return the median milliseconds of a step of a recipe."""
    recipe = find_recipe(name, **changes, steps=STEPS * REPORTS, log_every=STEPS, eval_every=STEPS)
    _, _, *reports = Training(recipe, load_mnist().train)
    return 1000 * median(recipe.batch_size / progress.images_per_s for progress in reports)


def main() -> None:
    """Measure, print, and keep."""
    torch.set_num_threads(THREADS)
    of_batch = {size: step_ms("lesson-cnn", batch_size=size) for size in BATCHES}
    rows: list[tuple[object, ...]] = [("batch", "ms a step", "microseconds an image")]
    rows += [(size, f"{ms:.1f}", f"{1000 * ms / size:.0f}") for size, ms in of_batch.items()]
    show("The lesson's CNN, by batch size", rows)

    of_threads = {}
    for threads in range(1, THREADS + 1):
        torch.set_num_threads(threads)
        of_threads[threads] = {
            precision: step_ms("lesson-cnn", precision=precision) for precision in ("float32", "auto")
        }
    rows = [("threads", "float32 ms a step", "auto ms a step")]
    rows += [(threads, *(f"{ms:.1f}" for ms in found.values())) for threads, found in of_threads.items()]
    show("The lesson's CNN, batch 50, by threads", rows)

    of_width = {}
    for width in WIDTHS:
        parameters = parameter_count(build_network("fast-cnn", {"width": width}, seed=0))
        of_width[parameters] = step_ms("fast-99", network_options={"width": width})
    rows = [("parameters", "ms a step")]
    rows += [(f"{parameters:,}", f"{ms:.1f}") for parameters, ms in of_width.items()]
    show("The fast network, batch 128, by size", rows)
    keep("scaling", {"batch_ms": of_batch, "threads_ms": of_threads, "parameters_ms": of_width})


if __name__ == "__main__":
    main()
