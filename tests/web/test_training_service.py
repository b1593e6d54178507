"""Trainings of the workbench: real ones, in processes of their own, and runs as they are kept."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from web_pictures import png, seven
from web_visits import FINISHED, RECIPE

from inklab.data import Dataset
from inklab.models import NETWORKS
from inklab.runs import Run
from inklab.training import RECIPES
from inklab.web import Workbench
from inklab.web.following import Following
from inklab.web.recipes import options_of

LONG = {"recipe": "lesson-softmax", "name": "long", "steps": 50_000_000}


def started(client: TestClient, **asked: Any) -> dict[str, Any]:
    answer = client.post("/api/training/start", json=asked)
    assert answer.status_code == 200, answer.json()
    found: dict[str, Any] = answer.json()
    return found


def heard(client: TestClient, run: str, **asked: Any) -> list[tuple[str, Any]]:
    """Follow a run until it has ended; return the events."""
    answer = client.get("/api/training/events", params={"run": run, **asked})
    assert answer.headers["content-type"].startswith("text/event-stream")
    found = []
    for block in answer.text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
        if "event" in lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def state(client: TestClient, run: str) -> str:
    return str(client.get("/api/runs/one", params={"run": run}).json()["state"])


def test_a_run_is_started_paused_resumed_and_stopped(client: TestClient, workbench: Workbench) -> None:
    assert started(client, **LONG)["state"] == "training"
    try:
        another = client.post("/api/training/start", json={"recipe": "mlp"})
        assert another.status_code == 409
        assert another.json()["error"].startswith("long is training; one run trains at a time")
        assert client.delete("/api/runs", params={"run": "long"}).status_code == 409
        renaming = client.post("/api/runs/rename", json={"run": "long", "name": "other"})
        assert (renaming.status_code, renaming.json()["error"]) == (409, "long is training; pause it first")
        assert client.post("/api/training/resume", json={"run": FINISHED}).status_code == 400
        paused = client.post("/api/training/pause", json={"run": "long"}).json()
        assert (paused["state"], paused["reason"]) == ("paused", "")
        assert (workbench.runs / "long" / "checkpoint" / "state.safetensors").exists()
        assert client.post("/api/training/resume", json={"run": "long"}).json()["state"] == "training"
    finally:
        stopped = client.post("/api/training/stop", json={"run": "long"})
    assert stopped.json() == {"run": "long"}
    assert not (workbench.runs / "long").exists()
    assert [path.name for path in workbench.runs.iterdir()] == [FINISHED]


def test_a_short_run_is_followed_to_its_end(client: TestClient, workbench: Workbench) -> None:
    asked = {
        "recipe": "lesson-cnn",
        "steps": 60,
        "batch_size": 20,
        "learning_rate": 1e-3,
        "seed": 3,
        "looks": 2,
    }
    changed = {"options": {"dropout": 0.2}, "augmentation": {"rotation": 5}}
    assert started(client, **asked, **changed)["name"] == "lesson-cnn"
    run = Run.open(workbench.runs / "lesson-cnn")
    assert run.recipe.augmentation.rotation == 5
    assert (run.recipe.seed, run.recipe.network_options) == (3, {"dropout": 0.2})
    events = heard(client, "lesson-cnn")
    reports = [report for name, data in events if name == "reports" for report in data["reports"]]
    assert [one["step"] for one in reports] == [0, 10, 20, 30, 40, 50, 60]
    assert ["valid_loss" in one for one in reports] == [True, False, False, True, False, False, True]
    name, ended = events[-1]
    assert (name, ended["state"], ended["step"], ended["left_s"]) == ("end", "finished", 60, None)
    assert ended["changes"][:2] == ["learning rate 0.001", "batch size 20"]
    # Whoever comes back is told the rest, by what the browser says of itself.
    headers = {"Last-Event-ID": "5"}
    again = client.get("/api/training/events", params={"run": "lesson-cnn"}, headers=headers).text
    assert '"start":5' in again.replace(" ", "")
    metrics = client.get("/api/runs/metrics", params={"run": "lesson-cnn", "start": 5}).json()
    assert ([one["step"] for one in metrics["reports"]], metrics["next"]) == ([50, 60], 7)
    assert client.delete("/api/runs", params={"run": "lesson-cnn"}).json() == {"name": "lesson-cnn"}
    assert [path.name for path in workbench.runs.iterdir()] == [FINISHED]


def test_own_drawings_are_trained_on_as_they_were_then(client: TestClient, workbench: Workbench) -> None:
    asked = {"recipe": "lesson-softmax", "steps": 1, "data": "mnist+drawings"}
    refused = client.post("/api/training/start", json=asked)
    assert "no drawing is kept yet" in refused.json()["error"]
    name = client.post("/api/drawings/7", files={"picture": png(seven())}).json()["name"]
    source = started(client, **asked)["source"]
    client.delete(f"/api/drawings/7/{name}")
    run = Run.open(workbench.runs / "lesson-softmax")
    assert run.source == source
    train = run.load_data().train
    assert (len(train), list(train.labels[-20:])) == (55_020, [7] * 20)


def test_a_run_that_another_process_trains_is_seen_and_left_alone(
    client: TestClient, workbench: Workbench, mnist: Dataset
) -> None:
    run = Run.create(workbench.runs / "elsewhere", RECIPE, mnist)
    reports = run.train(run.resume(mnist))
    next(reports)
    found = {one["name"]: one["state"] for one in client.get("/api/runs").json()}
    assert found == {"elsewhere": "training", FINISHED: "finished"}
    assert client.delete("/api/runs", params={"run": "elsewhere"}).status_code == 409
    assert client.post("/api/training/resume", json={"run": "elsewhere"}).status_code == 409
    del reports
    assert state(client, "elsewhere") == "paused"


def test_what_failed_says_why(client: TestClient, workbench: Workbench) -> None:
    shutil.copytree(workbench.runs / FINISHED, workbench.runs / "failed")
    (workbench.runs / "failed" / "model.safetensors").unlink()
    (workbench.runs / "failed" / "failure.txt").write_text("the loss is no longer a number;\nstart anew\n")
    found = client.get("/api/runs/one", params={"run": "failed"}).json()
    assert (found["state"], found["reason"]) == ("failed", "the loss is no longer a number; start anew")
    (workbench.runs / "failed" / "metrics.jsonl").write_text("no\nlines\n")
    assert "line 1 of" in client.get("/api/runs/one", params={"run": "failed"}).json()["reason"]
    assert heard(client, "failed")[-1][0] == "trouble"


def test_while_a_run_is_started_none_is_moved(client: TestClient, workbench: Workbench) -> None:
    with workbench.starting:
        for answer in (
            client.delete("/api/runs", params={"run": FINISHED}),
            client.post("/api/runs/rename", json={"run": FINISHED, "name": "other"}),
            client.post("/api/training/pause", json={"run": FINISHED}),
            client.post("/api/training/stop", json={"run": FINISHED}),
            client.post("/api/training/start", json={"recipe": "mlp"}),
        ):
            assert (answer.status_code, "being started; wait" in answer.json()["error"]) == (409, True)
    assert (workbench.runs / FINISHED).is_dir()


def test_a_training_that_cannot_begin_says_why_in_the_answer(
    client: TestClient, workbench: Workbench
) -> None:
    path = workbench.runs / "odd"
    shutil.copytree(workbench.runs / FINISHED, path)
    (path / "model.safetensors").unlink()
    (path / "checkpoint").mkdir()
    (path / "checkpoint" / "state.safetensors").write_bytes(b"damaged")
    answer = client.post("/api/training/resume", json={"run": "odd"})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("the training did not begin: ")
    assert "to train again from the first step" in answer.json()["error"]


def test_a_run_is_renamed_and_nothing_is_overwritten(client: TestClient, workbench: Workbench) -> None:
    shutil.copytree(workbench.runs / FINISHED, workbench.runs / "lesson" / "cnn")
    renamed = client.post("/api/runs/rename", json={"run": "lesson/cnn", "name": "cnn 2"})
    assert renamed.json() == {"name": "lesson/cnn 2"}
    assert state(client, "lesson/cnn 2") == "finished"
    (workbench.runs / "empty").mkdir()
    for name, why in [("empty", "there is a empty already"), (FINISHED, "there is a small already")]:
        answer = client.post("/api/runs/rename", json={"run": FINISHED, "name": name})
        assert (answer.status_code, why in answer.json()["error"]) == (400, True)


def test_what_is_part_of_a_committee_or_done_is_not_deleted_by_itself(
    client: TestClient, workbench: Workbench
) -> None:
    column = "many/columns/00"
    shutil.copytree(workbench.runs / FINISHED, workbench.runs / column)
    answers = [
        client.delete("/api/runs", params={"run": column}),
        client.post("/api/runs/rename", json={"run": column, "name": "01"}),
        client.post("/api/training/stop", json={"run": column}),
        client.post("/api/training/stop", json={"run": FINISHED}),
    ]
    assert [answer.status_code for answer in answers] == [400] * 4
    assert [state(client, name) for name in (column, FINISHED)] == ["finished"] * 2


@pytest.mark.parametrize("name", ["..", "../x", "a/b", ".hidden", "/etc/x", "a\x00", "%2e%2e"])
def test_names_cannot_leave_their_folder(client: TestClient, workbench: Workbench, name: str) -> None:
    before = sorted(Path(workbench.runs).parent.rglob("*"))
    asked = [
        client.post("/api/runs/rename", json={"run": FINISHED, "name": name}),
        client.post("/api/runs/rename", json={"run": name, "name": "x"}),
        client.delete("/api/runs", params={"run": name}),
        client.get("/api/runs/one", params={"run": name}),
        client.get("/api/training/events", params={"run": name}),
        client.post("/api/training/start", json={"recipe": "lesson-softmax", "name": name}),
        client.post("/api/training/stop", json={"run": name}),
    ]
    assert {answer.status_code for answer in asked} == {400}
    assert all(set(answer.json()) == {"error"} for answer in asked)
    assert sorted(Path(workbench.runs).parent.rglob("*")) == before


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"recipe": "none"}, 400, "no recipe is called 'none'"),
        ({"steps": 0}, 400, "steps is 0; expected a whole number from 1"),
        ({"steps": "many"}, 422, "body.steps: "),
        ({"batch_size": 200_000}, 400, "batch_size is 200000"),
        ({"learning_rate": -1}, 400, "learning_rate is -1.0; expected a positive number"),
        ({"options": {"dropout": 2}}, 400, "dropout is 2"),
        ({"options": {"units": 3}}, 400, "lesson-cnn has no option units; it has dropout"),
        ({"recipe": "mlp", "options": {"units": 1e4, "hidden": 10}}, 400, "expected at most 100,000,000"),
        ({"augmentation": {"rotation": 200}}, 400, "augmentation rotation is 200"),
        ({"augmentation": {"views": 1}}, 400, "augmentation has no 'views'"),
        ({"augmentation": {"mirror": 1}}, 400, "augmentation has no 'mirror'; it has rotation, scale"),
        ({"data": "folder"}, 400, "folder is empty"),
        ({"data": "folder", "folder": "/nowhere"}, 400, "there is no data set or folder '/nowhere'"),
        ({"name": FINISHED}, 400, "is not empty; choose another name"),
        ({"looks": 0}, 422, "body.looks: "),
    ],
)
def test_a_field_that_cannot_be_is_named(
    client: TestClient, workbench: Workbench, changed: dict[str, Any], status: int, said: str
) -> None:
    answer = client.post("/api/training/start", json={"recipe": "lesson-cnn", **changed})
    assert answer.status_code == status
    assert said in answer.json()["error"]
    assert [path.name for path in workbench.runs.iterdir()] == [FINISHED]


def test_every_recipe_has_its_settings_and_its_layers(client: TestClient) -> None:
    found = {one["name"]: one for one in client.get("/api/recipes").json()}
    assert list(found) == list(RECIPES)
    assert [one["name"] for one in found["mlp-dropout"]["options"]] == [
        "units",
        "hidden",
        "dropout",
        "input_dropout",
    ]
    assert [one["value"] for one in found["mlp-dropout"]["options"]] == [2048, 1, 0.5, 0.2]
    assert (found["mcdnn"]["columns"], found["mcdnn"]["options"]) == (
        7,
        [],
    )  # each column has a width of its own
    for recipe in RECIPES.values():
        assert recipe.network in NETWORKS
        for setting in options_of(recipe):
            assert setting.least <= setting.value <= setting.most
    mixed = client.post("/api/recipes/layers", json={"recipe": "committee", "options": {"digit_width": 14}})
    told = "columns of committee differ in their digit_width; leave it"
    assert (mixed.status_code, mixed.json()["error"]) == (400, told)
    layers = client.post("/api/recipes/layers", json={"recipe": "fast-99", "options": {"width": 4}}).json()
    assert layers["layers"][0] == {
        "name": "conv1",
        "kind": "Conv2d 3x3",
        "shape": [4, 28, 28],
        "parameters": 36,
    }


def test_a_run_that_goes_while_it_is_followed_is_told_of(workbench: Workbench) -> None:
    following = Following(workbench, workbench.run(FINISHED), 0)
    assert [one.event for one in following.look()] == ["reports"]
    shutil.rmtree(workbench.runs / FINISHED)
    (told,) = following.look()
    assert (told.event, following.ended) == ("trouble", True)
