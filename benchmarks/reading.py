"""Measure the speed of inference: the shipped network and its peers, one picture, and a folder of pictures.

    python benchmarks/reading.py [--large]

The benchmark rebuilds the shipped network in PyTorch and in Keras, layer by layer, with its weights. Each
program classifies the same images in its own process, and the programs take turns. Between these turns the
benchmark measures whole processes of `inklab read`. --large adds folders of 10,000 and 100,000 pictures.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

import numpy as np
import onnx
from bench import QUICK, WORKERS, Worker, format_range, peer_versions, peers_python, print_table, save_results
from PIL import Image

from inklab.data import Split, load_mnist
from inklab.onnxgraph.remove_quantization import remove_quantization
from inklab.recognition import Recognizer

IMAGES = 2000 if QUICK else 5000
TURNS = 3 if QUICK else 5
PICTURES = 2000 if QUICK else 5000
LARGE = (10_000, 100_000)
EXIT_REFUSED = 1  # exit code of `inklab read` if it refuses a picture
SAMPLE_EVERY_S = 0.01  # interval of memory measurements
FOLDER_TURNS = 3  # turns that also read the folder
INKLAB = [sys.executable, "-c", "from inklab.cli.main import main; main()"]
QUIET = {"GOMP_SPINCOUNT": "20000"}  # as inklab sets it; on a busy machine PyTorch gains most
ONE, MANY = "inklab read, one picture", f"inklab read, {PICTURES:,} pictures"

Resources = dict[str, float]
"""Of a process: seconds, CPU seconds, and peak memory in bytes."""


def write_network(folder: Path) -> None:
    """Write the layers and weights of the shipped network, without quantization, for the peers."""
    model = remove_quantization(onnx.load_from_string(Recognizer().artifact.onnx))
    weights = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    layers = []
    for node in model.graph.node:
        attributes = {
            attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute
        }
        names = [name for name in node.input[1:] if name in weights]
        match node.op_type:
            case "Conv":
                padding = [size // 2 for size in attributes["kernel_shape"]] * 2
                is_supported = attributes.get("group", 1) == 1 and attributes["strides"] == [1, 1]
                is_supported = is_supported and attributes["pads"] == padding
                layers.append(("Conv", {}, names))
            case "MaxPool":
                is_supported = attributes["kernel_shape"] == attributes["strides"]
                is_supported = is_supported and not any(attributes["pads"])
                layers.append(("MaxPool", {"size": attributes["strides"][0]}, names))
            case "BatchNormalization":
                is_supported = True
                layers.append(("BatchNormalization", {"epsilon": attributes["epsilon"]}, names))
            case "Relu" | "Reshape":
                is_supported = True
                layers.append((node.op_type, {}, []))
            case "Gemm":
                is_supported = attributes["transB"] == 1
                layers.append(("Gemm", {}, names))
            case _:
                is_supported = False
        if not is_supported:
            raise SystemExit(
                f"the peers cannot build {node.op_type} with {attributes}; add it here and to the workers"
            )
    np.savez(folder / "weights.npz", **weights)
    (folder / "layers.json").write_text(json.dumps(layers), encoding="utf-8")


def write_pictures(folder: Path, digits: Split, n: int) -> None:
    """Write n PNG files of 56 x 56 pixels, dark on white; those beyond 10,000 are hard links."""
    folder.mkdir()
    for number in range(n):
        path = folder / f"{number:06d}.png"
        if number < len(digits):
            page = 255 - digits.images[number].repeat(2, axis=0).repeat(2, axis=1)
            Image.fromarray(page).save(path)
        else:
            path.hardlink_to(folder / f"{number % len(digits):06d}.png")


def run_process(command: Sequence[str], *, data: Path | None = None) -> Resources:
    """Run a command and return the resources that it and its child processes use."""
    environment = {**os.environ, "BENCH_DATA": str(data or ""), **QUIET}
    start, before = perf_counter(), os.times()
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    assert process.stdin is not None
    process.stdin.write(b"turn\n")
    process.stdin.close()
    peak_bytes = 0
    while process.poll() is None:
        peak_bytes = max(peak_bytes, sum(_resident_bytes(pid) for pid in _process_tree(process.pid)))
        sleep(SAMPLE_EVERY_S)
    seconds, after = perf_counter() - start, os.times()
    if process.returncode not in {0, EXIT_REFUSED}:
        raise SystemExit(
            f"{' '.join(command)} ended with exit code {process.returncode}; expected 0 or {EXIT_REFUSED}"
        )
    cpu_s = after.children_user - before.children_user + after.children_system - before.children_system
    return {"seconds": seconds, "used_s": cpu_s, "size_bytes": peak_bytes}


def _process_tree(pid: int) -> Iterator[int]:
    """Yield the process and all of its descendants that still run."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in task.read_text(encoding="utf-8").split():
                yield from _process_tree(int(child))


