"""Results: what results.json says of every recipe."""

import json
from dataclasses import replace
from importlib.resources import files
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from numpy.testing import assert_allclose

from inklab.data import Dataset
from inklab.runs import Run, unfinished_trainings
from inklab.training import RECIPES, Result, find_recipe, read_results
from inklab.training.augmentation.geometric import Augmentation

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
def test_the_fields_agree(name: str, mnist: Dataset) -> None:
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


def test_the_evidence_is_of_the_recipe_as_it_is() -> None:
    every = [(name, one) for name in set(TRAINED) - OLDER_THAN_THE_EVIDENCE for one in evidence_of(name)]
    written_down = [(name, one) for name, one in every if "recipe" in one]  # as it is since 2026-11-27
    assert written_down
    for name, one in written_down:
        recipe = find_recipe(name, seed=one["seed"])
        assert json.loads(json.dumps(recipe.to_dict())) == one["recipe"]


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("tta_views", [1, 2])
def test_a_committee_is_measured_as_its_parts_are(views: int, mnist: Dataset, tmp_path: Path) -> None:
    spec = spec_from_file_location("reproduce", ROOT / "benchmarks" / "reproduce.py")
    assert spec
    assert spec.loader
    reproduce = module_from_spec(spec)
    spec.loader.exec_module(reproduce)
    data = replace(mnist, train=mnist.train[:300], valid=mnist.valid[:60], test=mnist.test[:200])
    recipe = replace(
        find_recipe("fast-99", steps=20, batch_size=30, log_every=10, eval_every=20),
        augmentation=Augmentation(rotation=20, translate=2),
        members=({"width": 2}, {"width": 3}),
        tta_views=views,
    )
    run = Run.create(tmp_path / "run", recipe, data)
    for part, training in unfinished_trainings(run, data):
        assert list(part.train(training))
    found = reproduce.evidence(run, data)
    assert found["errors"] == len(found["mistakes"]) == run.evaluate(data).errors
    assert found["valid_errors"] == run.evaluate(data, split="valid").errors
    assert found["alone"]["one column"] == [column.evaluate(data).errors for column in run.members]
    assert ("one column with one view" in found["alone"]) == (views > 1)
    assert found["votes"]["by_columns"][-1]["mean_error"] == pytest.approx(found["errors"] / 200)
    assert found["recipe"] == recipe.to_dict()


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
    "committee": "0.28 %: columns that look differently still err on nearly the same digits",
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


def test_one_column_of_the_committee_is_as_good_as_it_should_be() -> None:
    assert read_results()["committee"].alone["one column"] <= 0.0032


def test_many_views_decide_better_than_one() -> None:
    for seed in evidence_of("apac"):
        assert seed["errors"] < seed["alone"]["one view"][0]
