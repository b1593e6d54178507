"""How near to the machine's limit is a step of the lesson's network?

    python benchmarks/roofline.py

A step cannot be faster than its arithmetic at the rate at which the machine multiplies matrices, nor than
its bytes at the rate at which it copies memory. Both rates are measured here, beside the step.
"""

from collections.abc import Callable
from statistics import median
from time import perf_counter

import torch
from bench import QUICK, THREADS, keep, show
from torch import Tensor
from torch.nn.functional import conv2d, cross_entropy
from torch.utils.flop_counter import FlopCounterMode

from inklab.data import BatchSampler, load_mnist
from inklab.models import build_network, parameter_count, summary
from inklab.training import Training, find_recipe
from inklab.training.precision import Precision

BATCH = 50
REPEATS = 5 if QUICK else 20
ADAM = 4 * (4 + 3)  # bytes a parameter: reads weight, gradient and two moments, writes all but the gradient


def seconds_of(work: Callable[[], object]) -> float:
    """Return the median seconds of a piece of work, after two calls to warm up."""
    found = []
    for _ in range(REPEATS + 2):
        start = perf_counter()
        work()
        found.append(perf_counter() - start)
    return median(found[2:])


def matrix_rate(dtype: torch.dtype) -> float:
    """Return the most floating-point operations a second, of a large product and of a large convolution."""
    a, b = torch.randn(2, 2048, 2048).to(dtype)
    product = 2 * 2048**3 / seconds_of(lambda: a @ b)
    images = torch.randn(64, 64, 28, 28).to(dtype).contiguous(memory_format=torch.channels_last)
    filters = torch.randn(64, 64, 5, 5).to(dtype).contiguous(memory_format=torch.channels_last)
    operations = 2 * 64 * 28 * 28 * 64 * 64 * 25
    return max(product, operations / seconds_of(lambda: conv2d(images, filters, padding=2)))


def copy_rate() -> float:
    """Return the bytes read and written a second while 256 MB are copied."""
    source = torch.randn(64 << 20)
    target = torch.empty_like(source)
    return 2 * source.nbytes / seconds_of(lambda: target.copy_(source))


def operations_of_a_step() -> int:
    """Return the floating-point operations of convolutions and products in a step, counted by torch."""
    model = build_network("lesson-cnn", {"dropout": 0.0}, seed=0)
    inputs, labels = torch.zeros(BATCH, 1, 28, 28), torch.zeros(BATCH, dtype=torch.int64)
    with FlopCounterMode(display=False) as counter:
        cross_entropy(model(inputs), labels).backward()
    return int(counter.get_total_flops())


def bytes_of_a_step(dtype: torch.dtype) -> int:
    """Return the least bytes a step moves: every layer's output and weights, forward and back, and Adam.

    A layer's output is written and read going forward; read again, and its gradient written and read,
    going back. Its weights are read twice and their gradient is written once.
    """
    model = build_network("lesson-cnn", seed=0)
    outputs = BATCH * sum(torch.Size(layer.shape).numel() for layer in summary(model))
    weights = parameter_count(model)
    return dtype.itemsize * (5 * outputs + 3 * weights) + ADAM * weights


def step_seconds(precision: Precision) -> float:
    """Return the median seconds of a step in the loop, over reports of 20 steps."""
    steps = 20 * (REPEATS + 2)
    recipe = find_recipe("lesson-cnn", steps=steps, log_every=20, eval_every=20, precision=precision)
    _, _, _, *reports = Training(recipe, load_mnist().train)
    return median(BATCH / progress.images_per_s for progress in reports)


def without_arithmetic() -> float:
    """Return the median seconds that a step takes to choose and gather its batch."""
    train = load_mnist().train
    batches = BatchSampler(len(train), BATCH, seed=0)
    images: Tensor = torch.tensor(train.images)
    return seconds_of(lambda: images[torch.from_numpy(batches[3])].unsqueeze(1).float().div_(255))


def main() -> None:
    """Measure, print, and keep."""
    torch.set_num_threads(THREADS)
    operations, copied = operations_of_a_step(), copy_rate()
    rows: list[tuple[object, ...]] = [
        ("precision", "matrix GFLOP/s", "copy GB/s", "arithmetic ms", "bytes ms", "step ms", "x floor")
    ]
    figures = {"operations": operations, "copy_bytes_per_s": copied, "batch_s": without_arithmetic()}
    for precision, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        rate, moved = matrix_rate(dtype), bytes_of_a_step(dtype)
        step = step_seconds(precision)
        rate = max(rate, matrix_rate(dtype))  # before and after: the machine's clock wanders
        floors = operations / rate, moved / copied
        figures[precision] = {"operations_per_s": rate, "bytes": moved, "step_s": step}
        rows.append(
            (
                precision,
                f"{rate / 1e9:.0f}",
                f"{copied / 1e9:.0f}",
                *(f"{1000 * floor:.1f}" for floor in floors),
                f"{1000 * step:.1f}",
                f"{step / max(floors):.2f}",
            )
        )
    show(f"The lesson's CNN, one step of {BATCH}: {operations / 1e9:.2f} GFLOP", rows)
    keep("roofline", figures)


if __name__ == "__main__":
    main()
