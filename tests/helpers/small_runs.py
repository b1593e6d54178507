"""A small recipe, and what the tests of its runs do with them."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from numpy.testing import assert_array_equal

from inklab.data import Dataset
from inklab.errors import InklabError
from inklab.runs import Run
from inklab.training import Recipe, Training

RECIPE = Recipe(
    name="small",
    network="softmax-regression",
    optimizer="momentum",
    learning_rate=0.1,
    batch_size=10,
    steps=12,
    log_every=5,
    eval_every=10,
)


def stop_after(training: Training, step: int) -> None:
    """Let the training be stopped while this step is under way."""
    training.optimizer.register_step_post_hook(
        lambda *_: training.stop() if training.step == step - 1 else None
    )


def train(folder: Run, data: Dataset, *, until: int | None = None) -> Training:
    """Train in a new or stopped run, to its end or until this step is done."""
    training = folder.resume(data)
    if until is not None:
        stop_after(training, until)
    for _ in folder.train(training):
        pass
    return training


def names_in(folder: Run) -> set[str]:
    return {str(path.relative_to(folder.path)) for path in folder.path.rglob("*") if path.is_file()}


def untimed(folder: Run) -> list[dict[str, float]]:
    return [
        {key: value for key, value in progress.to_dict().items() if key not in {"elapsed_s", "images_per_s"}}
        for progress in folder.progress()
    ]


def assert_same_result(mine: Run, other: Run) -> None:
    assert untimed(mine) == untimed(other)
    expected = other.load_model().state_dict()
    for name, tensor in mine.load_model().state_dict().items():
        assert_array_equal(tensor.numpy(), expected[name].numpy(), strict=True)
    weights = "model.safetensors"
    assert (mine.path / weights).read_bytes() == (other.path / weights).read_bytes()


def refused_in_one_line(action: Callable[[], object], kind: type[InklabError], message: str) -> None:
    with pytest.raises(kind) as refusal:
        action()
    assert type(refusal.value) is kind
    assert "\n" not in str(refusal.value)
    assert re.search(message, str(refusal.value)), str(refusal.value)


@pytest.fixture(scope="module")
def data(mnist: Dataset) -> Dataset:
    """A few images of each split, so that an epoch ends in the middle of a batch."""
    return Dataset("few", mnist.train[:45], mnist.valid[:20], mnist.test[:20])


@pytest.fixture(scope="module")
def unstopped(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run of `RECIPE`; look, don't touch."""
    folder = Run.create(tmp_path_factory.mktemp("unstopped") / "small", RECIPE, data)
    train(folder, data)
    return folder


@pytest.fixture
def finished(data: Dataset, tmp_path: Path) -> Run:
    """A finished run of one step, to be damaged."""
    folder = Run.create(tmp_path / "small", replace(RECIPE, steps=1), data)
    train(folder, data)
    return folder


@pytest.fixture
def stopped(data: Dataset, tmp_path: Path) -> Run:
    """A run of `RECIPE` that was stopped after seven steps."""
    folder = Run.create(tmp_path / "small", RECIPE, data)
    train(folder, data, until=7)
    return folder
