"""The server: where it listens, what it refuses, and what it finishes before it stops."""

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from cli_runner import Command, command_runner
from web_pictures import png, seven

from inklab.data import Dataset
from inklab.recognition import Recognizer

HEAD = b'--b\r\nContent-Disposition: form-data; name="pictures"; filename="a.png"\r\n\r\n'
END = b"\r\n--b--\r\n"


def connect(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=60)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    return command_runner(capsys)


@pytest.fixture
def process(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """`inklab web` on a free port, in a process of its own."""
    code = "from inklab.cli.main import main; main(['web', '--port', '0', '--no-open'])"
    server = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    yield server
    server.kill()
    server.communicate()


def port_of(process: "subprocess.Popen[str]") -> int:
    """Return the port of a server, once it listens."""
    assert process.stdout is not None
    line = process.stdout.readline()
    address = re.fullmatch(r"The workbench is at http://127\.0\.0\.1:(\d+)/ \(Ctrl-C stops it\)\n", line)
    assert address, line
    return int(address[1])


def test_of_ten_thousand_requests_none_is_lost(process: "subprocess.Popen[str]", mnist: Dataset) -> None:
    port, images = port_of(process), mnist.train[:16].images
    expected = Recognizer().predict_proba(images).argmax(axis=1)
    headers = {"Content-Type": "multipart/form-data; boundary=b"}

    def read(number: int) -> set[tuple[int, int]]:
        body = HEAD + png(images[number]) + END
        with closing(connect(port)) as connection:
            return {post(connection, body) for _ in range(625)}

    def post(connection: http.client.HTTPConnection, body: bytes) -> tuple[int, int]:
        connection.request("POST", "/api/read", body, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())[0]["digit"]

    with ThreadPoolExecutor(len(images)) as pool:
        assert list(pool.map(read, range(len(images)))) == [{(200, digit)} for digit in expected]


def test_a_shutdown_finishes_open_requests(process: "subprocess.Popen[str]") -> None:
    port = port_of(process)
    with closing(connect(port)) as connection, closing(connect(port)) as second:
        connection.request("GET", "/api/models")
        models = json.loads(connection.getresponse().read())
        assert [model["name"] for model in models] == ["inklab"]
        picture = png(seven())
        connection.putrequest("POST", "/api/read")
        connection.putheader("Content-Type", "multipart/form-data; boundary=b")
        connection.putheader("Content-Length", str(len(HEAD + picture + END)))
        connection.endheaders(HEAD)
        second.request("GET", "/api/models")  # after its response, the server has read the half request
        assert second.getresponse().status == 200
        process.send_signal(signal.SIGINT)
        connection.send(picture + END)
        response = connection.getresponse()
        assert (response.status, json.loads(response.read())[0]["digit"]) == (200, 7)
    out, err = process.communicate(timeout=60)
    assert (out, err, process.returncode) == ("", "", 0)


def test_an_address_for_other_machines_needs_a_token(command: Command) -> None:
    result = command("web", "--host", "192.0.2.1", "--no-open")
    assert (result.code, result.out) == (1, "")
    reason = "192.0.2.1 can be reached from other machines"
    assert result.err == f"inklab: {reason}; expected --token with a secret for every request\n"


@pytest.mark.parametrize(
    ("token", "error"),
    [
        ("short", "expected at least 16"),
        ("ein sehr geheimes Wort äöü", "expected ASCII without spaces"),
    ],
)
def test_a_weak_or_invalid_token_is_refused(command: Command, token: str, error: str) -> None:
    result = command("web", "--token", token, "--no-open")
    assert (result.code, error in " ".join(result.err.split())) == (2, True)


def test_a_port_in_use_is_reported(command: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        result = command("web", "--port", str(port), "--no-open")
    assert (result.code, result.out) == (1, "")
    error = rf"inklab: cannot listen on 127.0.0.1, port {port}: .*; choose another --port\n"
    assert re.fullmatch(error, result.err)
