"""`inklab read`: its output formats, exit codes, and errors."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cli_runner import Command, command_runner
from PIL import Image

from inklab.data import Dataset
from inklab.recognition import Artifact, Recognizer


@pytest.fixture
def inklab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], artifact: Artifact
) -> Command:
    """Run a command in a folder that holds an artifact, with this artifact as the shipped one."""
    monkeypatch.chdir(tmp_path)
    artifact.save(tmp_path / "linear.inklab")
    monkeypatch.setattr("inklab.recognition.recognizer.SHIPPED", tmp_path / "linear.inklab")
    return command_runner(capsys)


@pytest.fixture
def folder(tmp_path: Path, mnist: Dataset) -> Path:
    """Six digits, one more in a subfolder, a blank image, a damaged picture, and a text file."""
    made = tmp_path / "scans"
    (made / "more").mkdir(parents=True)
    for number, image in enumerate(mnist.test.images[:6]):
        Image.fromarray(image).save(made / f"{number}.png")
    Image.fromarray(mnist.test.images[6]).save(made / "more" / "6.PNG")
    Image.fromarray(np.zeros((28, 28), np.uint8)).save(made / "blank.png")
    (made / "damaged.jpg").write_bytes(b"\xff\xd8\xff")
    (made / "notes.txt").write_text("no picture")
    return made


DIGITS = [f"scans/{number}.png" for number in range(6)]
NAMES = [*DIGITS, "scans/blank.png", "scans/damaged.jpg", "scans/more/6.PNG"]


@pytest.mark.usefixtures("folder")
def test_a_folder_is_read_picture_by_picture(inklab: Command) -> None:
    result = inklab("read", "scans")
    assert result.code == 1, "two are refused"
    extensions = ".avif, .bmp, .gif, .heic, .heif, .jpeg, .jpg, .png, .tif, .tiff, .webp"
    assert result.err == f"skipped: 1 .txt; expected {extensions}\n"
    expected = [str(Recognizer().read(name)) for name in NAMES]
    assert result.lines == [f"{reading}  {name}" for reading, name in zip(expected, NAMES, strict=True)]
    assert result.lines[6] == "-  blank  scans/blank.png"
    assert result.lines[7].startswith("-  unreadable: ")


def test_a_folder_without_pictures_is_reported(inklab: Command, folder: Path) -> None:
    (folder / "none").mkdir()
    result = inklab("read", "scans/none", "scans/1.png")
    assert (result.code, len(result.lines), result.err) == (0, 1, "no picture is in scans/none\n")


def test_a_long_name_is_shortened_unless_it_is_a_file(inklab: Command, folder: Path) -> None:
    (folder / ("a" * 200)).write_bytes((folder / "1.png").read_bytes())
    result = inklab(
        "read", f"scans/{'a' * 200}", "data:image/png;base64," + "a" * 9000, "https://" + "a" * 9000
    )
    assert result.lines[0].endswith(f"  scans/{'a' * 200}")
    assert all(len(line) < 300 for line in result.lines[1:])
    assert "nothing is fetched" in result.lines[2]


def test_json_is_one_object_per_picture(inklab: Command, folder: Path) -> None:
    result = inklab(
        "read", "scans/1.png", "scans/blank.png", "scans/2.png", "--json", "--error-rate", "0.005"
    )
    rows = [json.loads(line) for line in result.lines]
    assert result.code == 1
    assert [row["picture"] for row in rows] == ["scans/1.png", "scans/blank.png", "scans/2.png"]
    assert all(
        row.keys() == {"picture", "digit", "confidence", "probabilities", "prediction_set", "reason"}
        for row in rows
    )
    reading = Recognizer().read(folder / "1.png")
    assert rows[0]["digit"] == reading.digit
    assert rows[0]["confidence"] == pytest.approx(reading.confidence, abs=1e-6)
    assert rows[0]["probabilities"] == pytest.approx(reading.probabilities, abs=1e-6)
    assert rows[0]["prediction_set"] == list(reading.prediction_set(error_rate=0.005))
    assert rows[0]["reason"] is None
    assert rows[1] == {
        "picture": "scans/blank.png",
        "digit": None,
        "confidence": 0.0,
        "probabilities": None,
        "prediction_set": [],
        "reason": "blank",
    }


def test_csv_has_a_heading_and_one_row_per_picture(inklab: Command, folder: Path, mnist: Dataset) -> None:
    Image.fromarray(mnist.test.images[0]).save(folder / 'a "b", c.png')
    result = inklab("read", "--csv", "scans")
    rows = list(csv.DictReader(io.StringIO(result.out)))
    assert [row["picture"] for row in rows] == [*DIGITS, 'scans/a "b", c.png', *NAMES[6:]]
    reading = Recognizer().read(folder / "2.png")
    assert rows[2]["digit"] == str(reading.digit)
    assert float(rows[2]["p3"]) == pytest.approx(reading.probabilities[3], abs=1e-6)
    assert rows[2]["prediction_set"].split() == [
        str(digit) for digit in reading.prediction_set(error_rate=0.01)
    ]
    assert (rows[7]["digit"], rows[7]["p0"], rows[7]["reason"]) == ("", "", "blank")


def test_error_rate_prints_prediction_sets(inklab: Command, folder: Path) -> None:
    result = inklab("read", "--error-rate", "0.001", "scans/1.png", "scans/blank.png")
    digits = ", ".join(map(str, Recognizer().read(folder / "1.png").prediction_set(error_rate=0.001)))
    assert result.lines == [f"{{{digits}}}  scans/1.png", "-  blank  scans/blank.png"]


def test_exit_code_0_if_all_are_read(inklab: Command, folder: Path) -> None:
    assert Recognizer().read(folder / "1.png").digit is not None
    assert inklab("read", "scans/1.png").code == 0


def test_another_model(inklab: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inklab.recognition.recognizer.SHIPPED", folder / "nothing")
    assert inklab("read", "scans/1.png", "--model", "linear.inklab").code == 0
    result = inklab("read", "scans/1.png")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("inklab: this inklab comes without a network")


def test_stdin(inklab: Command, folder: Path) -> None:
    code = "from inklab.cli.main import main; main()"
    command = [sys.executable, "-c", code, "read", "--model", "linear.inklab", "-", "scans/2.png"]
    with (folder / "1.png").open("rb") as picture:
        process = subprocess.run(command, stdin=picture, capture_output=True, text=True, check=True)
    assert process.stdout == inklab("read", "scans/1.png", "scans/2.png").out.replace("scans/1.png", "-")


READ = [sys.executable, "-c", "from inklab.cli.main import main; main()", "read"]


def test_a_closed_input_is_an_empty_picture() -> None:
    command = ["sh", "-c", 'exec "$@" <&-', "sh", *READ, "-"]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.returncode == 1
    assert process.stdout.startswith("-  unreadable: the picture is empty; expected PNG")
    assert not process.stderr


def test_a_name_that_the_output_cannot_encode_is_escaped(folder: Path, tmp_path: Path) -> None:
    picture = shutil.copy(next(folder.rglob("*.png")), tmp_path / "\u00e9.png")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    process = subprocess.run(
        [*READ, str(picture)], capture_output=True, text=True, check=False, env=environment
    )
    assert process.stdout.rstrip().endswith("\\xe9.png")
    assert not process.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_is_one_line(folder: Path) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123
        process = subprocess.run(
            [*READ, str(folder)], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert process.stderr.splitlines()[-1].startswith("inklab: no space is left for the output; free some")
    assert "Traceback" not in process.stderr


@pytest.mark.usefixtures("folder")
def test_many_pictures_use_processes_and_show_progress(
    inklab: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = inklab("read", *["scans/1.png"] * 20)
    monkeypatch.setattr("inklab.utils.parallel.MIN_ITEMS_FOR_PROCESSES", 20)
    result = inklab("read", *["scans/1.png"] * 20)
    assert (result.code, result.out) == (expected.code, expected.out)
    assert result.err.splitlines()[0] == "2 of 20 pictures"
    assert result.err.splitlines()[-1] == "20 of 20 pictures"
    assert len(result.err.splitlines()) == 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["read", "empty"], "no picture is in empty; expected files in .avif, .bmp"),
        (["read", "phone"], "no picture is in phone, only 1 .pdf; expected files in .avif, .bmp"),
        (["read", "x.png", "--model", "empty"], "empty: it is not a file; expected an artifact"),
    ],
)
def test_a_user_error_is_one_line(inklab: Command, arguments: list[str], message: str) -> None:
    Path("empty").mkdir()
    Path("phone").mkdir()
    Path("phone/0001.PDF").touch()
    result = inklab(*arguments)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(f"inklab: {message}")
    assert result.err.count("\n") == 1


def test_stdin_can_be_given_once(inklab: Command) -> None:
    result = inklab("read", "-", "x.png", "-")
    assert (result.code, result.out) == (2, "")
    assert "- is standard input, which can be read only once; give it once" in result.err


@pytest.mark.parametrize(
    "arguments", [["read"], ["read", "x", "--json", "--csv"], ["read", "x", "--error-rate", "0.02"]]
)
def test_wrong_usage_exits_with_2(inklab: Command, arguments: list[str]) -> None:
    result = inklab(*arguments)
    assert (result.code, result.out) == (2, "")
