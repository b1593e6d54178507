"""The lesson: its lines, its files, and that it can be stopped and resumed."""

import json
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
    """Shorten the lesson's trainings to a few steps, and return a folder with a few images of MNIST."""

    def find(name: str, **changes: Any) -> Recipe:
        settings = {"steps": 6, "batch_size": 10, "log_every": 2, "eval_every": 4}
        return replace(RECIPES[name], **(settings | changes))

    monkeypatch.setattr(inklab.lesson.lesson, "find_recipe", find)
    folder = tmp_path / "digits"
    folder.mkdir()
    for name, split in (("train", mnist.train[:120]), ("t10k", mnist.test[:40])):
        write_idx(folder / f"{name}-images-idx3-ubyte.xz", split.images)
        write_idx(folder / f"{name}-labels-idx1-ubyte", split.labels.astype(np.uint8))
    return folder


def test_it_trains_both_networks_and_writes_a_page(tmp_path: Path, short: Path) -> None:
    lesson = Lesson.create(tmp_path / "lesson", seed=4, source=str(short))
    output = "\n".join(lesson.run())
    for text in (
        "Part 1. A single layer",
        "Part 2. A convolutional network",
        "conv2     Conv2d 5x5      64 x 14 x 14       51,264",
        "Total                                     3,274,634",
        "step 4, loss ",
        "Results on the test set: accuracy ",
        " in 40 images; ",
        "These results are for MNIST, not for digits.",
    ):
        assert text in output
    assert lesson.is_finished
    page = lesson.page.read_text(encoding="utf-8")
    assert page.count("<img ") == 5 + 7  # single layer, convolutional network
    assert "Seed 4, digits" in page
    assert lesson.to_dict()["cnn"]["n"] == 40


def test_a_stopped_lesson_resumes(tmp_path: Path, short: Path) -> None:
    whole = Lesson.create(tmp_path / "whole", source=str(short))
    assert list(whole.run())
    lesson = Lesson.create(tmp_path / "lesson", source=str(short))
    for line in lesson.run():
        if line.startswith("step 2,") and (lesson.path / "cnn").exists():
            os.kill(os.getpid(), signal.SIGINT)
    assert line.strip() == f"Stopped. Resume with: inklab lesson --resume {lesson.path}"
    assert not lesson.is_finished
    output = "\n".join(Lesson.open(lesson.path).run())
    assert "This network is already trained." in output
    assert "Resuming at step 2:" in output
    for part in ("softmax", "cnn"):
        name = f"{part}/model.safetensors"
        assert (lesson.path / name).read_bytes() == (whole.path / name).read_bytes()


def test_the_full_lesson_is_20_000_steps(tmp_path: Path) -> None:
    lesson = Lesson.create(tmp_path / "lesson", full=True, seed=2)
    assert lesson.recipe(CONVOLUTIONAL) == replace(RECIPES["lesson-cnn-full"], seed=2)
    assert lesson.recipe(SINGLE_LAYER) == replace(RECIPES["lesson-softmax"], seed=2)
    assert Lesson.open(lesson.path) == lesson


def test_a_damaged_lesson_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"has no lesson\.json"):
        Lesson.open(tmp_path)
    (tmp_path / "lesson.json").write_text("{}")
    with pytest.raises(RunError, match="damaged"):
        Lesson.open(tmp_path)


def test_a_lesson_of_another_format_is_refused(tmp_path: Path) -> None:
    Lesson.create(tmp_path / "lesson")
    file = tmp_path / "lesson" / "lesson.json"
    document = json.loads(file.read_text())
    for old in ({**document, "format": 3}, {name: document[name] for name in document if name != "format"}):
        file.write_text(json.dumps(old))
        with pytest.raises(RunError, match=r"has format [13]; expected 2; start a new lesson"):
            Lesson.open(tmp_path / "lesson")


def report(*, correct: int, n: int) -> Report:
    labels = np.zeros(n, np.int64)
    logits = np.zeros((n, 10), np.float32)
    logits[np.arange(n), np.where(np.arange(n) < correct, 0, 1)] = 5
    return evaluate(logits, labels)


def test_compare_says_whether_the_difference_may_be_chance() -> None:
    assert compare(report(correct=9000, n=10_000), report(correct=9500, n=10_000)).endswith(
        "500, a factor of 2.0 fewer. McNemar's exact test gives p < 0.001, so the difference is unlikely to "
        "be due to chance."
    )
    assert compare(report(correct=30, n=40), report(correct=32, n=40)).endswith(
        "McNemar's exact test gives p = 0.500, so the difference could be due to chance."
    )  # two images, both in favor of one network: 2 / 2^2
    assert "no better here" in compare(report(correct=31, n=40), report(correct=31, n=40))
    assert "the convolutional network 0. " in compare(report(correct=30, n=40), report(correct=40, n=40))
