"""Ensemble members: each is a run of its own, is resumed, and never trained twice."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from inklab.data import Dataset
from inklab.errors import RecipeError, RunError
from inklab.evaluation import mean_vote, softmax
from inklab.models import Ensemble, TestTimeAugmentation, parameter_count, predict_logits
from inklab.report.run_report import inspect_run
from inklab.runs import Run, unfinished_trainings
from inklab.training import Recipe, Training, find_recipe
from inklab.training.augmentation.geometric import Augmentation
from inklab.utils.atomic import PARTIAL_SUFFIX

pytestmark = pytest.mark.usefixtures("one_thread")

RECIPE = replace(
    find_recipe("fast-99", steps=6, batch_size=10, log_every=2, eval_every=2),
    members=({"width": 2}, {"width": 3}, {}),
)


@pytest.fixture(scope="module")
def small(mnist: Dataset) -> Dataset:
    return replace(mnist, train=mnist.train[:200], valid=mnist.valid[:50], test=mnist.test[:60])


def train(run: Run, data: Dataset) -> None:
    for part, training in unfinished_trainings(run, data):
        for _ in part.train(training):
            pass


@pytest.fixture
def ensemble(tmp_path: Path, small: Dataset) -> Run:
    run = Run.create(tmp_path / "run", RECIPE, small)
    train(run, small)
    return run


def test_each_member_has_its_own_options_name_and_seed() -> None:
    members = [RECIPE.member(number) for number in range(3)]
    assert [member.network_options["width"] for member in members] == [2, 3, 16]
    assert [member.name for member in members] == ["fast-99-00", "fast-99-01", "fast-99-02"]
    assert len({member.seed for member in members}) == 3
    assert {member.seed for member in members}.isdisjoint(
        replace(RECIPE, seed=1).member(number).seed for number in range(3)
    )
    with pytest.raises(IndexError):
        RECIPE.member(3)


def test_an_ensemble_is_not_trained_as_one_network(small: Dataset) -> None:
    with pytest.raises(RecipeError, match=r"^fast-99 is an ensemble; train its members"):
        Training(RECIPE, small.train)


def test_json_round_trip() -> None:
    assert Recipe.from_dict(json.loads(json.dumps(RECIPE.to_dict()))) == RECIPE


def test_an_ensemble_averages_the_probabilities_of_its_members(ensemble: Run, small: Dataset) -> None:
    assert ensemble.is_finished
    assert [member.path.name for member in ensemble.members] == ["00", "01", "02"]
    assert Run.open(ensemble.path) == ensemble
    model = ensemble.load_model()
    assert isinstance(model, Ensemble)
    answers = [softmax(predict_logits(member.load_model(), small.test.images)) for member in ensemble.members]
    found = softmax(predict_logits(model, small.test.images))
    assert_allclose(found, mean_vote(np.stack(answers)), rtol=1e-4, atol=1e-7)
    assert ensemble.evaluate(small).n == 60


def test_a_member_equals_its_recipe_trained_alone(ensemble: Run, small: Dataset, tmp_path: Path) -> None:
    alone = Run.create(tmp_path / "alone", RECIPE.member(1), small)
    train(alone, small)
    weights = [run.path / "model.safetensors" for run in (alone, ensemble.members[1])]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_stopped_in_its_second_member_it_resumes_to_the_same_bits(
    ensemble: Run, small: Dataset, tmp_path: Path
) -> None:
    run = Run.create(tmp_path / "stopped", RECIPE, small)
    begun = []
    for part, training in unfinished_trainings(run, small):
        begun.append(part.path.name)
        for progress in part.train(training):
            if part.path.name == "01" and progress.step == 4:
                training.stop()
    assert begun == ["00", "01"]
    assert not run.is_finished
    going_on = f"{run.path} lacks the members 01, 02: its training has not ended; resume it with"
    with pytest.raises(RunError, match=f"^{going_on} `inklab train --resume {run.path}`$"):
        run.load_model()
    first = (run.members[0].path / "model.safetensors").stat().st_mtime_ns
    train(run, small)
    assert (run.members[0].path / "model.safetensors").stat().st_mtime_ns == first  # not trained again
    for mine, other in zip(run.members, ensemble.members, strict=True):
        names = [progress.path / "model.safetensors" for progress in (mine, other)]
        assert names[0].read_bytes() == names[1].read_bytes()
    assert list(unfinished_trainings(run, small)) == []


def test_a_member_that_lost_its_recipe_is_not_overwritten(small: Dataset, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", RECIPE, small)
    member = run.members[0].path
    member.mkdir(parents=True)
    (member / f".recipe.json.abc{PARTIAL_SUFFIX}").touch()  # what a killed process leaves is no loss
    next(unfinished_trainings(run, small))
    (member / "metrics.jsonl").touch()
    (member / "recipe.json").unlink()
    advice = "move it away to train this member again"
    with pytest.raises(RunError, match=rf"^{member} has lost its recipe\.json; {advice}$"):
        next(unfinished_trainings(run, small))


def test_the_seconds_of_an_ensemble_are_those_of_its_members(ensemble: Run) -> None:
    seconds = [member.progress()[-1].elapsed_s for member in ensemble.members]
    assert ensemble.elapsed_s == pytest.approx(sum(seconds))
    assert ensemble.members[2].elapsed_s == seconds[2]
    (ensemble.members[1].path / "metrics.jsonl").unlink()
    assert ensemble.elapsed_s == pytest.approx(seconds[0] + seconds[2])


def test_an_ensemble_is_inspected_by_its_first_member_and_its_votes(ensemble: Run, small: Dataset) -> None:
    view = inspect_run(ensemble, small, image=3)
    captions = {picture.name: picture.caption for picture in view.pictures}
    assert {"curves", "filters", "ensemble", "confusion"} <= set(captions)
    for name in ("filters", "image-3-conv1", "image-3-conv3"):
        assert " of member 1 of 3" in captions[name]
    page = view.page.read_text(encoding="utf-8")
    assert page.count("<img ") == len(view.pictures)
    held = [parameter_count(member.load_model()) for member in ensemble.members]
    for row, count in (("Total, first member", held[0]), ("Total, 3 members", sum(held))):
        assert re.search(rf"<td>{row}</td>.*>{count:,}</td>", page)


def test_a_run_with_views_averages_them(tmp_path: Path, small: Dataset) -> None:
    recipe = replace(
        RECIPE, members=(), tta_views=3, augmentation=Augmentation(rotation=10, elastic_alpha=20)
    )
    run = Run.create(tmp_path / "run", recipe, small)
    train(run, small)
    model = run.load_model()
    assert isinstance(model, TestTimeAugmentation)
    assert len(model.grids) == 3
    logits = predict_logits(model, small.test.images)
    assert_array_equal(logits, predict_logits(run.load_model(), small.test.images))
    assert not np.allclose(logits, predict_logits(model.network, small.test.images))


def test_averaged_weights_resume_to_the_same_bits(tmp_path: Path, small: Dataset) -> None:
    recipe = replace(
        RECIPE, members=(), ema_decay=0.9, max_weight_norm=0.5, augmentation=Augmentation(elastic_alpha=20)
    )
    whole, stopped = (Run.create(tmp_path / name, recipe, small) for name in ("whole", "stopped"))
    train(whole, small)
    for part, training in unfinished_trainings(stopped, small):
        for progress in part.train(training):
            if progress.step == 4:
                training.stop()
    train(stopped, small)
    assert (whole.path / "model.safetensors").read_bytes() == (
        stopped.path / "model.safetensors"
    ).read_bytes()
