"""Snapshots: what is written on request, and that the training does not change."""

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
from inklab.runs import snapshot as snapshot_module
from inklab.runs.snapshot import Snapshot, SnapshotWriter, layer_snapshot
from inklab.training import Recipe, Training

pytestmark = pytest.mark.usefixtures("one_thread")
pytest_plugins = ["small_runs"]

CNN = replace(
    RECIPE,
    network="fast-cnn",  # its running means would show if a snapshot counted as a step
    network_options={"width": 2},
    optimizer="adam",
    learning_rate=0.01,
    steps=9,
    log_every=4,
    eval_every=4,
    ema_decay=0.9,
)


@pytest.fixture
def every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a snapshot after every step."""
    monkeypatch.setattr(run_module, "TICK_S", 0.0)
    monkeypatch.setattr(snapshot_module, "MAX_TIME_FRACTION", 1e9)
    monkeypatch.setattr(snapshot_module, "MIN_PAUSE_S", 0.0)


def train_with_snapshots(folder: Run, data: Dataset) -> list[Snapshot]:
    """Train in a run and request snapshots; return those at its reports."""
    training = folder.resume(data)
    request_snapshots(folder.path)
    reports = [read_snapshot(folder.path) for _ in folder.train(training)]
    return [snapshot for snapshot in reports if snapshot]


@pytest.mark.usefixtures("every_step")
@pytest.mark.parametrize("recipe", [CNN, RECIPE, replace(CNN, ema_decay=0.0)])
def test_snapshots_do_not_change_the_training(recipe: Recipe, data: Dataset, tmp_path: Path) -> None:
    alone, observed = (Run.create(tmp_path / name, recipe, data) for name in ("alone", "seen"))
    train(alone, data)
    snapshots = train_with_snapshots(observed, data)
    assert [snapshot.step for snapshot in snapshots] == [
        step - 1 for step in range(1, recipe.steps + 1) if step % recipe.log_every == 0
    ] + [recipe.steps - 1]
    assert_same_result(observed, alone)
    assert names_in(observed) == names_in(alone)  # the snapshot files are gone


@pytest.mark.usefixtures("every_step")
def test_nothing_is_written_without_a_request(data: Dataset, tmp_path: Path) -> None:
    folder = Run.create(tmp_path / "small", RECIPE, data)
    for _ in folder.train(folder.resume(data)):
        assert names_in(folder) == {"recipe.json", "metrics.jsonl"}


def test_ticks_between_the_reports(data: Dataset) -> None:
    training = Training(RECIPE, data.train, data.valid)
    reports = [None if report is None else report.step for report in training.iter_with_ticks(0.0)]
    assert reports == [0, *[None] * 4, 5, *[None] * 4, 10, None, 12]
    assert [report.step for report in Training(RECIPE, data.train)] == [0, 5, 10, 12]


def test_the_pause_grows_with_the_cost_of_a_snapshot(
    data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter([10.0, 10.1, 13.0, 13.5, 13.5])  # the first snapshot takes 0.1 s: the next one waits for 1 s
    monkeypatch.setattr(snapshot_module, "MAX_TIME_FRACTION", 0.1)
    writer = SnapshotWriter(tmp_path, Training(RECIPE, data.train, data.valid))
    monkeypatch.setattr(time, "perf_counter", lambda: next(now))
    request_snapshots(tmp_path)
    writer.write_if_due()
    first = (tmp_path / "snapshot.safetensors").stat().st_mtime_ns
    monkeypatch.setattr(time, "perf_counter", lambda: 11.0)
    writer.write_if_due()
    assert (tmp_path / "snapshot.safetensors").stat().st_mtime_ns == first
    monkeypatch.setattr(time, "perf_counter", lambda: 11.2)
    writer.write_if_due()
    assert (tmp_path / "snapshot.safetensors").stat().st_mtime_ns > first


def test_a_snapshot_holds_the_network_s_own_values(data: Dataset) -> None:
    model = build_network("lesson-cnn", seed=3)
    image = torch.tensor(data.valid.images[0])
    arrays = layer_snapshot(model, image)
    assert sorted(arrays) == ["filters", "image", "logits", "maps.01.relu1", "maps.04.relu2", "maps.08.relu3"]
    assert_array_equal(arrays["filters"].numpy(), model.get_parameter("conv1.weight")[:, 0].detach().numpy())
    with torch.inference_mode():
        inputs = image[None, None] / 255
        assert_allclose(arrays["maps.01.relu1"], model[:2](inputs)[0], rtol=1e-5)
        assert_allclose(arrays["maps.08.relu3"], model[:9](inputs)[0], rtol=1e-5, atol=1e-6)
        assert_allclose(arrays["logits"], model(inputs)[0], rtol=1e-5, atol=1e-6)
    units = layer_snapshot(build_network("mlp", {"units": 2048}, seed=0), image)
    assert units["maps.02.relu1"].shape == (1024,)
    assert units["filters"].shape == (64, 28, 28)


def test_a_requested_stop_leaves_a_checkpoint(data: Dataset, tmp_path: Path) -> None:
    folder = Run.create(tmp_path / "small", RECIPE, data)
    folder.request_stop()  # no process trains: no flag is left
    assert (folder.is_training, names_in(folder)) == (False, {"recipe.json"})
    reports = folder.train(folder.resume(data))
    assert next(reports).step == 0
    assert folder.is_training
    folder.request_stop()
    assert list(reports) == []
    assert (folder.is_training, folder.is_finished) == (False, False)
    assert names_in(folder) == {"recipe.json", "metrics.jsonl", "checkpoint/state.safetensors"}
    train(folder, data)  # the request is gone
    assert folder.is_finished


def test_a_failure_is_recorded_until_the_training_resumes(data: Dataset, tmp_path: Path) -> None:
    folder = Run.create(tmp_path / "small", RECIPE, data)
    training = folder.resume(data)
    with torch.no_grad():
        next(training.model.parameters())[0, 400] = float("nan")
    refused_in_one_line(lambda: list(folder.train(training)), TrainingError, "the loss is no longer a number")
    assert folder.failure.startswith("the loss is no longer a number after step 0; ")
    next(folder.train(folder.resume(data)))
    assert folder.failure == ""
