"""The lesson: what it says, what it leaves, and that stopping loses nothing."""

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import inklab.lesson.lesson
from inklab.data import Dataset, write_idx
from inklab.errors import RunError
from inklab.evaluation import Report, evaluate
from inklab.lesson.lesson import Lesson, compare
from inklab.lesson.text import CONVOLUTIONAL, SINGLE_LAYER
from inklab.training import RECIPES, Recipe


@pytest.fixture
def short(tmp_path: Path, mnist: Dataset, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the lesson's networks take a few steps, and return a folder with a little MNIST to learn from."""

    def find(name: str, **changes: Any) -> Recipe:
        few = {"steps": 6, "batch_size": 10, "log_every": 2, "eval_every": 4}
        return replace(RECIPES[name], **(few | changes))

    monkeypatch.setattr(inklab.lesson.lesson, "find_recipe", find)
    folder = tmp_path / "digits"
    folder.mkdir()
    for name, split in (("train", mnist.train[:120]), ("t10k", mnist.test[:40])):
        write_idx(folder / f"{name}-images-idx3-ubyte.xz", split.images)
        write_idx(folder / f"{name}-labels-idx1-ubyte", split.labels.astype(np.uint8))
    return folder


def test_it_teaches_both_networks_and_writes_a_page(tmp_path: Path, short: Path) -> None:
    lesson = Lesson.create(tmp_path / "lesson", seed=4, source=str(short))
    said = "\n".join(lesson.run())
    for text in (
        "Part 1. A single layer",
        "Part 2. A convolutional network",
        "conv2     Conv2d 5x5      64 x 14 x 14       51,264",
        "in all                                    3,274,634",
        "step 4, loss ",
        "On the 40 test images",
        "These were measured on MNIST, not on digits.",
    ):
        assert text in said
    assert lesson.is_finished
    page = lesson.page.read_text(encoding="utf-8")
    assert page.count("<img ") == 5 + 7  # of the single layer and of the convolutional network
    assert "Seed 4, digits" in page
    assert lesson.to_dict()["cnn"]["n"] == 40


def test_a_lesson_that_was_stopped_goes_on(tmp_path: Path, short: Path) -> None:
    whole = Lesson.create(tmp_path / "whole", source=str(short))
    assert list(whole.run())
    lesson = Lesson.create(tmp_path / "lesson", source=str(short))
    for line in lesson.run():
        if line.startswith("step 2,") and (lesson.path / "cnn").exists():
            os.kill(os.getpid(), signal.SIGINT)
    assert line.strip() == f"Stopped; nothing is lost. Go on with: inklab lesson --resume {lesson.path}"
    assert not lesson.is_finished
    said = "\n".join(Lesson.open(lesson.path).run())
    assert "It was trained before." in said
    assert "Going on from step 2:" in said
    for part in ("softmax", "cnn"):
        name = f"{part}/model.safetensors"
        assert (lesson.path / name).read_bytes() == (whole.path / name).read_bytes()


def test_the_full_lesson_is_20_000_steps(tmp_path: Path) -> None:
    lesson = Lesson.create(tmp_path / "lesson", full=True, seed=2)
    assert lesson.recipe(CONVOLUTIONAL) == replace(RECIPES["lesson-cnn-full"], seed=2)
    assert lesson.recipe(SINGLE_LAYER) == replace(RECIPES["lesson-softmax"], seed=2)
    assert Lesson.open(lesson.path) == lesson


def test_a_damaged_lesson_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds no lesson"):
        Lesson.open(tmp_path)
    (tmp_path / "lesson.json").write_text("{}")
    with pytest.raises(RunError, match="damaged"):
        Lesson.open(tmp_path)


def report(*, right: int, n: int) -> Report:
    labels = np.zeros(n, np.int64)
    logits = np.zeros((n, 10), np.float32)
    logits[np.arange(n), np.where(np.arange(n) < right, 0, 1)] = 5
    return evaluate(logits, labels)


def test_a_comparison_says_what_the_numbers_say() -> None:
    assert "2.0 times fewer; their 95% intervals do not touch" in compare(
        report(right=9000, n=10_000), report(right=9500, n=10_000)
    )
    assert "intervals overlap" in compare(report(right=30, n=40), report(right=31, n=40))
    assert "no better here" in compare(report(right=31, n=40), report(right=31, n=40))
    assert "the convolutional network 0; " in compare(report(right=30, n=40), report(right=40, n=40))
