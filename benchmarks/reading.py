"""How fast are digits read? The network beside its peers; one picture from cold; a folder of pictures.

    python benchmarks/reading.py [--large]

The network that comes with inklab is built anew, layer by layer and with its weights, in PyTorch and in
Keras; each answers the same images, in a process of its own, in turns. Between those turns, `inklab read` is
measured, whole processes of it. --large then reads folders of 10,000 and 100,000 pictures.
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
from bench import QUICK, WORKERS, Worker, keep, peer_versions, peers_python, show, spread
from PIL import Image

from inklab.data import Split, load_mnist
from inklab.onnxgraph.remove_quantization import remove_quantization
from inklab.recognition import Recognizer

IMAGES = 2000 if QUICK else 5000
TURNS = 3 if QUICK else 5
PICTURES = 2000 if QUICK else 5000
LARGE = (10_000, 100_000)
REFUSED_SOME = 1  # what `inklab read` ends with where a picture has no digit to it
LOOK_EVERY_S = 0.01  # at how much memory is taken
FOLDER_TURNS = 3  # of all turns
INKLAB = [sys.executable, "-c", "from inklab.cli.main import main; main()"]
QUIET = {"GOMP_SPINCOUNT": "20000"}  # as inklab has it: where others work too, it helps PyTorch most
ONE, MANY = "inklab read, one picture", f"inklab read, {PICTURES:,} pictures"

Spent = dict[str, float]
"""What a process took: seconds, seconds of the processor, and the most memory in bytes."""


def write_network(folder: Path) -> None:
    """Write the layers and weights of inklab's network for the peers, who compute with floats."""
    model = remove_quantization(onnx.load_from_string(Recognizer().artifact.onnx))
    weights = {one.name: onnx.numpy_helper.to_array(one) for one in model.graph.initializer}
    written = []
    for node in model.graph.node:
        said = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
        names = [name for name in node.input[1:] if name in weights]
        match node.op_type:
            case "Conv":
                half = [size // 2 for size in said["kernel_shape"]]
                in_one_group = said.get("group", 1) == 1
                is_plain = in_one_group and said["strides"] == [1, 1] and said["pads"] == half * 2
                written.append(("Conv", {}, names))
            case "MaxPool":
                is_plain = said["kernel_shape"] == said["strides"] and not any(said["pads"])
                written.append(("MaxPool", {"size": said["strides"][0]}, names))
            case "BatchNormalization":
                is_plain = True
                written.append(("BatchNormalization", {"epsilon": said["epsilon"]}, names))
            case "Relu" | "Reshape":
                is_plain = True
                written.append((node.op_type, {}, []))
            case "Gemm":
                is_plain = said["transB"] == 1
                written.append(("Gemm", {}, names))
            case _:
                is_plain = False
        if not is_plain:
            raise SystemExit(
                f"the peers have not learned to build {node.op_type} with {said}; teach them here"
            )
    np.savez(folder / "weights.npz", **weights)
    (folder / "layers.json").write_text(json.dumps(written), encoding="utf-8")


def write_pictures(folder: Path, digits: Split, n: int) -> None:
    """Write n PNG files of 56 x 56 pixels, dark on white; beyond 10,000 they are names of the same files."""
    folder.mkdir()
    for number in range(n):
        path = folder / f"{number:06d}.png"
        if number < len(digits):
            page = 255 - digits.images[number].repeat(2, axis=0).repeat(2, axis=1)
            Image.fromarray(page).save(path)
        else:
            path.hardlink_to(folder / f"{number % len(digits):06d}.png")


def spent(command: Sequence[str], *, data: Path | None = None) -> Spent:
    """Run a command to its end and return what it and its processes took; of a worker, for one turn."""
    environment = {**os.environ, "BENCH_DATA": str(data or ""), **QUIET}
    start, before = perf_counter(), os.times()
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    assert process.stdin is not None
    process.stdin.write(b"turn\n")
    process.stdin.close()
    most = 0
    while process.poll() is None:
        most = max(most, sum(_resident_bytes(one) for one in _family(process.pid)))
        sleep(LOOK_EVERY_S)
    seconds, after = perf_counter() - start, os.times()
    if process.returncode not in {0, REFUSED_SOME}:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}; what it took is no figure")
    used = after.children_user - before.children_user + after.children_system - before.children_system
    return {"seconds": seconds, "used_s": used, "size_bytes": most}


def _family(pid: int) -> Iterator[int]:
    """Yield a process and all that it began, as far as they are there."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in task.read_text(encoding="utf-8").split():
                yield from _family(int(child))


def _resident_bytes(pid: int) -> int:
    with suppress(OSError):
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    return 0


def measured(folder: Path, digits: Split) -> tuple[dict[str, list[list[float]]], dict[str, list[Spent]]]:
    """Return name -> seconds, the processor's, accuracy of each turn; and name -> what processes took."""
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
    taken: dict[str, list[Spent]] = {name: [] for name in (*colds.values(), ONE, MANY)}
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
                taken[cold].append(spent(workers[name], data=folder / "one"))
            taken[ONE].append(spent([*INKLAB, "read", str(folder / "pictures/000000.png")]))
            if turn < FOLDER_TURNS:
                taken[MANY].append(spent([*INKLAB, "read", str(folder / "pictures")]))
    return turns, taken


def show_network(turns: dict[str, list[list[float]]]) -> None:
    """Print images a second, and how many times the peers' they are."""
    rates = {name: [IMAGES / seconds for seconds, _, _ in found] for name, found in turns.items()}
    used = {name: median(used for _, used, _ in found) for name, found in turns.items()}
    ours = median(rates["inklab"])
    rows: list[Sequence[object]] = [
        ("program", "images a second", "inklab, times as many", "processor us an image", "right")
    ]
    rows += [
        (
            name,
            spread(found),
            f"{ours / median(found):.2f}",
            f"{1e6 * used[name] / IMAGES:.0f}",
            f"{turns[name][0][2]:.2%}",
        )
        for name, found in rates.items()
    ]
    show(f"The network of inklab on {IMAGES:,} images, {TURNS} turns: median (lowest to highest)", rows)


def show_processes(taken: dict[str, list[Spent]]) -> None:
    """Print seconds, seconds of the processor, and memory."""
    rows: list[Sequence[object]] = [("whole process", "seconds", "of the processor", "MB at most, all of it")]
    rows += [
        (
            name,
            spread([one["seconds"] for one in found]),
            f"{median(one['used_s'] for one in found):.2f}",
            f"{max(one['size_bytes'] for one in found) / 1e6:.0f}",
        )
        for name, found in taken.items()
    ]
    show("From cold, median (lowest to highest)", rows)


def main() -> None:
    """Measure, print, and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="folders of 10,000 and 100,000 pictures, too")
    options = parser.parse_args()
    digits = load_mnist().test
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        turns, taken = measured(folder, digits)
        show_network(turns)
        show_processes(taken)
        figures = {"images": IMAGES, "network": turns, "processes": taken, "load": os.getloadavg()[1]}
        keep("reading", figures, peer_versions())
        if not options.large:
            return
        large: dict[str, list[Spent]] = {}
        for n in LARGE:
            write_pictures(folder / str(n), digits, n)
            large[f"inklab read, {n:,} pictures"] = [spent([*INKLAB, "read", str(folder / str(n))])]
        show_processes(large)
        keep("reading-large", {"processes": large})


if __name__ == "__main__":
    main()
