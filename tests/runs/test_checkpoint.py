"""Checkpoints: stop, save, restore, and continue to the same bits; damaged and foreign files are refused."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from safetensors.torch import save_file

from inklab.data import Dataset
from inklab.errors import InklabError, RunError, TrainingError
from inklab.runs.checkpoint import restore_checkpoint, save_checkpoint
from inklab.runs.tensors import read_tensors, write_tensors
from inklab.training import Recipe, Training, find_recipe
from inklab.training.optimizers import OptimizerName

CNN = find_recipe("lesson-cnn", batch_size=10, steps=7, log_every=5, eval_every=5)
SOFTMAX = Recipe(
    name="small",
    network="softmax-regression",
    optimizer="momentum",
    learning_rate=0.5,
    batch_size=10,
    steps=7,
    log_every=5,
    eval_every=5,
)


pytestmark = pytest.mark.usefixtures("one_thread")


def stop_after(training: Training, step: int) -> None:
    """Let the training be stopped while this step is under way."""
    training.optimizer.register_step_post_hook(
        lambda *_: training.stop() if training.step == step - 1 else None
    )


@pytest.mark.parametrize(
    ("recipe", "optimizer"),
    [
        (CNN, "sgd"),
        (CNN, "momentum"),
        (CNN, "adagrad"),
        (CNN, "adam"),
        (CNN, "adamw"),
        (replace(CNN, precision="bfloat16"), "adam"),
        (replace(SOFTMAX, weight_decay=0.1), "adamw"),
    ],
)
def test_stop_and_resume_equals_no_stop(
    recipe: Recipe, optimizer: OptimizerName, tmp_path: Path, mnist: Dataset
) -> None:
    train = mnist.train[:45]  # an epoch is 4.5 batches: step 3 is in its middle, and between two reports
    recipe = replace(recipe, optimizer=optimizer)
    unstopped = Training(recipe, train)
    steps = [progress.step for progress in unstopped]

    stopped = Training(recipe, train)
    stop_after(stopped, 3)
    reports = [progress.step for progress in stopped]
    assert stopped.step == 3
    save_checkpoint(stopped, tmp_path / "state")
    resumed = Training(recipe, train)
    restore_checkpoint(resumed, tmp_path / "state")
    assert (resumed.step, resumed.elapsed_s) == (3, stopped.elapsed_s)
    reports += [progress.step for progress in resumed]

    assert reports == steps
    expected = unstopped.model.state_dict()
    for name, tensor in resumed.model.state_dict().items():
        assert_array_equal(tensor.numpy(), expected[name].numpy(), strict=True)
    state = unstopped.optimizer.state_dict()["state"]
    for index, parameter_state in resumed.optimizer.state_dict()["state"].items():
        for key, value in parameter_state.items():
            assert (value is None) is (state[index][key] is None)
            if value is not None:
                assert_array_equal(value.numpy(), state[index][key].numpy(), strict=True)


def test_what_is_in_it(tmp_path: Path, mnist: Dataset) -> None:
    training = Training(SOFTMAX, mnist.train[:20])
    stop_after(training, 2)
    list(training)
    save_checkpoint(training, tmp_path / "state")
    tensors, numbers = read_tensors(tmp_path / "state")
    assert sorted(tensors) == [
        "model.linear.bias",
        "model.linear.weight",
        "optimizer.0.momentum_buffer",
        "optimizer.1.momentum_buffer",
    ]
    assert numbers == {"step": 2, "elapsed_s": training.elapsed_s}
    assert torch.equal(tensors["model.linear.weight"], training.model.state_dict()["linear.weight"])


def test_before_the_first_step(tmp_path: Path, mnist: Dataset) -> None:
    training = Training(SOFTMAX, mnist.train[:20])
    save_checkpoint(training, tmp_path / "state")
    resumed = Training(SOFTMAX, mnist.train[:20])
    restore_checkpoint(resumed, tmp_path / "state")
    for each in (training, resumed):
        list(each)
    assert torch.equal(next(training.model.parameters()), next(resumed.model.parameters()))


def test_no_byte_of_it_can_change_unseen(tmp_path: Path) -> None:
    path = tmp_path / "state"
    tensors = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor([1, 2])}
    write_tensors(path, tensors, step=12, elapsed_s=3.5)
    sound = path.read_bytes()
    refused = 0
    for position in range(len(sound)):
        for flip in (0x01, 0x0F):  # the second turns F32 into I32
            damaged = bytearray(sound)
            damaged[position] ^= flip
            path.write_bytes(damaged)
            try:
                restored, numbers = read_tensors(path)
            except RunError:
                refused += 1
                continue
            assert numbers == {"step": 12, "elapsed_s": 3.5}  # only white space was changed
            assert all(torch.equal(restored[name], tensor) for name, tensor in tensors.items())
            assert {name: tensor.dtype for name, tensor in restored.items()} == {
                name: tensor.dtype for name, tensor in tensors.items()
            }
    assert refused > 1.9 * len(sound)


@pytest.mark.parametrize("header", ['["crc32"]', '"crc32"', "[" * 100_000, '{"crc32": 1}'])
def test_a_header_of_another_kind_is_refused(header: str, tmp_path: Path) -> None:
    save_file({"a": torch.zeros(2)}, tmp_path / "state", {"inklab": header})
    with pytest.raises(RunError, match=r"^.*state (is damaged|has format 1; this inklab reads format 2)"):
        read_tensors(tmp_path / "state")


@pytest.mark.parametrize("kept", [0, 1, 7, 8, 100, -1])
def test_a_file_cut_short_is_refused(kept: int, tmp_path: Path) -> None:
    path = tmp_path / "state"
    write_tensors(path, {"a": torch.arange(6.0)}, step=1)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(RunError, match=r"^.*state cannot be read: [^\n]*$"):
        read_tensors(path)


def test_a_file_that_is_missing_or_of_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state"
    with pytest.raises(RunError, match=r"^.*state is missing$"):
        read_tensors(path)
    save_file({"a": torch.zeros(2)}, path)  # sound, but without our checksum
    with pytest.raises(RunError, match=r"^.*state is damaged: its checksum does not match$"):
        read_tensors(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(RunError, match=r"^.*state cannot be read: [^\n]*$"):
        read_tensors(path)


def test_tensors_of_every_layout_come_back(tmp_path: Path) -> None:
    laid_out = torch.arange(24.0).reshape(1, 2, 3, 4).to(memory_format=torch.channels_last)
    tensors = {"c": laid_out, "t": torch.arange(6).reshape(2, 3).t(), "s": torch.tensor(2.5)}
    write_tensors(tmp_path / "state", tensors)
    restored, numbers = read_tensors(tmp_path / "state")
    assert numbers == {}
    for name, tensor in tensors.items():
        assert_array_equal(restored[name].numpy(), tensor.numpy(), strict=True)


@pytest.mark.parametrize("broken", ["network", "weights only", "unnumbered", "shape"])
def test_the_state_of_another_network_is_refused(broken: str, tmp_path: Path, mnist: Dataset) -> None:
    path = tmp_path / "state"
    training = Training(SOFTMAX, mnist.train[:20])
    weights = {f"model.{name}": value for name, value in training.model.state_dict().items()}
    match broken:
        case "network":
            other = Training(replace(CNN, steps=1, batch_size=1, optimizer="momentum"), mnist.train[:2])
            list(other)
            save_checkpoint(other, path)
        case "weights only":
            write_tensors(path, weights)
        case "unnumbered":
            write_tensors(path, {**weights, "optimizer.x": torch.zeros(2)}, step=1, elapsed_s=0)
        case _:
            write_tensors(path, {**weights, "model.linear.bias": torch.zeros(9)}, step=1, elapsed_s=0)
    with pytest.raises(RunError, match=r"^.*state holds another network than its recipe names$"):
        restore_checkpoint(training, path)


def test_a_step_past_the_recipe_is_refused(tmp_path: Path, mnist: Dataset) -> None:
    training = Training(SOFTMAX, mnist.train[:20])
    list(training)
    save_checkpoint(training, tmp_path / "state")
    shorter = Training(replace(SOFTMAX, steps=6), mnist.train[:20])
    with pytest.raises(RunError, match=r"^.*state is at step 7, past the 6 steps of its recipe$"):
        restore_checkpoint(shorter, tmp_path / "state")


def test_a_full_disk_leaves_the_old_one(
    tmp_path: Path, mnist: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state"
    training = Training(SOFTMAX, mnist.train[:20])
    save_checkpoint(training, path)
    old = path.read_bytes()
    list(training)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InklabError, match=r"^cannot write .*state: No space left on device; [^\n]*$"):
        save_checkpoint(training, path)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


def test_saving_changes_nothing(tmp_path: Path, mnist: Dataset) -> None:
    plain, saved = (Training(SOFTMAX, mnist.train[:20]) for _ in range(2))
    for _ in plain:
        pass
    for _ in saved:
        save_checkpoint(saved, tmp_path / "state")
    for mine, other in zip(plain.model.parameters(), saved.model.parameters(), strict=True):
        assert np.array_equal(mine.detach().numpy(), other.detach().numpy())


def test_weights_that_are_no_numbers_never_replace_a_checkpoint(mnist: Dataset, tmp_path: Path) -> None:
    training = Training(find_recipe("lesson-softmax", steps=2), mnist.train[:100])
    path = tmp_path / "state.safetensors"
    save_checkpoint(training, path)
    before = path.read_bytes()
    with torch.no_grad():
        next(training.model.parameters()).fill_(float("nan"))
    with pytest.raises(TrainingError, match="no longer a number after step 0; start again"):
        save_checkpoint(training, path)
    assert path.read_bytes() == before
