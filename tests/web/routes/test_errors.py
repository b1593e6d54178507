"""The errors of a network by HTTP, compared with numpy and scikit-learn."""

import time
from base64 import b64decode
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import classification_report, confusion_matrix
from web_visits import FINISHED, TIMEOUT_S

from inklab.data import Dataset
from inklab.evaluation import softmax
from inklab.models import predict_logits
from inklab.web import Workbench


@pytest.fixture
def logits(workbench: Workbench, mnist: Dataset) -> np.ndarray:
    return predict_logits(workbench.run(FINISHED).load_model(), mnist.test.images)


def get(client: TestClient, path: str, **params: Any) -> Any:
    response = client.get(f"/api/errors/{path}", params={"model": FINISHED, **params})
    assert response.status_code == 200, response.text
    return response.json()


def test_the_metrics_are_those_of_scikit_learn(
    client: TestClient, logits: np.ndarray, mnist: Dataset
) -> None:
    metrics, labels, digits = get(client, "summary"), mnist.test.labels, logits.argmax(axis=1)
    assert metrics["confusion"] == confusion_matrix(labels, digits, labels=range(10)).tolist()
    reference = classification_report(labels, digits, output_dict=True, zero_division=0)
    for of_digit in metrics["digits"]:
        expected = reference[str(of_digit["digit"])]
        assert_allclose(
            [of_digit["precision"], of_digit["recall"], of_digit["f1"], of_digit["n"]],
            [expected["precision"], expected["recall"], expected["f1-score"], expected["support"]],
        )
    assert metrics["errors"] == int((labels != digits).sum())
    assert sum(each["n"] for each in metrics["bins"]) == metrics["n"] == 10_000


def test_a_cell_has_its_images_most_confident_error_first(
    client: TestClient, logits: np.ndarray, mnist: Dataset
) -> None:
    confusion = np.array(get(client, "summary")["confusion"])
    np.fill_diagonal(confusion, 0)
    label, prediction = (int(each) for each in np.unravel_index(confusion.argmax(), confusion.shape))
    page = get(client, "confusions", label=label, prediction=prediction, count=5)
    assert page["total"] == confusion[label, prediction]
    indices = [example["index"] for example in page["examples"]]
    in_cell = np.flatnonzero((mnist.test.labels == label) & (logits.argmax(axis=1) == prediction))
    confidence = softmax(logits.astype(float)).max(axis=1)
    assert_array_equal(confidence[indices], np.sort(confidence[in_cell])[::-1][:5])
    assert b64decode(page["images"]) == mnist.test.images[indices].tobytes()
    rest = get(client, "confusions", label=label, prediction=prediction, start=5, count=200)
    both = [*indices, *(example["index"] for example in rest["examples"])]
    assert len(set(both)) == len(both) == min(205, len(in_cell))
    assert set(both) <= set(in_cell.tolist())


def test_the_lists_are_sorted_by_confidence(client: TestClient, logits: np.ndarray) -> None:
    errors, correct = get(client, "most-confident", count=50), get(client, "least-confident", count=50)
    metrics = get(client, "summary")
    assert (errors["total"], correct["total"]) == (metrics["errors"], 10_000 - metrics["errors"])
    assert all(example["label"] != example["prediction"] for example in errors["examples"])
    assert all(example["label"] == example["prediction"] for example in correct["examples"])
    descending = [example["confidence"] for example in errors["examples"]]
    ascending = [example["confidence"] for example in correct["examples"]]
    assert (sorted(descending, reverse=True), sorted(ascending)) == (descending, ascending)
    first = errors["examples"][0]["index"]
    assert_allclose(descending[0], softmax(logits.astype(float)).max(axis=1)[first])


def test_the_projection_has_errors_and_correct_predictions(client: TestClient) -> None:
    projection = get(client, "pca")
    examples = projection["examples"]
    assert (len(examples), len(projection["points"]), projection["dimensions"]) == (1000, 1000, 72)
    errors = get(client, "summary")["errors"]
    assert sum(example["label"] != example["prediction"] for example in examples) == min(200, errors)
    first, second = projection["explained_variance_ratio"]
    assert 0 < second <= first < 1
    (example,) = get(client, "example", index=examples[3]["index"])["examples"]
    assert example == examples[3]


def test_t_sne_is_computed_once_in_the_background(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def project(values: np.ndarray) -> np.ndarray:
        calls.append(len(values))
        return values[:, :2].astype(float)

    monkeypatch.setattr("inklab.explain.projection.tsne_projection", project)
    assert get(client, "tsne")["state"] == "none"
    client.post("/api/errors/tsne", params={"model": FINISHED})
    deadline = time.monotonic() + TIMEOUT_S
    while (job := get(client, "tsne"))["state"] != "done" and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(job["points"]) == 1000
    assert client.post("/api/errors/tsne", params={"model": FINISHED}).json()["state"] == "done"
    assert calls == [1000]


def test_the_shipped_network_is_evaluated_like_a_run(client: TestClient) -> None:
    assert client.get("/api/errors/summary").json()["errors"] < 100
    assert len(client.get("/api/errors/pca").json()["points"]) == 1000


@pytest.mark.parametrize(
    ("path", "params", "status", "error"),
    [
        ("summary", {"model": "../x"}, 400, "not the name of a run"),
        ("summary", {"model": "nothing"}, 400, "nothing"),
        ("confusions", {"label": 10, "prediction": 0}, 422, "query.label"),
        ("confusions", {"label": 1, "prediction": 0, "count": 201}, 422, "query.count"),
        ("example", {"index": 10_000}, 400, "no test image 10000; expected 0 to 9999"),
    ],
)
def test_wrong_parameters_are_refused(
    client: TestClient, path: str, params: dict[str, Any], status: int, error: str
) -> None:
    response = client.get(f"/api/errors/{path}", params={"model": FINISHED, **params})
    assert (response.status_code, error in response.json()["error"]) == (status, True)
