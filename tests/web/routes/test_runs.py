"""Runs by HTTP: real trainings in processes of their own, and runs on disk."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from web_pictures import png, seven
from web_visits import FINISHED, RECIPE

from inklab.data import Dataset
from inklab.runs import Run
from inklab.web import Workbench

LONG = {"recipe": "lesson-softmax", "name": "long", "steps": 50_000_000}


def start(client: TestClient, **request: Any) -> dict[str, Any]:
    response = client.post("/api/runs", json=request)
    assert response.status_code == 200, response.json()
    status: dict[str, Any] = response.json()
    return status


def state(client: TestClient, run: str) -> str:
    return str(client.get(f"/api/runs/{run}").json()["state"])


def test_a_run_is_started_paused_resumed_and_deleted(client: TestClient, workbench: Workbench) -> None:
    assert start(client, **LONG)["state"] == "training"
    try:
        second = client.post("/api/runs", json={"recipe": "mlp"})
        assert second.status_code == 409
        assert second.json()["error"].startswith("long is training; only one run trains at a time")
        renaming = client.patch("/api/runs/long", json={"name": "other"})
        assert (renaming.status_code, renaming.json()["error"]) == (409, "long is training; pause it first")
        assert client.post(f"/api/runs/{FINISHED}/resume").status_code == 400
        paused = client.post("/api/runs/long/pause").json()
        assert (paused["state"], paused["failure"]) == ("paused", "")
        assert (workbench.runs / "long" / "checkpoint" / "state.safetensors").exists()
        assert client.post("/api/runs/long/resume").json()["state"] == "training"
    finally:
        deleted = client.delete("/api/runs/long")
    assert deleted.status_code == 204
    assert not (workbench.runs / "long").exists()
    assert [path.name for path in workbench.runs.iterdir()] == [FINISHED]


def test_drawings_are_trained_on_as_they_were_at_the_start(client: TestClient, workbench: Workbench) -> None:
    request = {"recipe": "lesson-softmax", "steps": 1, "data": "mnist+drawings"}
    refused = client.post("/api/runs", json=request)
    assert "there are no drawings" in refused.json()["error"]
    name = client.post("/api/drawings/7", files={"picture": png(seven())}).json()["name"]
    source = start(client, **request)["source"]
    client.delete(f"/api/drawings/7/{name}")
    run = Run.open(workbench.runs / "lesson-softmax")
    assert run.source == source
    train = run.load_data().train
    assert (len(train), list(train.labels[-20:])) == (55_020, [7] * 20)


def test_a_run_of_another_process_is_listed_and_not_trained_twice(
    client: TestClient, workbench: Workbench, mnist: Dataset
) -> None:
    run = Run.create(workbench.runs / "elsewhere", RECIPE, mnist)
    reports = run.train(run.resume(mnist))
    next(reports)
    states = {status["name"]: status["state"] for status in client.get("/api/runs").json()}
    assert states == {"elsewhere": "training", FINISHED: "finished"}
    assert client.patch("/api/runs/elsewhere", json={"name": "other"}).status_code == 409
    assert client.post("/api/runs/elsewhere/resume").status_code == 409
    del reports
    assert state(client, "elsewhere") == "paused"


def test_a_failed_run_has_its_failure(client: TestClient, workbench: Workbench) -> None:
    shutil.copytree(workbench.runs / FINISHED, workbench.runs / "failed")
    (workbench.runs / "failed" / "model.safetensors").unlink()
    (workbench.runs / "failed" / "failure.txt").write_text("the loss is no longer a number;\nstart anew\n")
    status = client.get("/api/runs/failed").json()
    assert (status["state"], status["failure"]) == ("failed", "the loss is no longer a number; start anew")
    (workbench.runs / "failed" / "metrics.jsonl").write_text("no\nlines\n")
    assert "line 1 of" in client.get("/api/runs/failed").json()["failure"]


def test_while_a_run_is_being_started_no_run_is_changed(client: TestClient, workbench: Workbench) -> None:
    with workbench.starting:
        for response in (
            client.delete(f"/api/runs/{FINISHED}"),
            client.patch(f"/api/runs/{FINISHED}", json={"name": "other"}),
            client.post(f"/api/runs/{FINISHED}/pause"),
            client.post("/api/runs", json={"recipe": "mlp"}),
        ):
            assert response.status_code == 409
            assert "being started; wait" in response.json()["error"]
    assert (workbench.runs / FINISHED).is_dir()


def test_a_training_that_does_not_start_has_its_error_in_the_response(
    client: TestClient, workbench: Workbench
) -> None:
    path = workbench.runs / "odd"
    shutil.copytree(workbench.runs / FINISHED, path)
    (path / "model.safetensors").unlink()
    (path / "checkpoint").mkdir()
    (path / "checkpoint" / "state.safetensors").write_bytes(b"damaged")
    response = client.post("/api/runs/odd/resume")
    assert response.status_code == 400
    assert response.json()["error"].startswith("the training did not start: ")
    assert "to train again from the first step" in response.json()["error"]


def test_a_run_that_finishes_before_it_is_stopped_is_not_deleted(
    client: TestClient, workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_training = iter([True, False])
    monkeypatch.setattr(Run, "is_training", property(lambda _run: next(is_training, False)))
    response = client.delete(f"/api/runs/{FINISHED}")
    assert (response.status_code, "is finished" in response.json()["error"]) == (400, True)
    assert (workbench.runs / FINISHED).is_dir()


def test_a_run_is_renamed_and_nothing_is_overwritten(client: TestClient, workbench: Workbench) -> None:
    shutil.copytree(workbench.runs / FINISHED, workbench.runs / "lesson" / "cnn")
    renamed = client.patch("/api/runs/lesson/cnn", json={"name": "cnn 2"})
    assert renamed.json()["name"] == "lesson/cnn 2"
    assert state(client, "lesson/cnn 2") == "finished"
    (workbench.runs / "empty").mkdir()
    for name in ("empty", FINISHED):
        response = client.patch(f"/api/runs/{FINISHED}", json={"name": name})
        assert (response.status_code, name in response.json()["error"]) == (400, True)


def test_names_of_nested_runs_and_of_actions_are_not_confused(
    client: TestClient, workbench: Workbench
) -> None:
    shutil.copytree(workbench.runs / FINISHED, workbench.runs / "metrics")
    shutil.copytree(workbench.runs / FINISHED, workbench.runs / "lesson" / "cnn")
    assert state(client, "metrics") == "finished"
    assert len(client.get("/api/runs/lesson/cnn/metrics").json()["reports"]) == 5
    assert len(client.get("/api/runs/metrics/metrics").json()["reports"]) == 5
    response = client.patch("/api/runs/lesson/cnn", json={"name": "metrics"})
    assert (response.status_code, "other than" in response.json()["error"]) == (400, True)


def test_a_member_of_an_ensemble_is_not_changed_by_itself(client: TestClient, workbench: Workbench) -> None:
    member = "many/members/00"
    shutil.copytree(workbench.runs / FINISHED, workbench.runs / member)
    responses = [
        client.delete(f"/api/runs/{member}"),
        client.patch(f"/api/runs/{member}", json={"name": "01"}),
    ]
    assert [response.status_code for response in responses] == [400] * 2
    assert state(client, member) == "finished"


@pytest.mark.parametrize("name", ["%2e%2e", "..%2fx", ".hidden", "%2fetc%2fx", "a%00", "%252e%252e"])
def test_names_cannot_leave_their_folder(client: TestClient, workbench: Workbench, name: str) -> None:
    before = sorted(Path(workbench.runs).parent.rglob("*"))
    responses = [
        client.patch(f"/api/runs/{name}", json={"name": "x"}),
        client.delete(f"/api/runs/{name}"),
        client.get(f"/api/runs/{name}"),
        client.get(f"/api/runs/{name}/metrics"),
        client.get(f"/api/runs/{name}/events"),
        client.post(f"/api/runs/{name}/pause"),
        client.post(f"/api/runs/{name}/resume"),
    ]
    assert {response.status_code for response in responses} <= {400, 404, 405}
    assert all(set(response.json()) == {"error"} for response in responses)
    assert sorted(Path(workbench.runs).parent.rglob("*")) == before


@pytest.mark.parametrize("name", ["..", "../x", "a/b", ".hidden", "/etc/x", "a\x00", "%2e%2e"])
def test_new_names_cannot_leave_their_folder(client: TestClient, workbench: Workbench, name: str) -> None:
    before = sorted(Path(workbench.runs).parent.rglob("*"))
    responses = [
        client.patch(f"/api/runs/{FINISHED}", json={"name": name}),
        client.post("/api/runs", json={"recipe": "lesson-softmax", "name": name}),
    ]
    assert {response.status_code for response in responses} == {400}
    assert all(set(response.json()) == {"error"} for response in responses)
    assert sorted(Path(workbench.runs).parent.rglob("*")) == before


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"recipe": "none"}, 400, "'none'"),
        ({"steps": 0}, 400, "steps is 0; expected a whole number from 1"),
        ({"steps": "many"}, 422, "body.steps: "),
        ({"batch_size": 200_000}, 400, "batch_size is 200000"),
        ({"learning_rate": -1}, 400, "learning_rate is -1.0; expected a positive number"),
        ({"options": {"dropout": 2}}, 400, "dropout is 2"),
        ({"options": {"units": 3}}, 400, "units"),
        ({"recipe": "mlp", "options": {"units": 1e4, "hidden": 10}}, 400, "expected at most 100,000,000"),
        ({"augmentation": {"rotation": 200}}, 400, "augmentation rotation is 200"),
        ({"augmentation": {"views": 1}}, 400, "augmentation has no 'views'"),
        ({"augmentation": {"mirror": 1}}, 400, "augmentation has no 'mirror'; it has rotation, scale"),
        ({"data": "folder"}, 400, "folder is empty"),
        ({"data": "folder", "folder": "/nowhere"}, 400, "'/nowhere'"),
        ({"name": FINISHED}, 400, "is not empty; choose another name"),
        ({"validations": 0}, 422, "body.validations: "),
    ],
)
def test_a_wrong_setting_is_named(
    client: TestClient, workbench: Workbench, changes: dict[str, Any], status: int, error: str
) -> None:
    response = client.post("/api/runs", json={"recipe": "lesson-cnn", **changes})
    assert response.status_code == status
    assert error in response.json()["error"]
    assert [path.name for path in workbench.runs.iterdir()] == [FINISHED]


@pytest.mark.parametrize("ending", ["%0a", "%0D", "%00"])
def test_a_name_with_a_control_character_is_no_other_run(
    ending: str, client: TestClient, workbench: Workbench
) -> None:
    for request in (client.get, client.delete):
        response = request(f"/api/runs/{FINISHED}{ending}")
        assert (response.status_code, "control characters" in response.json()["error"]) == (400, True)
    assert (workbench.runs / FINISHED).exists()
