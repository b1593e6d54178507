"""The workbench under load: /api/read from many connections, and predictions with all feature maps.

The server runs in a separate process, as `inklab web` starts it. The load comes from this process, so both
share the machine's cores. `python benchmarks/web.py` prints one JSON document.
"""

import argparse
import http.client
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image, ImageDraw

from inklab.data import load_mnist
from inklab.utils.hardware import this_machine

BOUNDARY = "inklab-benchmark"


def main() -> None:
    """Start a server, measure it, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--predictions", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        port, server = start_server(Path(folder))
        try:
            print(json.dumps(measure_all(server.pid, port, options, Path(folder)), indent=2))
        finally:
            server.terminate()
            server.wait(20)


def start_server(folder: Path) -> tuple[int, "subprocess.Popen[str]"]:
    """Start `inklab web` on a free port; it prints its address once it listens."""
    command = [
        sys.executable,
        "-m",
        "inklab",
        "web",
        "--port",
        "0",
        "--no-open",
    ]
    server = subprocess.Popen([*command, "--runs", str(folder / "runs")], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    address = server.stdout.readline().split("127.0.0.1:")[1]
    return int(address.split("/")[0]), server


def measure_all(pid: int, port: int, options: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Return all measurements, with the machine and its load before them."""
    digit, drawing = mnist_digit(), drawn_seven()
    load_before = os.getloadavg()[0]
    return {
        "read_mnist_digit": read_load(pid, port, digit, options.requests, options.connections),
        "read_drawing_280": read_load(pid, port, drawing, options.requests // 10, options.connections),
        "predict_drawing_280": measure_predictions(pid, port, drawing, options.predictions),
        "predict_drawing_280_while_training": while_training(
            folder, lambda: measure_predictions(pid, port, drawing, options.predictions)
        ),
        "first_page_bytes": first_page(port),
        "machine": this_machine().to_dict(),
        "load_average_before": load_before,
    }


def read_load(pid: int, port: int, picture: bytes, requests: int, connections: int) -> dict[str, object]:
    """Post the picture from several kept-alive connections; count the answers that are not a 7."""
    body, headers = form("pictures", picture)

    def client(count: int) -> tuple[list[float], int]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        seconds, failed = [], 0
        for _ in range(count):
            start = time.perf_counter()
            connection.request("POST", "/api/read", body, headers)
            response = connection.getresponse()
            content = response.read()
            seconds.append(time.perf_counter() - start)
            failed += response.status != 200 or json.loads(content)[0]["digit"] != 7
        connection.close()
        return seconds, failed

    client(50)
    cpu_before = cpu_s(pid)
    start = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        results = list(pool.map(client, [requests // connections] * connections))
    elapsed_s = time.perf_counter() - start
    seconds = sorted(second for times, _ in results for second in times)
    return {
        "requests": len(seconds),
        "connections": connections,
        "failed": sum(failed for _, failed in results),
        "per_s": round(len(seconds) / elapsed_s, 1),
        "server_cpu_ms": round(1000 * (cpu_s(pid) - cpu_before) / len(seconds), 2),
        "median_ms": round(1000 * statistics.median(seconds), 2),
        "p99_ms": round(1000 * seconds[int(0.99 * len(seconds))], 2),
    }


def measure_predictions(pid: int, port: int, picture: bytes, count: int) -> dict[str, float]:
    """Request the prediction of a drawing with the feature maps of all layers, one request at a time."""
    body, headers = form("picture", picture)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    cpu_before = cpu_s(pid)
    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        connection.request("POST", "/api/explain/predict", body, headers)
        content = connection.getresponse().read()
        seconds.append(time.perf_counter() - start)
        assert json.loads(content)["prediction"]["digit"] == 7
    connection.close()
    seconds.sort()
    return {
        "count": count,
        "median_ms": round(1000 * statistics.median(seconds), 2),
        "p99_ms": round(1000 * seconds[int(0.99 * count)], 2),
        "server_cpu_ms": round(1000 * (cpu_s(pid) - cpu_before) / count, 2),
        "response_bytes": len(content),
    }


def while_training(folder: Path, measure: Callable[[], dict[str, float]]) -> dict[str, float]:
    """Measure while `inklab train lesson-cnn-full` runs in another process, then end that process."""
    command = [
        sys.executable,
        "-m",
        "inklab",
        "train",
        "lesson-cnn-full",
        "--json",
    ]
    with (folder / "training.log").open("wb") as log:
        training = subprocess.Popen(
            [*command, "--out", str(folder / "runs" / "full")], stdout=log, stderr=log
        )
        metrics = folder / "runs" / "full" / "metrics.jsonl"
        while training.poll() is None and not metrics.exists():
            time.sleep(0.1)
        try:
            result = measure()
            assert training.poll() is None
        finally:
            training.kill()
            training.wait()
    return result


def cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process, which other processes hardly change."""
    after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def first_page(port: int) -> int:
    """Return the bytes that the Draw page loads before anything is drawn: page, scripts, and styles."""
    static = Path(__file__).parents[1] / "src" / "inklab" / "web" / "static"
    paths = ["/", *(f"/static/{file.name}" for file in static.glob("*.[jcs][sv]*"))]
    paths += [f"/static/draw/{file.name}" for file in static.glob("draw/*")]
    total = 0
    for path in paths:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", path)
        total += len(connection.getresponse().read())
        connection.close()
    return total


def form(field: str, picture: bytes) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of a multipart form with one picture."""
    disposition = f'Content-Disposition: form-data; name="{field}"; filename="seven.png"'
    head = f"--{BOUNDARY}\r\n{disposition}\r\nContent-Type: image/png\r\n\r\n"
    body = head.encode() + picture + f"\r\n--{BOUNDARY}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def mnist_digit() -> bytes:
    """Return the first test digit, which is a 7, as a PNG of 28 x 28."""
    return png(Image.fromarray(load_mnist().test.images[0]))


def drawn_seven() -> bytes:
    """Return a drawn 7 as a PNG of 280 x 280, as the Draw page sends it."""
    canvas = Image.new("L", (280, 280), 255)
    ImageDraw.Draw(canvas).line([(80, 60), (200, 60), (140, 230)], fill=0, width=22, joint="curve")
    return png(canvas)


def png(image: Image.Image) -> bytes:
    """Return a picture as the bytes of a PNG file."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


if __name__ == "__main__":
    main()
