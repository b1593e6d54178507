"""What the Mistakes room asks of the service: every number against numpy and scikit-learn."""

import shutil
import time
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import binomtest
from sklearn.metrics import classification_report, confusion_matrix
from web_visits import FINISHED, PATIENCE_S, RECIPE

from inklab.data import Dataset
from inklab.evaluation import softmax
from inklab.models import predict_logits
from inklab.runs import Run
from inklab.web import Workbench

SECOND = "second"


@pytest.fixture(scope="module")
def second_run(mnist: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another network, of fewer steps."""
    run = Run.create(tmp_path_factory.mktemp("second") / SECOND, replace(RECIPE, steps=10, seed=1), mnist)
    for _ in run.train(run.resume(mnist)):
        pass
    return run.path


@pytest.fixture
def logits(workbench: Workbench, mnist: Dataset) -> np.ndarray:
    return predict_logits(workbench.run(FINISHED).load_model(), mnist.test.images)


def ask(client: TestClient, what: str, **params: Any) -> Any:
    answer = client.get(f"/api/mistakes/{what}", params={"network": FINISHED, **params})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_summary_is_what_scikit_learn_finds(
    client: TestClient, logits: np.ndarray, mnist: Dataset
) -> None:
    found, labels, answers = ask(client, "summary"), mnist.test.labels, logits.argmax(axis=1)
    assert found["confusion"] == confusion_matrix(labels, answers, labels=range(10)).tolist()
    reference = classification_report(labels, answers, output_dict=True, zero_division=0)
    for one in found["digits"]:
        expected = reference[str(one["digit"])]
        assert_allclose(
            [one["precision"], one["recall"], one["f1"], one["n"]],
            [expected["precision"], expected["recall"], expected["f1-score"], expected["support"]],
        )
    assert found["errors"] == int((labels != answers).sum())
    assert sum(one["n"] for one in found["bins"]) == found["n"] == 10_000


def test_a_cell_holds_its_digits_the_surest_mistake_first(
    client: TestClient, logits: np.ndarray, mnist: Dataset
) -> None:
    confusion = np.array(ask(client, "summary")["confusion"])
    np.fill_diagonal(confusion, 0)
    label, answer = np.unravel_index(confusion.argmax(), confusion.shape)
    page = ask(client, "cell", label=int(label), answer=int(answer), count=5)
    assert page["total"] == confusion[label, answer]
    indices = [one["index"] for one in page["digits"]]
    inside = np.flatnonzero((mnist.test.labels == label) & (logits.argmax(axis=1) == answer))
    sureness = softmax(logits.astype(float)).max(axis=1)
    assert_array_equal(sureness[indices], np.sort(sureness[inside])[::-1][:5])
    assert b64decode(page["images"]) == mnist.test.images[indices].tobytes()
    rest = ask(client, "cell", label=int(label), answer=int(answer), start=5, count=200)
    both = [*indices, *(one["index"] for one in rest["digits"])]
    assert len(set(both)) == len(both) == min(205, len(inside))
    assert set(both) <= set(inside.tolist())


def test_surest_mistakes_and_least_sure_right_answers(client: TestClient, logits: np.ndarray) -> None:
    wrong, right = ask(client, "surest", count=50), ask(client, "unsurest", count=50)
    summary = ask(client, "summary")
    assert (wrong["total"], right["total"]) == (summary["errors"], 10_000 - summary["errors"])
    assert all(one["label"] != one["answer"] for one in wrong["digits"])
    assert all(one["label"] == one["answer"] for one in right["digits"])
    sure = [one["probability"] for one in wrong["digits"]]
    unsure = [one["probability"] for one in right["digits"]]
    assert (sorted(sure, reverse=True), sorted(unsure)) == (sure, unsure)
    assert_allclose(max(sure), softmax(logits.astype(float)).max(axis=1)[[wrong["digits"][0]["index"]]][0])


def test_the_plane_has_mistakes_and_right_answers(client: TestClient) -> None:
    laid = ask(client, "plane")
    assert (len(laid["digits"]), len(laid["points"]), laid["numbers"]) == (1000, 1000, 72)
    assert sum(one["label"] != one["answer"] for one in laid["digits"]) == min(
        200, ask(client, "summary")["errors"]
    )
    assert 0 < laid["shares"][1] <= laid["shares"][0] < 1
    (one,) = ask(client, "digit", index=laid["digits"][3]["index"])["digits"]
    assert one == laid["digits"][3]


def test_neighbours_are_found_in_the_background_once(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def plane(values: np.ndarray) -> np.ndarray:
        calls.append(len(values))
        return values[:, :2].astype(float)

    monkeypatch.setattr("inklab.inspection.tsne_projection", plane)
    assert ask(client, "neighbours")["state"] == "none"
    client.post("/api/mistakes/neighbours", params={"network": FINISHED})
    until = time.monotonic() + PATIENCE_S
    while (found := ask(client, "neighbours"))["state"] != "done" and time.monotonic() < until:
        time.sleep(0.02)
    assert len(found["points"]) == 1000
    assert client.post("/api/mistakes/neighbours", params={"network": FINISHED}).json()["state"] == "done"
    assert calls == [1000]


def test_two_networks_side_by_side(
    client: TestClient, workbench: Workbench, second_run: Path, mnist: Dataset, logits: np.ndarray
) -> None:
    shutil.copytree(second_run, workbench.runs / SECOND)
    both = {"first": FINISHED, "second": SECOND}
    found = client.get("/api/mistakes/compare", params=both).json()
    other = predict_logits(workbench.run(SECOND).load_model(), mnist.test.images).argmax(axis=1)
    one, labels = logits.argmax(axis=1), mnist.test.labels
    only = [
        int(((one == labels) & (other != labels)).sum()),
        int(((one != labels) & (other == labels)).sum()),
    ]
    assert [found["only_first"], found["only_second"]] == only
    assert found["both_right"] + sum(only) + found["both_wrong"] == found["n"] == 10_000
    assert_allclose(found["p_value"], binomtest(only[0], sum(only)).pvalue, rtol=1e-9)
    counted = 0
    for which in ("only_first", "only_second", "neither"):
        page = client.get("/api/mistakes/differences", params={**both, "which": which, "count": 3}).json()
        counted += page["total"]
        for digit in page["digits"]:
            index = digit["index"]
            assert (digit["answer"], digit["other"]) == (one[index], other[index])
            assert digit["answer"] != digit["other"]
            right = (digit["answer"] == digit["label"], digit["other"] == digit["label"])
            assert right == {"only_first": (True, False), "only_second": (False, True)}.get(
                which, (False, False)
            )
    assert counted == found["differ"] == int((one != other).sum())


def test_the_shipped_network_is_looked_at_like_a_run(client: TestClient) -> None:
    found = client.get("/api/mistakes/summary").json()
    assert found["errors"] < 100
    assert len(client.get("/api/mistakes/plane").json()["points"]) == 1000


@pytest.mark.parametrize(
    ("what", "params", "status", "said"),
    [
        ("summary", {"network": "../x"}, 400, "no name of a run"),
        ("summary", {"network": "nothing"}, 400, "is no run"),
        ("cell", {"label": 10, "answer": 0}, 422, "query.label"),
        ("cell", {"label": 1, "answer": 0, "count": 201}, 422, "query.count"),
        ("digit", {"index": 10_000}, 400, "no test digit 10000; expected 0 to 9999"),
        ("compare", {"first": "nothing"}, 400, "is no run"),
    ],
)
def test_what_is_not_there_is_refused(
    client: TestClient, what: str, params: dict[str, Any], status: int, said: str
) -> None:
    answer = client.get(f"/api/mistakes/{what}", params={"network": FINISHED, **params})
    assert (answer.status_code, said in answer.json()["error"]) == (status, True)
