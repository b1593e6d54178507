"""Write docs/explanation/performance.md and its pictures from the latest full runs of the benchmarks."""

import json
from collections.abc import Sequence
from math import sqrt
from statistics import fmean, median, stdev
from typing import Any

import numpy as np
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter
from pages import DOCS, ROOT, render, table

from inklab.palette import LIGHT

PAGE = DOCS / "explanation" / "performance.md"
PICTURES = DOCS / "images" / "performance"
RESULTS = ROOT / "benchmarks" / "results.jsonl"
INK, GRAY, BLUE, ORANGE = (LIGHT[name] for name in ("text", "muted", "series-5", "series-6"))
Line = dict[str, Any]
PROGRAMS = {"PyTorch, as its example": "PyTorch, written like its official example"}
"""Name of a program in the results -> its name on the page."""


def runs_of(benchmark: str) -> list[Line]:
    """Return the full runs of a benchmark, oldest first."""
    runs = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    return [run for run in runs if run["benchmark"] == benchmark and not run["quick"]]


def latest(benchmark: str) -> Line:
    """Return the latest full run of a benchmark."""
    return runs_of(benchmark)[-1]


def by_processor(benchmark: str) -> dict[str, Line]:
    """Return processor -> the latest full run on it."""
    return {line["processor"]: line for line in runs_of(benchmark)}


def throughput_table(line: Line) -> str:
    """Return the milliseconds per step of every program, and its time divided by that of inklab."""
    turns = line["figures"]["ms_a_step"]
    auto, full = median(turns["inklab, auto"]), median(turns["inklab, float32"])
    ratios = (f"time relative to inklab, {precision}" for precision in ("float32", "auto"))
    rows = [
        (
            PROGRAMS.get(name, name),
            f"{median(values):.1f}",
            f"{min(values):.1f} to {max(values):.1f}",
            f"{median(values) / full:.2f}",
            f"{median(values) / auto:.2f}",
        )
        for name, values in turns.items()
    ]
    return table(("program", "ms per step", "fastest and slowest turn", *ratios), *rows)


def roofline_table(line: Line) -> str:
    """Return both lower bounds of a step, its time, and the ratio to the larger bound."""
    figures = line["figures"]
    rows = []
    for precision in ("float32", "bfloat16"):
        found = figures[precision]
        floors = (
            figures["operations"] / found["operations_per_s"],
            found["bytes"] / figures["copy_bytes_per_s"],
        )
        rows.append(
            (
                precision,
                f"{found['operations_per_s'] / 1e9:.0f} GFLOP/s",
                f"{1000 * floors[0]:.1f} ms",
                f"{1000 * floors[1]:.1f} ms",
                f"{1000 * found['step_s']:.1f} ms",
                f"{found['step_s'] / max(floors):.2f}",
            )
        )
    heading = (
        "precision",
        "matrix rate",
        "arithmetic only",
        "memory only",
        "measured step",
        "time relative to lower bound",
    )
    return table(heading, *rows)


def accuracy_table(line: Line) -> str:
    """Return the training time of each program until it reaches 99% test accuracy."""
    runs = line["figures"]["inklab"]
    ours = median(seconds for seconds, _ in runs)
    mean, deviation = fmean(one for _, one in runs), stdev(one for _, one in runs)
    rows: list[Sequence[object]] = [
        ("inklab, `fast-99`", f"{ours:.1f} s", f"{mean:.2%} ± {deviation:.2%} over {len(runs)} seeds", "1")
    ]
    for name, curve in line["figures"]["peers"].items():
        seconds, accuracy = curve[-1]
        rows.append(
            (name, f"{seconds:.0f} s", f"{accuracy:.2%}, epoch {len(curve)}", f"{seconds / ours:.0f}")
        )
    return table(("program", "training time", "test accuracy", "time relative to inklab"), *rows)


