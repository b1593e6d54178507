"""Live: what is written while somebody watches, and that it changes nothing."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from small_runs import RECIPE, assert_same_result, names_in, refused_in_one_line, train

from inklab.data import Dataset
from inklab.errors import TrainingError
from inklab.models import build_network
from inklab.runs import Run, read_snapshot, request_snapshots
from inklab.runs import run as run_module
from inklab.runs import snapshot as live
from inklab.runs.snapshot import Snapshot, SnapshotWriter, seen
from inklab.training import Recipe, Training

pytestmark = pytest.mark.usefixtures("one_thread")
pytest_plugins = ["small_runs"]

CNN = replace(
    RECIPE,
    network="fast-cnn",  # its running means would show that a look had counted as a step
    network_options={"width": 2},
    optimizer="adam",
    learning_rate=0.01,
    steps=9,
    log_every=4,
    eval_every=4,
    ema_decay=0.9,
)


@pytest.fixture
def every_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each step be followed by a moment, and each moment have time for a look."""
    monkeypatch.setattr(run_module, "MOMENT_S", 0.0)
    monkeypatch.setattr(live, "MOST_SHARE", 1e9)
    monkeypatch.setattr(live, "EVERY_S", 0.0)


def watched(folder: Run, data: Dataset) -> list[Snapshot]:
    """Train in a run and watch it; return what was seen at its reports."""
    training = folder.resume(data)
    request_snapshots(folder.path)
    found = [read_snapshot(folder.path) for _ in folder.train(training)]
    return [one for one in found if one]


@pytest.mark.usefixtures("every_moment")
@pytest.mark.parametrize("recipe", [CNN, RECIPE, replace(CNN, ema_decay=0.0)])
def test_a_watched_run_has_the_bits_of_an_unwatched_one(
    recipe: Recipe, data: Dataset, tmp_path: Path
) -> None:
    alone, seen_run = (Run.create(tmp_path / name, recipe, data) for name in ("alone", "seen"))
    train(alone, data)
    snapshots = watched(seen_run, data)
    assert [one.step for one in snapshots] == [
        step - 1 for step in range(1, recipe.steps + 1) if step % recipe.log_every == 0
    ] + [recipe.steps - 1]
    assert_same_result(seen_run, alone)
    assert names_in(seen_run) == names_in(alone)  # what was for the watcher is gone


@pytest.mark.usefixtures("every_moment")
def test_nothing_is_written_where_nobody_watches(data: Dataset, tmp_path: Path) -> None:
    folder = Run.create(tmp_path / "small", RECIPE, data)
    for _ in folder.train(folder.resume(data)):
        assert names_in(folder) == {"recipe.json", "metrics.jsonl"}


def test_moments_between_the_reports_and_none_twice(data: Dataset) -> None:
    training = Training(RECIPE, data.train, data.valid)
    found = [None if one is None else one.step for one in training.iter_with_ticks(0.0)]
    assert found == [0, *[None] * 4, 5, *[None] * 4, 10, None, 12]
    assert [one.step for one in Training(RECIPE, data.train)] == [0, 5, 10, 12]


def test_a_look_waits_for_as_long_as_the_last_one_cost(
    data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter([10.0, 10.1, 13.0, 13.5, 13.5])  # the first look takes 0.1 s: the next one waits for 1 s
    monkeypatch.setattr(live, "MOST_SHARE", 0.1)
    looking = SnapshotWriter(tmp_path, Training(RECIPE, data.train, data.valid))
    monkeypatch.setattr(time, "perf_counter", lambda: next(now))
    request_snapshots(tmp_path)
    looking.look()
    first = (tmp_path / "live.safetensors").stat().st_mtime_ns
    monkeypatch.setattr(time, "perf_counter", lambda: 11.0)
    looking.look()
    assert (tmp_path / "live.safetensors").stat().st_mtime_ns == first
    monkeypatch.setattr(time, "perf_counter", lambda: 11.2)
    looking.look()
    assert (tmp_path / "live.safetensors").stat().st_mtime_ns > first


def test_what_is_seen_are_the_networks_own_numbers(data: Dataset) -> None:
    model = build_network("lesson-cnn", seed=3)
    image = torch.tensor(data.valid.images[0])
    found = seen(model, image)
    assert sorted(found) == ["filters", "image", "logits", "maps.01.relu1", "maps.04.relu2", "maps.08.relu3"]
    assert_array_equal(found["filters"].numpy(), model.get_parameter("conv1.weight")[:, 0].detach().numpy())
    with torch.inference_mode():
        inputs = image[None, None] / 255
        assert_allclose(found["maps.01.relu1"], model[:2](inputs)[0], rtol=1e-5)
        assert_allclose(found["maps.08.relu3"], model[:9](inputs)[0], rtol=1e-5, atol=1e-6)
        assert_allclose(found["logits"], model(inputs)[0], rtol=1e-5, atol=1e-6)
    units = seen(build_network("mlp", {"units": 2048}, seed=0), image)
    assert units["maps.02.relu1"].shape == (1024,)
    assert units["filters"].shape == (64, 28, 28)


def test_a_run_that_is_asked_to_stop_stops_at_a_checkpoint(data: Dataset, tmp_path: Path) -> None:
    folder = Run.create(tmp_path / "small", RECIPE, data)
    folder.request_stop()  # nobody trains: nothing is left behind
    assert (folder.is_training, names_in(folder)) == (False, {"recipe.json"})
    reports = folder.train(folder.resume(data))
    assert next(reports).step == 0
    assert folder.is_training
    folder.request_stop()
    assert list(reports) == []
    assert (folder.is_training, folder.is_finished) == (False, False)
    assert names_in(folder) == {"recipe.json", "metrics.jsonl", "checkpoint/state.safetensors"}
    train(folder, data)  # and it is not stopped again by the same word
    assert folder.is_finished


def test_why_training_failed_is_in_the_folder_until_it_goes_on(data: Dataset, tmp_path: Path) -> None:
    folder = Run.create(tmp_path / "small", RECIPE, data)
    training = folder.resume(data)
    with torch.no_grad():
        next(training.model.parameters())[0, 400] = float("nan")
    refused_in_one_line(lambda: list(folder.train(training)), TrainingError, "no longer a number")
    assert folder.failure.startswith("the loss is no longer a number after step 0; start anew")
    next(folder.train(folder.resume(data)))
    assert folder.failure == ""
