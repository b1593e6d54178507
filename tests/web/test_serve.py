"""The server: where it listens, whom it refuses, and what it finishes when it is told to stop."""

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
from cli_runner import Command, listening
from web_pictures import png, seven

from inklab.data import Dataset
from inklab.recognition import Recognizer

HEAD = b'--b\r\nContent-Disposition: form-data; name="pictures"; filename="a.png"\r\n\r\n'
END = b"\r\n--b--\r\n"


def connect(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=60)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    return listening(capsys)


@pytest.fixture
def started(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """`inklab web` on a free port, as a process of its own."""
    code = "from inklab.cli.main import main; main(['web', '--port', '0', '--no-open'])"
    server = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    yield server
    server.kill()
    server.communicate()


def port_of(started: "subprocess.Popen[str]") -> int:
    """Return the port of a server, once it says that it listens."""
    assert started.stdout is not None
    line = started.stdout.readline()
    found = re.fullmatch(r"The workbench is at http://127\.0\.0\.1:(\d+)/ \(Ctrl-C stops it\)\n", line)
    assert found, line
    return int(found[1])


def test_of_ten_thousand_requests_none_is_lost(started: "subprocess.Popen[str]", mnist: Dataset) -> None:
    port, digits = port_of(started), mnist.train[:16]
    right = Recognizer().predict_proba(digits.images).argmax(axis=1)
    headers = {"Content-Type": "multipart/form-data; boundary=b"}

    def read(number: int) -> set[tuple[int, int]]:
        body = HEAD + png(digits.images[number]) + END
        with closing(connect(port)) as connection:
            return {answered(connection, body) for _ in range(625)}

    def answered(connection: http.client.HTTPConnection, body: bytes) -> tuple[int, int]:
        connection.request("POST", "/api/read", body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())[0]["digit"]

    with ThreadPoolExecutor(len(digits)) as pool:
        assert list(pool.map(read, range(len(digits)))) == [{(200, digit)} for digit in right]


def test_stopping_finishes_what_is_under_way(started: "subprocess.Popen[str]") -> None:
    port = port_of(started)
    with closing(connect(port)) as connection, closing(connect(port)) as other:
        connection.request("GET", "/api/models")
        assert [one["name"] for one in json.loads(connection.getresponse().read())] == ["inklab"]
        picture = png(seven())
        connection.putrequest("POST", "/api/read")
        connection.putheader("Content-Type", "multipart/form-data; boundary=b")
        connection.putheader("Content-Length", str(len(HEAD + picture + END)))
        connection.endheaders(HEAD)
        other.request("GET", "/api/models")  # once it is answered, the half request has been read
        assert other.getresponse().status == 200
        started.send_signal(signal.SIGINT)
        connection.send(picture + END)
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())[0]["digit"]) == (200, 7)
    out, err = started.communicate(timeout=60)
    assert (out, err, started.returncode) == ("", "", 0)


def test_an_address_that_others_reach_needs_a_token(command: Command) -> None:
    said = command("web", "--host", "192.0.2.1", "--no-open")
    assert (said.code, said.out) == (1, "")
    reached = "192.0.2.1 can be reached by others"
    assert said.err == f"inklab: {reached}; expected --token with a secret that every request must bring\n"


def test_a_token_that_can_be_guessed_is_refused(command: Command) -> None:
    said = command("web", "--token", "short", "--no-open")
    assert said.code == 2
    assert "--token has 5 letters; expected at least 16" in " ".join(said.err.split())
    said = command("web", "--token", "ein sehr geheimes Wort äöü", "--no-open")
    assert (said.code, "expected ASCII without spaces" in " ".join(said.err.split())) == (2, True)


def test_a_port_that_is_taken_is_told(command: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = command("web", "--port", str(port), "--no-open")
    assert (said.code, said.out) == (1, "")
    assert re.fullmatch(
        rf"inklab: cannot listen on 127.0.0.1, port {port}: .*; choose another --port\n", said.err
    )