def _resident_bytes(pid: int) -> int:
    with suppress(OSError):
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    return 0


def measure(folder: Path, digits: Split) -> tuple[dict[str, list[list[float]]], dict[str, list[Resources]]]:
    """Return name -> [seconds, CPU seconds, accuracy] of each turn, and name -> resources of processes."""
    peers = peers_python()
    workers = {
        "PyTorch, batches of 64": [peers, str(WORKERS / "pytorch_reading.py"), "64"],
        "PyTorch, batches of 1,000": [peers, str(WORKERS / "pytorch_reading.py"), "1000"],
        "Keras' predict": [peers, str(WORKERS / "keras_reading.py"), "32"],
        "Keras' predict, batches of 1,000": [peers, str(WORKERS / "keras_reading.py"), "1000"],
        "inklab": [sys.executable, str(WORKERS / "inklab_reading.py")],
    }
    colds = {"PyTorch, batches of 64": "PyTorch, one image", "Keras' predict": "Keras, one image"}
    for name, split in (("many", digits[:IMAGES]), ("one", digits[:1])):
        (folder / name).mkdir()
        np.save(folder / name / "images.npy", split.images)
        np.save(folder / name / "labels.npy", split.labels)
        write_network(folder / name)
    write_pictures(folder / "pictures", digits, PICTURES)
    turns: dict[str, list[list[float]]] = {name: [] for name in workers}
    resources: dict[str, list[Resources]] = {name: [] for name in (*colds.values(), ONE, MANY)}
    with ExitStack() as stack:
        running = {
            name: stack.enter_context(Worker(command, {"BENCH_DATA": str(folder / "many"), **QUIET}))
            for name, command in workers.items()
        }
        for worker in running.values():
            worker.turn()
        for turn in range(TURNS):
            for name, worker in running.items():
                turns[name].append(worker.turn())
            for name, cold in colds.items():
                resources[cold].append(run_process(workers[name], data=folder / "one"))
            resources[ONE].append(run_process([*INKLAB, "read", str(folder / "pictures/000000.png")]))
            if turn < FOLDER_TURNS:
                resources[MANY].append(run_process([*INKLAB, "read", str(folder / "pictures")]))
    return turns, resources


def show_network(turns: dict[str, list[list[float]]]) -> None:
    """Print images per second of each program, and how many times faster inklab is."""
    rates = {name: [IMAGES / seconds for seconds, _, _ in values] for name, values in turns.items()}
    cpu_s = {name: median(cpu_s for _, cpu_s, _ in values) for name, values in turns.items()}
    ours = median(rates["inklab"])
    rows: list[Sequence[object]] = [
        ("program", "images per second", "speedup of inklab", "CPU us per image", "accuracy")
    ]
    rows += [
        (
            name,
            format_range(rate),
            f"{ours / median(rate):.2f}",
            f"{1e6 * cpu_s[name] / IMAGES:.0f}",
            f"{turns[name][0][2]:.2%}",
        )
        for name, rate in rates.items()
    ]
    print_table(f"The shipped network on {IMAGES:,} images, {TURNS} turns: median (lowest to highest)", rows)


def show_processes(resources: dict[str, list[Resources]]) -> None:
    """Print seconds, CPU seconds, and peak memory of each process."""
    rows: list[Sequence[object]] = [("whole process", "seconds", "CPU seconds", "peak memory, MB")]
    rows += [
        (
            name,
            format_range([process["seconds"] for process in processes]),
            f"{median(process['used_s'] for process in processes):.2f}",
            f"{max(process['size_bytes'] for process in processes) / 1e6:.0f}",
        )
        for name, processes in resources.items()
    ]
    print_table("Cold start, median (lowest to highest)", rows)


def main() -> None:
    """Measure, print, and append to results.jsonl."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--large", action="store_true", help="also read folders of 10,000 and 100,000 pictures"
    )
    options = parser.parse_args()
    digits = load_mnist().test
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        turns, resources = measure(folder, digits)
        show_network(turns)
        show_processes(resources)
        figures = {"images": IMAGES, "network": turns, "processes": resources, "load": os.getloadavg()[1]}
        save_results("reading", figures, peer_versions())
        if not options.large:
            return
        large: dict[str, list[Resources]] = {}
        for n in LARGE:
            write_pictures(folder / str(n), digits, n)
            large[f"inklab read, {n:,} pictures"] = [run_process([*INKLAB, "read", str(folder / str(n))])]
        show_processes(large)
        save_results("reading-large", {"processes": large})


if __name__ == "__main__":
    main()
