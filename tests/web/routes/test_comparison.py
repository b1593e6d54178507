"""The comparison of two networks by HTTP, compared with numpy and SciPy."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from numpy.testing import assert_allclose
from scipy.stats import binomtest
from web_visits import FINISHED, RECIPE

from inklab.data import Dataset
from inklab.models import predict_logits
from inklab.runs import Run
from inklab.web import Workbench

SECOND = "second"


@pytest.fixture(scope="module")
def second_run(mnist: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another network, with fewer training steps."""
    run = Run.create(tmp_path_factory.mktemp("second") / SECOND, replace(RECIPE, steps=10, seed=1), mnist)
    for _ in run.train(run.resume(mnist)):
        pass
    return run.path


def test_two_networks_on_the_same_images(
    client: TestClient, workbench: Workbench, second_run: Path, mnist: Dataset
) -> None:
    shutil.copytree(second_run, workbench.runs / SECOND)
    first, second = (
        predict_logits(workbench.run(name).load_model(), mnist.test.images).argmax(axis=1)
        for name in (FINISHED, SECOND)
    )
    names, labels = {"first": FINISHED, "second": SECOND}, mnist.test.labels
    comparison = client.get("/api/comparison", params=names).json()
    only = [
        int(((first == labels) & (second != labels)).sum()),
        int(((first != labels) & (second == labels)).sum()),
    ]
    assert [comparison["only_first"], comparison["only_second"]] == only
    assert comparison["both_correct"] + sum(only) + comparison["both_wrong"] == comparison["n"] == 10_000
    assert_allclose(comparison["p_value"], binomtest(only[0], sum(only)).pvalue, rtol=1e-9)
    total = 0
    for which in ("only_first", "only_second", "neither"):
        params: dict[str, str | int] = {**names, "which": which, "count": 3}
        page = client.get("/api/comparison/disagreements", params=params).json()
        total += page["total"]
        for example in page["examples"]:
            predictions = (example["prediction"], example["other_prediction"])
            assert predictions == (first[example["index"]], second[example["index"]])
            assert predictions[0] != predictions[1]
            is_correct = tuple(prediction == example["label"] for prediction in predictions)
            expected = {"only_first": (True, False), "only_second": (False, True), "neither": (False, False)}
            assert is_correct == expected[which]
    assert total == comparison["disagreements"] == int((first != second).sum())


def test_a_missing_network_is_refused(client: TestClient) -> None:
    response = client.get("/api/comparison", params={"first": "nothing"})
    assert (response.status_code, "nothing" in response.json()["error"]) == (400, True)
