"""What the Lesson room asks of the service: the reader's own run, and experiments carried out."""

import shutil
import sys
import time
from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.testing import assert_allclose, assert_array_equal
from small_lessons import give_lesson, write_digits
from web_visits import PATIENCE_S

from inklab.data import Dataset
from inklab.evaluation import Report
from inklab.explain.filters import weight_images
from inklab.runs import Run
from inklab.runs.folder import locked
from inklab.web import Workbench, process


@pytest.fixture(scope="module")
def digits(mnist: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_digits(tmp_path_factory.mktemp("data") / "digits", mnist)


@pytest.fixture(scope="module")
def given(digits: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("given") / "lesson"
    give_lesson(path, digits)
    return path


@pytest.fixture
def lesson(workbench: Workbench, given: Path) -> Path:
    return Path(shutil.copytree(given, workbench.runs / "lesson"))


def get(client: TestClient, what: str, **params: Any) -> Any:
    answer = client.get(f"/api/lesson{what}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def wait(client: TestClient, what: str, *states: str) -> Any:
    until = time.monotonic() + PATIENCE_S
    while (found := get(client, what))["state"] not in states and time.monotonic() < until:
        time.sleep(0.05)
    assert found["state"] in states, found
    return found


@pytest.mark.usefixtures("lesson")
def test_the_lesson_is_the_readers_own(client: TestClient) -> None:
    found = get(client, "")
    assert (found["state"], found["name"]) == ("finished", "lesson")
    softmax, cnn = found["parts"]
    assert (softmax["run"], cnn["run"]) == ("lesson/softmax", "lesson/cnn")
    assert (cnn["steps"], len(cnn["points"]), cnn["layers"][-1][-1]) == (40, 5, "3,274,634")


def test_the_pictures_are_those_of_the_runs(client: TestClient, lesson: Path) -> None:
    images = weight_images(Run.open(lesson / "softmax").load_model())
    weights = get(client, "/weights")
    assert images is not None
    assert_array_equal(np.frombuffer(b64decode(weights["values"]), "<f4"), images.ravel())
    assert [get(client, "/filters")[name] for name in ("count", "rows", "columns")] == [32, 5, 5]
    through = get(client, "/through", index=3)
    assert [one["pictures"]["rows"] for one in through["layers"]] == [28, 14, 14, 7]
    assert_allclose(sum(through["probabilities"]), 1, rtol=1e-6)


def test_a_sample_of_all_digits_is_the_report(client: TestClient, lesson: Path) -> None:
    report = Report.load(lesson / "cnn" / "report.json")
    assert get(client, "/sample", part="cnn", count=10_000)["errors"] == report.errors
    few = get(client, "/sample", part="cnn", count=20)
    assert (few["n"], few["errors"]) == (20, sum(one.index < 20 for one in report.mistakes))


@pytest.mark.usefixtures("lesson")
def test_silencing_filters_costs_accuracy(client: TestClient, mnist: Dataset) -> None:
    def silence(*filters: int) -> Any:
        return client.post("/api/lesson/silence", json={"filters": filters}).json()

    assert silence()["errors"] == get(client, "/sample", part="cnn", count=1000)["errors"]
    none = silence(*range(32))  # whatever the digit, the answer is the same
    assert none["accuracy"] in np.bincount(mnist.test.labels[:300]) / 300
    assert client.post("/api/lesson/silence", json={"filters": [32]}).status_code == 422


@pytest.mark.usefixtures("lesson")
@pytest.mark.parametrize("name", ["shuffled-softmax", "dropout"])
def test_an_experiment_is_carried_out(client: TestClient, name: str) -> None:
    assert get(client, f"/experiments/{name}")["state"] == "none"
    assert client.post(f"/api/lesson/experiments/{name}").json()["state"] in {"waiting", "running", "done"}
    twins = wait(client, f"/experiments/{name}", "done", "failed")["twins"]
    assert [twin["points"][-1]["step"] for twin in twins] == [twin["steps"] for twin in twins]


def test_the_shuffled_digit_has_the_same_pixels(client: TestClient, lesson: Path) -> None:
    found = get(client, "/order", index=2)
    test = Run.open(lesson / "softmax").load_data().test
    assert b64decode(found["image"]) == test.images[2].tobytes()
    assert sorted(b64decode(found["shuffled"])) == sorted(b64decode(found["image"]))


@pytest.mark.usefixtures("lesson")
def test_a_bar_is_drawn_through_a_seven(client: TestClient, mnist: Dataset) -> None:
    plain, barred = get(client, "/bar", part="cnn")
    image = np.frombuffer(b64decode(plain["image"]), np.uint8)
    assert_array_equal(image, mnist.test.images[0].ravel())  # the first test digit is a seven
    changed = np.flatnonzero(image != np.frombuffer(b64decode(barred["image"]), np.uint8))
    assert len(np.unique(changed // 28)) == 2
    assert 2 <= len(changed) <= 22
    assert plain["probabilities"] != barred["probabilities"]


def test_before_a_lesson_there_are_only_words(client: TestClient) -> None:
    found = get(client, "")
    assert (found["state"], found["name"], found["parts"][0]["run"]) == ("none", None, None)
    answer = client.get("/api/lesson/weights")
    assert (answer.status_code, "begin the lesson" in answer.json()["error"]) == (400, True)


def test_a_lesson_that_another_process_gives_is_running(client: TestClient, lesson: Path) -> None:
    (lesson / "report.html").unlink()
    with locked(lesson):
        assert get(client, "")["state"] == "running"
        assert client.post("/api/lesson").json()["state"] == "running"
    assert get(client, "")["state"] == "stopped"


def test_a_lesson_whose_run_was_deleted_can_be_gone_on_with(client: TestClient, lesson: Path) -> None:
    assert client.delete("/api/runs", params={"run": "lesson/cnn"}).status_code == 200
    assert get(client, "")["state"] == "stopped"
    assert (lesson / "report.html").exists()


def command(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def test_a_lesson_that_cannot_be_given_says_why(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_COMMAND", command("import sys; sys.exit('inklab: no room on the disk')"))
    assert client.post("/api/lesson").json()["state"] == "running"
    found = wait(client, "", "stopped")
    assert (found["error"], found["name"]) == ("no room on the disk", "lesson")


def test_a_lesson_may_say_more_than_a_pipe_holds(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import sys; sys.stderr.write(1_000_000 * 'x' + '\\n'); sys.exit('at its end')"
    monkeypatch.setattr(process, "_COMMAND", command(code))
    client.post("/api/lesson")
    assert wait(client, "", "stopped")["error"] == "at its end"


def test_a_lesson_is_given_in_a_process_of_its_own_and_gone_on_with(
    client: TestClient, workbench: Workbench, given: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(given, workbench.runs / "lesson"))
    for path in ("report.html", "cnn/report.json"):
        (folder / path).unlink()
    assert get(client, "")["state"] == "stopped"
    said = folder.parent / "said"
    saying = f"import sys; open({str(said)!r}, 'w').write(' '.join(sys.argv[1:]))"
    with monkeypatch.context() as patched:
        patched.setattr(process, "_COMMAND", command(saying))
        client.post("/api/lesson")
        wait(client, "", "stopped")
    assert said.read_text() == f"lesson --resume {folder}"
    client.post("/api/lesson")
    assert wait(client, "", "finished")["parts"][1]["finished"]