def precision_table(lines: Sequence[Line]) -> str:
    """Return the latest errors of every recipe in both precisions, and their difference."""
    rows = []
    for line in {line["figures"]["recipe"]: line for line in lines}.values():
        auto, full = line["figures"]["errors"].values()
        noise = sqrt(stdev(auto) ** 2 / len(auto) + stdev(full) ** 2 / len(full))
        rows.append(
            (
                f"`{line['figures']['recipe']}`",
                *(f"{fmean(one):.2%} ± {stdev(one):.2%} (n = {len(one)})" for one in (auto, full)),
                f"{fmean(auto) - fmean(full):+.2%} ± {noise:.2%}",
            )
        )
    return table(("recipe", "bfloat16", "float32", "difference and its standard error"), *rows)


def network_table(line: Line) -> str:
    """Return images per second of every program, the ratio to inklab, and the processor time per image."""
    n, turns = line["figures"]["images"], line["figures"]["network"]
    rates = {name: [n / seconds for seconds, _, _ in found] for name, found in turns.items()}
    ours = median(rates["inklab"])
    rows = [
        (
            name,
            f"{median(found):,.0f}",
            f"{min(found):,.0f} to {max(found):,.0f}",
            f"{ours / median(found):.1f}",
            f"{1e6 * median(used for _, used, _ in turns[name]) / n:.0f} µs",
        )
        for name, found in rates.items()
    ]
    heading = (
        "program",
        "images per second",
        "slowest and fastest turn",
        "time relative to inklab",
        "processor time per image",
    )
    return table(heading, *rows)


def processes_table(*lines: Line) -> str:
    """Return the time, processor time and memory of whole processes."""
    rows = [
        (
            name,
            f"{median(one['seconds'] for one in found):.2f} s",
            f"{min(one['seconds'] for one in found):.2f} to {max(one['seconds'] for one in found):.2f}",
            f"{median(one['used_s'] for one in found):.2f} s",
            f"{max(one['size_bytes'] for one in found) / 1e6:.0f} MB",
        )
        for line in lines
        for name, found in line["figures"]["processes"].items()
    ]
    return table(
        ("process", "time from start to end", "fastest and slowest", "processor time", "peak memory"), *rows
    )


def caption(line: dict[str, Any]) -> str:
    """Return the machine, the version of torch, and the date of a run."""
    return (
        f"{line['processor']}, {line['threads']} threads, torch {line['versions']['torch']}, {line['date']}"
    )


def caption_with_load(line: dict[str, Any]) -> str:
    """Return the caption with the load of the machine."""
    return f"{caption(line)}, {line['figures']['load']:.1f} running processes on average"


