"""Draw docs/roofline.png and docs/scaling.png from the latest lines of results.jsonl.

python benchmarks/figures.py
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from bench import RESULTS
from matplotlib.figure import Figure

DOCS = Path(__file__).parent.parent / "docs"
INK, BLUE, ORANGE, GREY = "#222222", "#1f77b4", "#d95f02", "#999999"


def latest(benchmark: str) -> dict[str, Any]:
    """Return the last line of this benchmark that was no quick run."""
    lines = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    found: dict[str, Any] = [one for one in lines if one["benchmark"] == benchmark and not one["quick"]][-1]
    return found


def caption(line: dict[str, Any]) -> str:
    """Return what was measured where and when."""
    return (
        f"{line['processor']}, {line['threads']} threads, torch {line['versions']['torch']}, {line['date']}"
    )


def roofline(line: dict[str, Any]) -> Figure:
    """Return the rate that memory and arithmetic allow, by operations a byte, and where the step stands."""
    figures = line["figures"]
    copied = figures["copy_bytes_per_s"]
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    intensity = np.geomspace(1, 400, 200)
    for precision, colour in (("float32", BLUE), ("bfloat16", ORANGE)):
        found = figures[precision]
        roof = np.minimum(found["operations_per_s"], intensity * copied) / 1e9
        axes.loglog(intensity, roof, color=colour, label=f"{precision}: what the machine allows")
        at = figures["operations"] / found["bytes"]
        rate = figures["operations"] / found["step_s"] / 1e9
        axes.plot(at, rate, "o", color=colour)
        share = rate / min(found["operations_per_s"] / 1e9, at * copied / 1e9)
        axes.annotate(
            f"a step: {1000 * found['step_s']:.1f} ms,\n{share:.0%} of what is allowed",
            (at, rate),
            xytext=(-12, -6),
            textcoords="offset points",
            ha="right",
            va="top",
            color=colour,
        )
    axes.set_xlabel("floating-point operations for each byte moved")
    axes.set_ylabel("billion operations a second")
    axes.set_title(f"The lesson's CNN under the roofline\n{caption(line)}", fontsize=10, color=INK)
    axes.legend(frameon=False, loc="upper left", fontsize=9)
    axes.grid(visible=True, which="major", color="#eeeeee")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def scaling(line: dict[str, Any]) -> Figure:
    """Return the cost of a step by batch size, threads and size of the network."""
    figures = line["figures"]
    figure = Figure(figsize=(10, 3.4), layout="constrained")
    by_batch, by_threads, by_size = figure.subplots(1, 3)
    batches = {int(size): ms for size, ms in figures["batch_ms"].items()}
    by_batch.loglog(list(batches), [1000 * ms / size for size, ms in batches.items()], "o-", color=BLUE)
    by_batch.set(xlabel="images in a batch", ylabel="microseconds an image", title="lesson-cnn: batch size")
    for precision, colour in (("float32", BLUE), ("auto", ORANGE)):
        found = {int(threads): ms[precision] for threads, ms in figures["threads_ms"].items()}
        by_threads.plot(list(found), list(found.values()), "o-", color=colour, label=precision)
    by_threads.set(
        xlabel="threads", ylabel="milliseconds a step", title="lesson-cnn: threads", ylim=(0, None)
    )
    by_threads.set_xticks(list(found))
    by_threads.legend(frameon=False)
    sizes = {int(parameters): ms for parameters, ms in figures["parameters_ms"].items()}
    by_size.loglog(list(sizes), list(sizes.values()), "o-", color=BLUE)
    by_size.set(xlabel="parameters", ylabel="milliseconds a step", title="fast-cnn, batch 128: size")
    for axes in (by_batch, by_threads, by_size):
        axes.title.set_fontsize(10)
        axes.grid(visible=True, color="#eeeeee")
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(caption(line), fontsize=9, color=GREY)
    return figure


def main() -> None:
    """Draw both."""
    roofline(latest("roofline")).savefig(DOCS / "roofline.png", dpi=110)
    scaling(latest("scaling")).savefig(DOCS / "scaling.png", dpi=110)


if __name__ == "__main__":
    main()
