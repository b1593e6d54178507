"""Augmentation: nothing at strength 0, known warps move known pixels, and chance is handed in."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import Tensor

from inklab.errors import RecipeError
from inklab.training.augment import Augmentation

pytestmark = pytest.mark.usefixtures("one_thread")


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def drawing(monkeypatch: pytest.MonkeyPatch, **directions: float) -> None:
    """Make chance draw these, from -1 to 1, and 0 for the others."""
    order = ["rotation", "wide", "high", "shear", "right", "down"]
    chosen = torch.tensor([directions.get(name, 0.0) for name in order]).view(6, 1, 1, 1)

    def rand(_six: int, n: int, *_shape: int, **_options: Any) -> Tensor:
        return chosen.expand(6, n, 1, 1) / 2 + 0.5

    monkeypatch.setattr(torch, "rand", rand)


def dot(row: int, column: int) -> Tensor:
    image = torch.zeros(1, 1, 28, 28)
    image[0, 0, row, column] = 1
    return image


def found(image: Tensor) -> tuple[float, float]:
    """Return the row and column of the centre of mass."""
    mass = image[0, 0].double()
    rows = torch.arange(28, dtype=torch.float64)
    return float((mass.sum(1) * rows).sum() / mass.sum()), float((mass.sum(0) * rows).sum() / mass.sum())


def test_strength_zero_returns_the_very_images() -> None:
    images = torch.rand(3, 1, 28, 28)
    assert Augmentation()(images, seeded(0)) is images
    assert not Augmentation().is_random


@pytest.mark.parametrize("strength", ["rotation", "scale", "shear", "shift"])
def test_a_strength_that_happens_to_draw_nothing_changes_nothing(
    strength: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing(monkeypatch)
    images = torch.rand(2, 1, 28, 28, generator=seeded(1))
    augmentation = Augmentation(**{strength: 0.5})
    assert augmentation.is_random
    assert_allclose(augmentation(images, seeded(0)).numpy(), images.numpy(), atol=1e-5)


@pytest.mark.parametrize(
    ("strengths", "drawn", "start", "expected"),
    [
        # A pixel looks up where it came from: looking 3 to the right moves the dot 3 to the left.
        # The centre is (13.5, 13.5).
        ({"shift": 3}, {"right": 1}, (10, 10), (10, 7)),
        ({"shift": 3}, {"right": -1}, (10, 10), (10, 13)),
        ({"shift": 4}, {"down": 0.5}, (10, 10), (8, 10)),
        ({"rotation": 180}, {"rotation": 1}, (13, 20), (14, 7)),  # half a turn about the centre
        ({"rotation": 90}, {"rotation": 1}, (13, 20), (7, 13)),
        ({"scale": 0.5}, {"wide": -1}, (13, 17), (13, 20.5)),  # half as far looked up: twice as wide
        ({"scale": 0.5}, {"high": -1}, (17, 13), (20.5, 13)),
        # u = x + shear * y: 6.5 rows under the centre it looks 6.5 to the right, so the dot moves left.
        ({"shear": 1}, {"shear": 1}, (20, 20), (20, 13.5)),
    ],
)
def test_a_known_warp_moves_a_known_pixel(
    strengths: dict[str, float],
    drawn: dict[str, float],
    start: tuple[int, int],
    expected: tuple[float, float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawing(monkeypatch, **drawn)
    assert found(Augmentation(**strengths)(dot(*start), seeded(0))) == pytest.approx(expected, abs=1e-3)


def test_what_comes_in_from_outside_is_blank(monkeypatch: pytest.MonkeyPatch) -> None:
    drawing(monkeypatch, right=1)
    moved = Augmentation(shift=28)(torch.ones(1, 1, 28, 28), seeded(0))
    assert float(moved.sum()) < 1e-3


def test_every_image_is_deformed_in_its_own_way_and_chance_is_handed_in() -> None:
    strong = Augmentation(rotation=15, scale=0.2, shear=0.2, shift=2)
    images = dot(5, 5).expand(4, 1, 28, 28)
    first = strong(images, seeded(7)).numpy()
    assert_array_equal(strong(images, seeded(7)).numpy(), first)
    assert len({image.tobytes() for image in first}) == 4
    assert not np.array_equal(strong(images, seeded(8)).numpy(), first)


def test_nothing_goes_further_than_its_strength() -> None:
    images = dot(13, 20).expand(500, 1, 28, 28)
    moved = Augmentation(rotation=30)(images, seeded(3))
    angles = []
    for image in moved:
        row, column = found(image.unsqueeze(0))
        angles.append(np.degrees(np.arctan2(row - 13.5, column - 13.5)))
    start = np.degrees(np.arctan2(-0.5, 6.5))
    turned = np.array(angles) - start
    assert np.abs(turned).max() < 31
    assert turned.min() < -25
    assert turned.max() > 25
    assert abs(turned.mean()) < 3


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), 181, "ten", True, None])
def test_a_bad_strength_is_refused(value: Any) -> None:
    with pytest.raises(RecipeError, match=r"^augmentation rotation is .*; expected a number from 0 to 180$"):
        Augmentation(rotation=value)