def roofline(line: dict[str, Any]) -> Figure:
    """Return the roofline of the machine with the measured steps."""
    figures = line["figures"]
    copied = figures["copy_bytes_per_s"]
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    intensity = np.geomspace(2, 300, 200)
    for precision, color in (("float32", BLUE), ("bfloat16", ORANGE)):
        found = figures[precision]
        roof = np.minimum(found["operations_per_s"], intensity * copied) / 1e9
        axes.loglog(intensity, roof, color=color, label=f"{precision}: limit of the machine")
        at = figures["operations"] / found["bytes"]
        rate = figures["operations"] / found["step_s"] / 1e9
        axes.plot(at, rate, "o", color=color)
        share = rate / min(found["operations_per_s"] / 1e9, at * copied / 1e9)
        axes.annotate(
            f"step: {1000 * found['step_s']:.1f} ms, {share:.0%} of the limit",
            (at, rate),
            xytext=(10, -4),
            textcoords="offset points",
            ha="left",
            va="top",
            color=color,
        )
    axes.set_xlabel("floating-point operations per byte moved")
    axes.set_ylabel("billion operations per second")
    axes.set_title(
        f"Roofline: one training step of the lesson's CNN\n{caption(line)}", fontsize=10, color=INK
    )
    axes.legend(frameon=False, loc="lower right", fontsize=9)
    _plain(axes.xaxis, [2, 5, 10, 20, 50, 100, 200])
    _plain(axes.yaxis, [50, 100, 200, 500, 1000])
    axes.grid(visible=True, which="major", color="#eeeeee")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def scaling(line: dict[str, Any]) -> Figure:
    """Return the time of a step by batch size, threads and network size."""
    figures = line["figures"]
    figure = Figure(figsize=(10, 3.4), layout="constrained")
    by_batch, by_threads, by_size = figure.subplots(1, 3)
    batches = {int(size): ms for size, ms in figures["batch_ms"].items()}
    by_batch.loglog(list(batches), [1000 * ms / size for size, ms in batches.items()], "o-", color=BLUE)
    by_batch.set(xlabel="batch size", ylabel="microseconds per image", title="lesson-cnn: batch size")
    for precision, color in (("float32", BLUE), ("auto", ORANGE)):
        found = {int(threads): ms[precision] for threads, ms in figures["threads_ms"].items()}
        by_threads.plot(list(found), list(found.values()), "o-", color=color, label=precision)
    by_threads.set(
        xlabel="threads", ylabel="milliseconds per step", title="lesson-cnn: threads", ylim=(0, None)
    )
    by_threads.set_xticks(list(found))
    by_threads.legend(frameon=False)
    sizes = {int(parameters): ms for parameters, ms in figures["parameters_ms"].items()}
    by_size.loglog(list(sizes), list(sizes.values()), "o-", color=BLUE)
    by_size.set(xlabel="parameters", ylabel="milliseconds per step", title="fast-cnn, batch 128: size")
    _plain(by_batch.xaxis, [1, 10, 50, 200, 500])
    _plain(by_batch.yaxis, [200, 500, 1000, 2000, 5000])
    _plain(by_size.xaxis, [10_000, 30_000, 100_000, 300_000])
    _plain(by_size.yaxis, [5, 10, 20, 50])
    for axes in (by_batch, by_threads, by_size):
        axes.title.set_fontsize(10)
        axes.grid(visible=True, color="#eeeeee")
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(caption(line), fontsize=9, color=GRAY)
    return figure


def _plain(axis: Axis, ticks: Sequence[float]) -> None:
    """Set the ticks of a logarithmic axis and write them as plain numbers."""
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axis.set_minor_locator(NullLocator())


def performance_page() -> str:
    """Return the page as Markdown: performance_page.md.j2 with the results filled in."""
    throughput, roof, large = latest("throughput"), latest("roofline"), latest("reading-large")
    predictions_from_logits = by_processor("reading")
    reading = predictions_from_logits.pop(large["processor"])
    seconds = throughput["figures"]["softmax_s"]
    return render(
        "performance_page.md.j2",
        throughput=throughput_table(throughput),
        where=caption(throughput),
        versions=", ".join(f"{name} {version}" for name, version in sorted(throughput["versions"].items())),
        softmax=f"{median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})",
        roofline=roofline_table(roof),
        operations=f"{roof['figures']['operations'] / 1e9:.2f}",
        copy_rate=f"{roof['figures']['copy_bytes_per_s'] / 1e9:.0f}",
        precision=precision_table(runs_of("precision")),
        accuracy=accuracy_table(latest("time-to-accuracy")),
        where_scaling=caption(latest("scaling")),
        network=network_table(reading),
        processes=processes_table(reading, large),
        where_reading=caption_with_load(reading),
        elsewhere=[
            (caption_with_load(line), network_table(line), processes_table(line))
            for line in predictions_from_logits.values()
        ],
    )


def main() -> None:
    """Write the page and draw its pictures."""
    PAGE.write_text(performance_page(), encoding="utf-8")
    roofline(latest("roofline")).savefig(PICTURES / "roofline.png", dpi=110)
    scaling(latest("scaling")).savefig(PICTURES / "scaling.png", dpi=110)


if __name__ == "__main__":
    main()
