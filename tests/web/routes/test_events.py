"""Server-sent events of a run: its reports, its end, and its failure."""

import json
import shutil
from typing import Any

from fastapi.testclient import TestClient
from web_visits import FINISHED

from inklab.runs import Run
from inklab.web import Workbench
from inklab.web.services.run_events import RunEvents


def follow(client: TestClient, run: str) -> list[tuple[str, Any]]:
    """Follow a run to its end; return the names and the data of the events."""
    response = client.get(f"/api/runs/{run}/events")
    assert response.headers["content-type"].startswith("text/event-stream")
    events = []
    for block in response.text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
        if "event" in fields:
            events.append((fields["event"], json.loads(fields["data"])))
    return events


def test_a_short_run_is_followed_to_its_end(client: TestClient, workbench: Workbench) -> None:
    request = {
        "recipe": "lesson-cnn",
        "steps": 60,
        "batch_size": 20,
        "learning_rate": 1e-3,
        "seed": 3,
        "validations": 2,
        "options": {"dropout": 0.2},
        "augmentation": {"rotation": 5},
    }
    assert client.post("/api/runs", json=request).json()["name"] == "lesson-cnn"
    run = Run.open(workbench.runs / "lesson-cnn")
    assert run.recipe.augmentation.rotation == 5
    assert (run.recipe.seed, run.recipe.network_options) == (3, {"dropout": 0.2})
    events = follow(client, "lesson-cnn")
    reports = [report for name, data in events if name == "reports" for report in data["reports"]]
    assert [report["step"] for report in reports] == [0, 10, 20, 30, 40, 50, 60]
    is_validated = [True, False, False, True, False, False, True]
    assert ["valid_loss" in report for report in reports] == is_validated
    name, status = events[-1]
    assert (name, status["state"], status["step"]) == ("end", "finished", 60)
    assert status["changes"][:2] == ["learning rate 0.001", "batch size 20"]
    # A browser that comes back sends the number of its last event, and gets the reports after it.
    again = client.get("/api/runs/lesson-cnn/events", headers={"Last-Event-ID": "5"}).text
    assert '"start":5' in again.replace(" ", "")
    metrics = client.get("/api/runs/lesson-cnn/metrics", params={"start": 5}).json()
    assert ([report["step"] for report in metrics["reports"]], metrics["next"]) == ([50, 60], 7)
    assert client.delete("/api/runs/lesson-cnn").status_code == 204
    assert [path.name for path in workbench.runs.iterdir()] == [FINISHED]


def test_damaged_metrics_end_the_stream_with_a_failure(client: TestClient, workbench: Workbench) -> None:
    (workbench.runs / FINISHED / "metrics.jsonl").write_text("no\nlines\n")
    assert follow(client, FINISHED)[-1][0] == "failure"


def test_a_run_that_is_deleted_while_it_is_followed_ends_the_stream(workbench: Workbench) -> None:
    run_events = RunEvents(workbench, workbench.run(FINISHED), 0)
    assert [event.event for event in run_events.poll()] == ["reports"]
    shutil.rmtree(workbench.runs / FINISHED)
    (last,) = run_events.poll()
    assert (last.event, run_events.has_ended) == ("failure", True)
