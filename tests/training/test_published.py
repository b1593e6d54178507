"""Published results: published.json agrees with the recipes and with the measurements in benchmarks/zoo."""

import json
import subprocess
import sys
from dataclasses import asdict, replace
from importlib.resources import files
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from numpy.testing import assert_allclose

from inklab.data import Dataset
from inklab.runs import Run, unfinished_trainings
from inklab.training import (
    RECIPES,
    TABLE_HEADINGS,
    PublishedResult,
    Recipe,
    count_parameters,
    find_recipe,
    published_results,
)
from inklab.training.augmentation.geometric import Augmentation

ROOT = Path(__file__).parents[2]
RESULTS = published_results()


def measurements_of(name: str) -> list[dict[str, Any]]:
    """Return what was measured for each seed of a recipe."""
    path = ROOT / "benchmarks" / "zoo" / f"{name}.json"
    document: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return document


def test_mean_and_deviation_by_hand() -> None:
    # deviations from 0.02 are -0.01, 0, 0.01; their squares sum to 0.0002; over n - 1 = 2, the root is 0.01
    result = replace(RESULTS["lesson-softmax"], seeds=(0, 1, 2), errors=(0.01, 0.02, 0.03))
    assert_allclose([result.mean_error, result.deviation], [0.02, 0.01])


def test_table_row_by_hand() -> None:
    result = PublishedResult(
        name="net",
        parameters=12_345,
        published_error=0.01,
        selection="-",
        source="-",
        seeds=(0, 1, 2),
        errors=(0.01, 0.02, 0.03),
        component_errors={"one member": 0.04},
        elapsed_s=1234.56,
        machine="CPU (avx2), 2 threads",
    )
    cells = ("net", "12,345", "1.00%", "2.00% +- 1.00%, n = 3", "one member 4.00%", "1,234.6 s, 2 threads")
    assert result.table_row == cells
    assert len(TABLE_HEADINGS) == len(cells)
    untrained = replace(result, published_error=None, seeds=(), errors=(), component_errors={})
    assert untrained.table_row == ("net", "12,345", "-", "not trained here", "-", "-")
    assert replace(result, seeds=(0,), errors=(0.01,)).table_row[3] == "1.00%, n = 1"


def test_every_recipe_has_a_result() -> None:
    assert list(RESULTS) == [result.name for result in RESULTS.values()] == list(RECIPES)


@pytest.mark.parametrize("name", RECIPES)
def test_parameters_are_those_of_the_built_networks(name: str) -> None:
    assert RESULTS[name].parameters == count_parameters(RECIPES[name])


def test_file_holds_exactly_the_fields() -> None:
    document = json.loads((files("inklab.training") / "published.json").read_text(encoding="utf-8"))
    fields = json.loads(json.dumps([asdict(result) for result in RESULTS.values()]))
    assert fields == [{"name": name, **result} for name, result in document.items()]


def test_reading_the_results_loads_neither_torch_nor_numpy() -> None:
    code = (
        "import sys; from inklab.training import published_results; published_results(); print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"torch", "numpy"} & set(loaded.split())


FOR_A_GPU = {name for name in RECIPES if name.endswith("-full")} - {"lesson-cnn-full"}
TRAINED = [name for name, result in RESULTS.items() if result.seeds]
WITHOUT_MEASUREMENTS = {"lesson-cnn-full"}  # trained before measurements were stored


def test_all_but_the_full_size_recipes_were_trained() -> None:
    assert set(RECIPES) - set(TRAINED) == FOR_A_GPU


@pytest.mark.parametrize("name", TRAINED)
def test_fields_are_consistent(name: str, mnist: Dataset) -> None:
    result = RESULTS[name]
    assert len(result.seeds) == len(set(result.seeds)) == len(result.errors)
    assert len(result.seeds) >= 3
    assert result.elapsed_s > 0
    assert result.machine
    assert result.source
    mistakes = [error * len(mnist.test) for error in result.errors]
    assert_allclose(mistakes, [round(count) for count in mistakes], atol=1e-6)  # whole images


@pytest.mark.parametrize("name", [name for name in TRAINED if name not in WITHOUT_MEASUREMENTS])
def test_results_agree_with_the_measurements(name: str) -> None:
    measured, result = measurements_of(name), RESULTS[name]
    assert [seed["seed"] for seed in measured] == list(result.seeds)
    assert [seed["errors"] / seed["n"] for seed in measured] == list(result.errors)
    assert [len(seed["mistakes"]) for seed in measured] == [seed["errors"] for seed in measured]


def test_measured_recipes_are_the_current_recipes() -> None:
    trained = [name for name in TRAINED if name not in WITHOUT_MEASUREMENTS]
    measured = [(name, seed) for name in trained for seed in measurements_of(name) if "recipe" in seed]
    assert measured  # older measurements do not hold the recipe
    for name, seed in measured:
        recipe = find_recipe(name, seed=seed["seed"])
        assert Recipe.from_dict(seed["recipe"]) == recipe  # fields that are newer have their default


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("tta_views", [1, 2])
def test_reproduce_measures_an_ensemble_and_its_members(
    tta_views: int, mnist: Dataset, tmp_path: Path
) -> None:
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
        tta_views=tta_views,
    )
    run = Run.create(tmp_path / "run", recipe, data)
    for member, training in unfinished_trainings(run, data):
        assert list(member.train(training))
    measured = reproduce.measure(run, data)
    assert measured["errors"] == len(measured["mistakes"]) == run.evaluate(data).errors
    assert measured["valid_errors"] == run.evaluate(data, split="valid").errors
    components = measured["component_errors"]
    assert components["one member"] == [member.evaluate(data).errors for member in run.members]
    assert ("one member with one view" in components) == (tta_views > 1)
    assert measured["ensemble"]["by_size"][-1]["mean_error"] == pytest.approx(measured["errors"] / 200)
    assert measured["recipe"] == recipe.to_dict()


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
"""Largest test error that a recipe should have on two cores."""
MISSED = {
    "dropconnect-mlp": "the error of a member is 1.32%, and the members misclassify the same digits",
    "dropconnect-cnn": "the members make similar errors; 28 epochs instead of 10 do not help",
    "mcdnn": "three times the epochs took the error from 0.45% to 0.42%; the paper has 35 columns",
    "committee": "0.28%: different members still misclassify nearly the same digits",
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
def test_goal_is_reached(name: str) -> None:
    assert RESULTS[name].mean_error <= GOALS[name]


def test_one_member_of_the_committee_errs_on_at_most_32_images() -> None:
    assert RESULTS["committee"].component_errors["one member"] <= 0.0032


def test_many_views_are_better_than_one() -> None:
    for seed in measurements_of("apac"):
        assert seed["errors"] < seed["component_errors"]["one view"][0]
