"""Results: what results.json says of every recipe."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from numpy.testing import assert_allclose

from inklab.data import DataSet
from inklab.training import RECIPES, Result, read_results

ROOT = Path(__file__).parents[2]


def evidence_of(name: str) -> list[dict[str, Any]]:
    """Return what was measured of each seed of a recipe."""
    path = ROOT / "benchmarks" / "zoo" / f"{name}.json"
    document: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return document


def test_mean_and_deviation_by_hand() -> None:
    # deviations from 0.02 are -0.01, 0, 0.01; their squares sum to 0.0002; over n - 1 = 2, the root is 0.01
    result = Result(published_error=None, selection="", source="", seeds=(0, 1, 2), errors=(0.01, 0.02, 0.03))
    assert_allclose([result.mean_error, result.deviation], [0.02, 0.01])


def test_every_recipe_has_its_entry() -> None:
    assert list(read_results()) == list(RECIPES)


def test_the_file_is_what_to_dict_gives() -> None:
    document = json.loads((files("inklab.training") / "results.json").read_text(encoding="utf-8"))
    assert json.loads(json.dumps({name: one.to_dict() for name, one in read_results().items()})) == document


FOR_AN_ACCELERATOR = {name for name in RECIPES if name.endswith("-full")} - {"lesson-cnn-full"}
TRAINED = [name for name, result in read_results().items() if result.seeds]
OLDER_THAN_THE_EVIDENCE = {"lesson-cnn-full"}


def test_all_but_the_full_sizes_were_trained() -> None:
    assert set(RECIPES) - set(TRAINED) == FOR_AN_ACCELERATOR


@pytest.mark.parametrize("name", TRAINED)
def test_the_fields_agree(name: str, mnist: DataSet) -> None:
    result = read_results()[name]
    assert len(result.seeds) == len(set(result.seeds)) == len(result.errors)
    assert len(result.seeds) >= 3
    assert result.elapsed_s > 0
    assert result.machine
    assert result.source
    mistakes = [error * len(mnist.test) for error in result.errors]
    assert_allclose(mistakes, [round(one) for one in mistakes], atol=1e-6)  # whole images


@pytest.mark.parametrize("name", [name for name in TRAINED if name not in OLDER_THAN_THE_EVIDENCE])
def test_the_summary_is_of_the_evidence(name: str) -> None:
    evidence, result = evidence_of(name), read_results()[name]
    assert [one["seed"] for one in evidence] == list(result.seeds)
    assert [one["errors"] / one["n"] for one in evidence] == list(result.errors)
    assert [len(one["mistakes"]) for one in evidence] == [one["errors"] for one in evidence]


GOALS = {
    "lesson-softmax": 0.085,
    "lesson-cnn-full": 0.0085,
    "fast-99": 0.01,
    "fast-99.5": 0.005,
    "mlp": 0.0170,
    "mlp-dropout": 0.0135,
    "mlp-dropout-deep": 0.0115,
    "dropconnect-mlp": 0.0120,
    "dropconnect-cnn": 0.0032,
    "mcdnn": 0.0035,
    "apac": 0.0035,
    "committee": 0.0026,
}
"""What a recipe is meant to reach on two cores."""
MISSED = {
    "dropconnect-mlp": "a column errs on 1.32 %, and five of forty epochs err on the same digits",
    "dropconnect-cnn": "the columns err alike; 28 epochs instead of ten are no better, on valid or on test",
    "mcdnn": "three times the epochs took the vote from 0.45 to 0.42 %; the paper has 35 columns of 800",
    "committee": "the columns err on nearly the same images; fifteen of the paper's reach this",
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name, marks=[pytest.mark.xfail(reason=MISSED[name], strict=True)] if name in MISSED else []
        )
        for name in GOALS
    ],
)
def test_the_goal_is_reached(name: str) -> None:
    assert read_results()[name].mean_error <= GOALS[name]


@pytest.mark.xfail(
    reason="0.323 %: of fifteen columns the best errs on 0.26 %, the worst on 0.41", strict=True
)
def test_one_column_of_the_committee_is_as_good_as_it_should_be() -> None:
    assert read_results()["committee"].alone["one column"] <= 0.0032


def test_many_views_decide_better_than_one() -> None:
    for seed in evidence_of("apac"):
        assert seed["errors"] < seed["alone"]["one view"][0]
