"""The workbench under load: /api/read from many connections, and a drawn digit's answer with all its maps.

The server is a process of its own, as `inklab web` starts it; the load comes from this one, so both share the
machine's cores. `python benchmarks/web.py` prints one JSON document.
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
    """Start a server, measure it, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--looks", type=int, default=300)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        port, server = started(Path(folder))
        try:
            print(json.dumps(measured(server.pid, port, asked, Path(folder)), indent=2))
        finally:
            server.terminate()
            server.wait(20)


def started(folder: Path) -> tuple[int, "subprocess.Popen[str]"]:
    """Start `inklab web` on a free port; it prints its address once it listens."""
    command = [
        sys.executable,
        "-c",
        "from inklab.cli.main import main; main()",
        "web",
        "--port",
        "0",
        "--no-open",
    ]
    server = subprocess.Popen([*command, "--runs", str(folder / "runs")], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    address = server.stdout.readline().split("127.0.0.1:")[1]
    return int(address.split("/")[0]), server


def measured(pid: int, port: int, asked: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Return all figures, with how busy the machine was before."""
    digit, drawing = mnist_digit(), drawn_seven()
    load_before = os.getloadavg()[0]
    return {
        "read_mnist_digit": read_load(pid, port, digit, asked.requests, asked.connections),
        "read_drawing_280": read_load(pid, port, drawing, asked.requests // 10, asked.connections),
        "look_drawing_280": looks(pid, port, drawing, asked.looks),
        "look_drawing_280_while_training": while_training(
            folder, lambda: looks(pid, port, drawing, asked.looks)
        ),
        "first_page_bytes": first_page(port),
        "machine": this_machine().to_dict(),
        "load_average_before": load_before,
    }


def read_load(pid: int, port: int, picture: bytes, requests: int, connections: int) -> dict[str, object]:
    """Post the picture so often from so many connections, each kept alive; count what is not read as a 7."""
    body, headers = form("pictures", picture)

    def client(count: int) -> tuple[list[float], int]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        seconds, lost = [], 0
        for _ in range(count):
            began = time.perf_counter()
            connection.request("POST", "/api/read", body, headers)
            answer = connection.getresponse()
            content = answer.read()
            seconds.append(time.perf_counter() - began)
            lost += answer.status != 200 or json.loads(content)[0]["digit"] != 7
        connection.close()
        return seconds, lost

    client(50)
    cpu_before = cpu_s(pid)
    began = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        found = list(pool.map(client, [requests // connections] * connections))
    elapsed_s = time.perf_counter() - began
    seconds = sorted(one for part, _ in found for one in part)
    return {
        "requests": len(seconds),
        "connections": connections,
        "lost": sum(lost for _, lost in found),
        "per_s": round(len(seconds) / elapsed_s, 1),
        "server_cpu_ms": round(1000 * (cpu_s(pid) - cpu_before) / len(seconds), 2),
        "median_ms": round(1000 * statistics.median(seconds), 2),
        "p99_ms": round(1000 * seconds[int(0.99 * len(seconds))], 2),
    }


def looks(pid: int, port: int, picture: bytes, count: int) -> dict[str, float]:
    """Ask for a drawing's answer with the maps of all layers, one after the other."""
    body, headers = form("picture", picture)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    cpu_before = cpu_s(pid)
    seconds = []
    for _ in range(count):
        began = time.perf_counter()
        connection.request("POST", "/api/draw/look", body, headers)
        content = connection.getresponse().read()
        seconds.append(time.perf_counter() - began)
        assert json.loads(content)["answer"]["digit"] == 7
    connection.close()
    seconds.sort()
    return {
        "count": count,
        "median_ms": round(1000 * statistics.median(seconds), 2),
        "p99_ms": round(1000 * seconds[int(0.99 * count)], 2),
        "server_cpu_ms": round(1000 * (cpu_s(pid) - cpu_before) / count, 2),
        "answer_bytes": len(content),
    }


def while_training(folder: Path, measure: Callable[[], dict[str, float]]) -> dict[str, float]:
    """Measure while `inklab train lesson-cnn-full` is under way in a process of its own, then end that."""
    command = [
        sys.executable,
        "-c",
        "from inklab.cli.main import main; main()",
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
            found = measure()
            assert training.poll() is None
        finally:
            training.kill()
            training.wait()
    return found


def cpu_s(pid: int) -> float:
    """Return the seconds that a process has computed: what others do on the machine hardly changes them."""
    after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def first_page(port: int) -> int:
    """Return the bytes of all that the Draw room loads before anything is drawn: page, scripts, styles."""
    static = Path(__file__).parents[1] / "src" / "inklab" / "web" / "static"
    paths = ["/", *(f"/static/{one.name}" for one in static.glob("*.[jcs][sv]*"))]
    paths += [f"/static/draw/{one.name}" for one in static.glob("draw/*")]
    total = 0
    for path in paths:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", path)
        total += len(connection.getresponse().read())
        connection.close()
    return total


def form(field: str, picture: bytes) -> tuple[bytes, dict[str, str]]:
    """Return the body and the headers of a form with one picture."""
    disposition = f'Content-Disposition: form-data; name="{field}"; filename="seven.png"'
    head = f"--{BOUNDARY}\r\n{disposition}\r\nContent-Type: image/png\r\n\r\n"
    body = head.encode() + picture + f"\r\n--{BOUNDARY}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def mnist_digit() -> bytes:
    """Return the first test digit, which is a 7, as a PNG of 28 x 28."""
    return png(Image.fromarray(load_mnist().test.images[0]))


def drawn_seven() -> bytes:
    """Return a 7 as the Draw room sends one, 280 x 280."""
    sheet = Image.new("L", (280, 280), 255)
    ImageDraw.Draw(sheet).line([(80, 60), (200, 60), (140, 230)], fill=0, width=22, joint="curve")
    return png(sheet)


def png(image: Image.Image) -> bytes:
    """Return a picture as the bytes of a PNG file."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


if __name__ == "__main__":
    main()
