"""The lesson by HTTP: the user's own networks, what they learned, and the process that trains them."""

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
from web_visits import TIMEOUT_S

from inklab.data import Dataset
from inklab.evaluation import Report
from inklab.explain.filters import weight_images
from inklab.runs import Run
from inklab.training import Training
from inklab.utils.locks import locked
from inklab.web import Workbench
from inklab.web.services import training_process


@pytest.fixture(scope="module")
def digits(mnist: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_digits(tmp_path_factory.mktemp("data") / "digits", mnist)


@pytest.fixture(scope="module")
def finished_lesson(digits: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("finished") / "lesson"
    give_lesson(path, digits)
    return path


@pytest.fixture
def lesson(workbench: Workbench, finished_lesson: Path) -> Path:
    return Path(shutil.copytree(finished_lesson, workbench.runs / "lesson"))


def get(client: TestClient, path: str = "", **params: Any) -> Any:
    response = client.get(f"/api/lesson{path}", params=params)
    assert response.status_code == 200, response.text
    return response.json()


def wait(client: TestClient, path: str, *states: str) -> Any:
    deadline = time.monotonic() + TIMEOUT_S
    while (status := get(client, path))["state"] not in states and time.monotonic() < deadline:
        time.sleep(0.05)
    assert status["state"] in states, status
    return status


@pytest.mark.usefixtures("lesson")
def test_the_status_is_that_of_the_users_lesson(client: TestClient) -> None:
    status = get(client)
    assert (status["state"], status["name"]) == ("finished", "lesson")
    softmax, cnn = status["parts"]
    assert (softmax["run"], cnn["run"]) == ("lesson/softmax", "lesson/cnn")
    assert (cnn["steps"], len(cnn["points"]), cnn["network"]["parameters"]) == (40, 5, 3_274_634)


def test_weights_and_activations_are_those_of_the_runs(client: TestClient, lesson: Path) -> None:
    images = weight_images(Run.open(lesson / "softmax").load_model())
    weights = get(client, "/weights")
    assert images is not None
    assert_array_equal(np.frombuffer(b64decode(weights["values"]), "<f4"), images.ravel())
    activations = get(client, "/activations", index=3)
    assert [layer["maps"]["rows"] for layer in activations["layers"]] == [28, 14, 14, 7]
    assert_allclose(sum(activations["probabilities"]), 1, rtol=1e-6)


def test_the_filters_start_where_the_training_started(client: TestClient, lesson: Path) -> None:
    change = get(client, "/filters")
    arrays = {
        name: np.frombuffer(b64decode(change[name]["values"]), "<f4") for name in ("start", "end", "change")
    }
    assert (change["start"]["count"], change["start"]["rows"], change["start"]["columns"]) == (32, 5, 5)
    run = Run.open(lesson / "cnn")
    untrained, trained = Training(run.recipe, run.load_data().train).model, run.load_model()
    for name, model in (("start", untrained), ("end", trained)):
        assert_array_equal(arrays[name], model.state_dict()["conv1.weight"].numpy().ravel())
    assert_array_equal(arrays["change"], arrays["end"] - arrays["start"])
    correlation = np.corrcoef(arrays["start"], arrays["end"])[0, 1]
    assert f"random start is {correlation:.4f}." in change["description"]


def test_the_accuracy_on_all_images_is_that_of_the_report(client: TestClient, lesson: Path) -> None:
    report = Report.load(lesson / "cnn" / "report.json")
    assert get(client, "/accuracy", part="cnn", count=10_000)["errors"] == report.errors
    few = get(client, "/accuracy", part="cnn", count=20)
    assert (few["n"], few["errors"]) == (20, sum(mistake.index < 20 for mistake in report.mistakes))


@pytest.mark.usefixtures("lesson")
def test_ablation_of_all_filters_makes_all_predictions_equal(client: TestClient, mnist: Dataset) -> None:
    def ablate(*filters: int) -> Any:
        return client.post("/api/lesson/ablate", json={"filters": filters}).json()

    assert ablate()["errors"] == get(client, "/accuracy", part="cnn", count=1000)["errors"]
    assert ablate(*range(32))["accuracy"] in np.bincount(mnist.test.labels[:300]) / 300
    assert client.post("/api/lesson/ablate", json={"filters": [32]}).status_code == 422


def test_shuffled_pixels_are_the_same_pixels(client: TestClient, lesson: Path) -> None:
    image = get(client, "/shuffled-pixels", index=2)
    test = Run.open(lesson / "softmax").load_data().test
    assert b64decode(image["image"]) == test.images[2].tobytes()
    assert sorted(b64decode(image["shuffled"])) == sorted(b64decode(image["image"]))


@pytest.mark.usefixtures("lesson")
def test_a_seven_gets_a_bar_of_two_rows(client: TestClient, mnist: Dataset) -> None:
    plain, crossed = get(client, "/crossed-seven", part="cnn")
    image = np.frombuffer(b64decode(plain["image"]), np.uint8)
    assert_array_equal(image, mnist.test.images[0].ravel())  # the first test image is a seven
    changed = np.flatnonzero(image != np.frombuffer(b64decode(crossed["image"]), np.uint8))
    assert len(np.unique(changed // 28)) == 2
    assert 2 <= len(changed) <= 22
    assert plain["probabilities"] != crossed["probabilities"]


@pytest.mark.usefixtures("lesson")
@pytest.mark.parametrize("name", ["shuffled-softmax", "dropout"])
def test_an_experiment_runs_in_the_background(client: TestClient, name: str) -> None:
    assert get(client, f"/experiments/{name}")["state"] == "none"
    assert client.post(f"/api/lesson/experiments/{name}").json()["state"] in {"waiting", "running", "done"}
    curves = wait(client, f"/experiments/{name}", "done", "failed")["curves"]
    assert [curve["points"][-1]["step"] for curve in curves] == [curve["steps"] for curve in curves]


def test_before_a_lesson_there_is_only_text(client: TestClient) -> None:
    status = get(client)
    assert (status["state"], status["name"], status["parts"][0]["run"]) == ("none", None, None)
    response = client.get("/api/lesson/weights")
    assert (response.status_code, "start the lesson" in response.json()["error"]) == (400, True)


def test_a_lesson_of_another_process_is_running(client: TestClient, lesson: Path) -> None:
    (lesson / "report.html").unlink()
    with locked(lesson):
        assert get(client)["state"] == "running"
        assert client.post("/api/lesson").json()["state"] == "running"
    assert get(client)["state"] == "stopped"


def test_a_lesson_with_a_deleted_run_can_be_resumed(client: TestClient, lesson: Path) -> None:
    assert client.delete("/api/runs/lesson/cnn").status_code == 204
    assert get(client)["state"] == "stopped"
    assert (lesson / "report.html").exists()


def command(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def test_a_lesson_that_fails_has_its_error(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import sys; sys.exit('inklab: no room on the disk')"
    monkeypatch.setattr(training_process, "_COMMAND", command(code))
    assert client.post("/api/lesson").json()["state"] == "running"
    status = wait(client, "", "stopped")
    assert (status["error"], status["name"]) == ("no room on the disk", "lesson")


def test_a_lesson_may_write_more_than_a_pipe_holds(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "import sys; sys.stderr.write(1_000_000 * 'x' + '\\n'); sys.exit('at its end')"
    monkeypatch.setattr(training_process, "_COMMAND", command(code))
    client.post("/api/lesson")
    assert wait(client, "", "stopped")["error"] == "at its end"


def test_a_lesson_runs_in_a_process_of_its_own_and_is_resumed(
    client: TestClient, workbench: Workbench, finished_lesson: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(finished_lesson, workbench.runs / "lesson"))
    for path in ("report.html", "cnn/report.json"):
        (folder / path).unlink()
    assert get(client)["state"] == "stopped"
    arguments = folder.parent / "arguments"
    code = f"import sys; open({str(arguments)!r}, 'w').write(' '.join(sys.argv[1:]))"
    with monkeypatch.context() as patched:
        patched.setattr(training_process, "_COMMAND", command(code))
        client.post("/api/lesson")
        wait(client, "", "stopped")
    assert arguments.read_text() == f"lesson --resume {folder}"
    client.post("/api/lesson")
    assert wait(client, "", "finished")["parts"][1]["finished"]
