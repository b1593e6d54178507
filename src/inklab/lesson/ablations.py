"""Experiments of the lesson: short trainings of a network and of its twin, that differ in one thing."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inklab.constants import IMAGE_SIZE
from inklab.data import Dataset, Split
from inklab.training import Progress, Recipe, Training, find_recipe

MOST_MEASURED = 1000
"""So many valid digits are asked; to ask all would take longer than to train."""
FEW = 1000
"""So few digits are soon learned by heart."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """How one of the twins fared so far."""

    name: str
    steps: int
    """How many it will take."""
    points: tuple[Progress, ...]

    @property
    def valid_accuracy(self) -> float | None:
        """The accuracy on the valid digits at the end; None before."""
        last = self.points[-1] if self.points else None
        return last.valid_accuracy if last and last.step == self.steps else None


def pixel_order(*, seed: int = 0) -> NDArray[np.intp]:
    """Return a fixed random order of the 784 pixels."""
    return np.random.default_rng(seed).permutation(IMAGE_SIZE * IMAGE_SIZE)


def reordered(split: Split, order: NDArray[np.intp]) -> Split:
    """Return the split with the pixels of every image in another order, the same for all."""
    images = split.images.reshape(len(split), -1)[:, order].reshape(split.images.shape)
    return Split(images, split.labels, split.name)


def shuffled_single_layer(data: Dataset, *, seed: int = 0) -> Iterator[tuple[Curve, ...]]:
    """Train the lesson's single layer on digits as they are, then on digits whose pixels are shuffled."""
    recipe = replace(find_recipe("lesson-softmax", seed=seed), steps=500, log_every=50, eval_every=50)
    return _shuffled(recipe, data)


def shuffled_convolutions(data: Dataset, *, seed: int = 0) -> Iterator[tuple[Curve, ...]]:
    """Train a small convolutional network on digits as they are, then on digits with shuffled pixels."""
    recipe = replace(find_recipe("fast-99", seed=seed), steps=80, log_every=10, eval_every=10)
    return _shuffled(recipe, data)


def without_dropout(data: Dataset, *, seed: int = 0) -> Iterator[tuple[Curve, ...]]:
    """Train a fully connected network on few digits, with dropout and without."""
    recipe = replace(
        find_recipe("mlp", seed=seed),
        network_options={"units": 500, "dropout": 0.5},
        schedule="constant",
        precision="float32",
        batch_size=50,
        steps=400,
        log_every=20,
        eval_every=20,
    )
    few, valid = data.train[:FEW], data.valid[:MOST_MEASURED]
    twins = [
        ("with dropout", recipe, few, valid),
        ("without dropout", replace(recipe, network_options={"units": 500}), few, valid),
    ]
    return _trained(twins)


def _shuffled(recipe: Recipe, data: Dataset) -> Iterator[tuple[Curve, ...]]:
    order, valid = pixel_order(), data.valid[:MOST_MEASURED]
    twins = [
        ("as they are", recipe, data.train, valid),
        ("shuffled", recipe, reordered(data.train, order), reordered(valid, order)),
    ]
    return _trained(twins)


def _trained(twins: list[tuple[str, Recipe, Split, Split]]) -> Iterator[tuple[Curve, ...]]:
    """Train one after the other, and yield the curves of both at every report."""
    curves = [Curve(name=name, steps=recipe.steps, points=()) for name, recipe, _, _ in twins]
    for i, (_, recipe, train, valid) in enumerate(twins):
        for progress in Training(recipe, train, valid):
            curves[i] = replace(curves[i], points=(*curves[i].points, progress))
            yield tuple(curves)
