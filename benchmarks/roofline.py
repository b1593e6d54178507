"""Roofline of a training step of the lesson's CNN: how close is it to the limits of the machine?

    python benchmarks/roofline.py

The lower bound of a step is the larger of two times: its floating-point operations at the rate of a large
matrix product, and its memory traffic at the rate of a large copy. The benchmark measures both rates.
"""

from collections.abc import Callable
from statistics import median
from time import perf_counter

import torch
from bench import QUICK, THREADS, print_table, save_results
from torch import Tensor
from torch.nn.functional import conv2d, cross_entropy
from torch.utils.flop_counter import FlopCounterMode

from inklab.data import BatchSampler, load_mnist
from inklab.models import build_network, parameter_count, summary
from inklab.training import Training, find_recipe
from inklab.training.precision import Precision

BATCH = 50
REPEATS = 5 if QUICK else 20
ADAM = 4 * (
    4 + 3
)  # bytes per parameter: reads weight, gradient, and two moments; writes all but the gradient


def median_seconds(work: Callable[[], object]) -> float:
    """Return the median seconds of a call, after two warm-up calls."""
    seconds = []
    for _ in range(REPEATS + 2):
        start = perf_counter()
        work()
        seconds.append(perf_counter() - start)
    return median(seconds[2:])


def matrix_rate(dtype: torch.dtype) -> float:
    """Return the larger rate, in FLOP/s, of a large matrix product and a large convolution."""
    a, b = torch.randn(2, 2048, 2048).to(dtype)
    product = 2 * 2048**3 / median_seconds(lambda: a @ b)
    images = torch.randn(64, 64, 28, 28).to(dtype).contiguous(memory_format=torch.channels_last)
    kernels = torch.randn(64, 64, 5, 5).to(dtype).contiguous(memory_format=torch.channels_last)
    operations = 2 * 64 * 28 * 28 * 64 * 64 * 25
    return max(product, operations / median_seconds(lambda: conv2d(images, kernels, padding=2)))


def copy_rate() -> float:
    """Return the bytes read and written per second while 256 MB are copied."""
    source = torch.randn(64 << 20)
    target = torch.empty_like(source)
    return 2 * source.nbytes / median_seconds(lambda: target.copy_(source))


def step_operations() -> int:
    """Return the floating-point operations of the convolutions and matrix products of a step, by torch."""
    model = build_network("lesson-cnn", {"dropout": 0.0}, seed=0)
    inputs, labels = torch.zeros(BATCH, 1, 28, 28), torch.zeros(BATCH, dtype=torch.int64)
    with FlopCounterMode(display=False) as counter:
        cross_entropy(model(inputs), labels).backward()
    return int(counter.get_total_flops())


def step_bytes(dtype: torch.dtype) -> int:
    """Return the minimum memory traffic of a step in bytes: outputs, weights, and the state of Adam.

    The forward pass writes and reads each output. The backward pass reads it again, and writes and reads its
    gradient. Weights are read twice, and their gradient is written once.
    """
    model = build_network("lesson-cnn", seed=0)
    outputs = BATCH * sum(torch.Size(layer.shape).numel() for layer in summary(model))
    weights = parameter_count(model)
    return dtype.itemsize * (5 * outputs + 3 * weights) + ADAM * weights


def step_seconds(precision: Precision) -> float:
    """Return the median seconds of a step in the training loop, over reports of 20 steps."""
    steps = 20 * (REPEATS + 2)
    recipe = find_recipe("lesson-cnn", steps=steps, log_every=20, eval_every=20, precision=precision)
    _, _, _, *reports = Training(recipe, load_mnist().train)
    return median(BATCH / progress.images_per_s for progress in reports)


def batch_seconds() -> float:
    """Return the median seconds to sample and gather a batch."""
    train = load_mnist().train
    batches = BatchSampler(len(train), BATCH, seed=0)
    images: Tensor = torch.tensor(train.images)
    return median_seconds(lambda: images[torch.from_numpy(batches[3])].unsqueeze(1).float().div_(255))


def main() -> None:
    """Measure, print the result, and save it."""
    torch.set_num_threads(THREADS)
    operations, copied = step_operations(), copy_rate()
    rows: list[tuple[object, ...]] = [
        ("precision", "matrix GFLOP/s", "copy GB/s", "arithmetic ms", "bytes ms", "step ms", "x lower bound")
    ]
    figures = {"operations": operations, "copy_bytes_per_s": copied, "batch_s": batch_seconds()}
    for precision, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        rate, moved = matrix_rate(dtype), step_bytes(dtype)
        step = step_seconds(precision)
        rate = max(rate, matrix_rate(dtype))  # before and after, since the clock rate varies
        bounds = operations / rate, moved / copied
        figures[precision] = {"operations_per_s": rate, "bytes": moved, "step_s": step}
        rows.append(
            (
                precision,
                f"{rate / 1e9:.0f}",
                f"{copied / 1e9:.0f}",
                *(f"{1000 * bound:.1f}" for bound in bounds),
                f"{1000 * step:.1f}",
                f"{step / max(bounds):.2f}",
            )
        )
    print_table(f"The lesson's CNN, one step of {BATCH}: {operations / 1e9:.2f} GFLOP", rows)
    save_results("roofline", figures)


if __name__ == "__main__":
    main()
