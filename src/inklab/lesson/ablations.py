"""Experiments of the lesson: two short trainings that differ in one thing."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inklab.constants import N_PIXELS
from inklab.data import Dataset, Split
from inklab.training import Progress, Recipe, Training, find_recipe

MAX_VALIDATION_IMAGES = 1000
"""Validating on all images would take longer than training."""
SMALL_TRAINING_SET = 1000
"""A network can memorize this many images."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The reports of one of the two trainings so far."""

    name: str
    steps: int
    """The steps of the whole training."""
    points: tuple[Progress, ...]

    @property
    def valid_accuracy(self) -> float | None:
        """The final validation accuracy; None until the training has ended."""
        is_finished = self.points and self.points[-1].step == self.steps
        return self.points[-1].valid_accuracy if is_finished else None


def pixel_order(*, seed: int = 0) -> NDArray[np.intp]:
    """Return a fixed random permutation of the 784 pixels."""
    return np.random.default_rng(seed).permutation(N_PIXELS)


def shuffle_pixels(split: Split, order: NDArray[np.intp]) -> Split:
    """Return the split with the pixels of every image in the same new order."""
    images = split.images.reshape(len(split), -1)[:, order].reshape(split.images.shape)
    return Split(images, split.labels, split.name)


def shuffled_single_layer(data: Dataset, *, seed: int = 0) -> Iterator[tuple[Curve, ...]]:
    """Train the lesson's single layer on the original images, then on images with shuffled pixels."""
    recipe = find_recipe("lesson-softmax", seed=seed, steps=500, log_every=50, eval_every=50)
    return _original_and_shuffled(recipe, data)


def shuffled_convolutions(data: Dataset, *, seed: int = 0) -> Iterator[tuple[Curve, ...]]:
    """Train a small convolutional network on the original images, then on images with shuffled pixels."""
    recipe = find_recipe("fast-99", seed=seed, steps=80, log_every=10, eval_every=10)
    return _original_and_shuffled(recipe, data)


def without_dropout(data: Dataset, *, seed: int = 0) -> Iterator[tuple[Curve, ...]]:
    """Train a fully connected network on few images, with dropout and without."""
    recipe = find_recipe(
        "mlp",
        seed=seed,
        network_options={"units": 500, "dropout": 0.5},
        schedule="constant",
        precision="float32",
        batch_size=50,
        steps=400,
        log_every=20,
        eval_every=20,
    )
    train, valid = data.train[:SMALL_TRAINING_SET], data.valid[:MAX_VALIDATION_IMAGES]
    without = replace(recipe, network_options={"units": 500})
    return _train_all([("with dropout", recipe, train, valid), ("without dropout", without, train, valid)])


def _original_and_shuffled(recipe: Recipe, data: Dataset) -> Iterator[tuple[Curve, ...]]:
    order, valid = pixel_order(), data.valid[:MAX_VALIDATION_IMAGES]
    trainings = [
        ("original", recipe, data.train, valid),
        ("shuffled", recipe, shuffle_pixels(data.train, order), shuffle_pixels(valid, order)),
    ]
    return _train_all(trainings)


def _train_all(trainings: list[tuple[str, Recipe, Split, Split]]) -> Iterator[tuple[Curve, ...]]:
    """Train one after the other, and yield the curves of all at every report."""
    curves = [Curve(name=name, steps=recipe.steps, points=()) for name, recipe, _, _ in trainings]
    for index, (_, recipe, train, valid) in enumerate(trainings):
        for progress in Training(recipe, train, valid):
            curves[index] = replace(curves[index], points=(*curves[index].points, progress))
            yield tuple(curves)
