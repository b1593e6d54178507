"""A small lesson for the tests of the workbench: both networks, a few steps on few digits."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

import inklab.lesson.lesson
from inklab.data import Dataset, write_idx
from inklab.lesson.lesson import Lesson
from inklab.training import RECIPES, Recipe


def write_digits(folder: Path, mnist: Dataset) -> Path:
    """Write a folder with so many of MNIST's digits that something is learned."""
    folder.mkdir()
    for name, split in (("train", mnist.train[:1200]), ("t10k", mnist.test[:300])):
        write_idx(folder / f"{name}-images-idx3-ubyte", split.images)
        write_idx(folder / f"{name}-labels-idx1-ubyte", split.labels.astype(np.uint8))
    return folder


def give_lesson(path: Path, source: Path) -> None:
    """Give a lesson of few steps in this folder, with larger steps so that they suffice."""

    def find(name: str, *, seed: int) -> Recipe:
        few: dict[str, Any] = {"steps": 40, "log_every": 10, "eval_every": 20, "seed": seed}
        rate = {"lesson-cnn": 1e-3}.get(name, 0.5)
        return replace(RECIPES[name], learning_rate=rate, **few)

    with patch.object(inklab.lesson.lesson, "find_recipe", find):
        for _ in Lesson.create(path, source=str(source)).run():
            pass
