"""Augmentation: nothing at strength 0, known warps move known pixels, and chance is handed in."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import Tensor

from inklab.errors import RecipeError
from inklab.training.augmentation.geometric import Augmentation

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


@pytest.mark.parametrize("strength", ["rotation", "scale", "shear", "translate"])
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
        ({"translate": 3}, {"right": 1}, (10, 10), (10, 7)),
        ({"translate": 3}, {"right": -1}, (10, 10), (10, 13)),
        ({"translate": 4}, {"down": 0.5}, (10, 10), (8, 10)),
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
    moved = Augmentation(translate=28)(torch.ones(1, 1, 28, 28), seeded(0))
    assert float(moved.sum()) < 1e-3


def test_every_image_is_deformed_in_its_own_way_and_chance_is_handed_in() -> None:
    strong = Augmentation(rotation=15, scale=0.2, shear=0.2, translate=2)
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


def test_a_crop_is_of_whole_pixels() -> None:
    assert Augmentation(crop=2).crop == 2
    with pytest.raises(RecipeError, match=r"^augmentation crop is 1\.5; expected a whole number of pixels$"):
        Augmentation(crop=1.5)


def test_the_window_of_a_crop_moves_by_whole_pixels_all_equally_often() -> None:
    moved = Augmentation(crop=2)(dot(10, 10).expand(5000, 1, 28, 28), seeded(2))
    places = [tuple(map(int, place)) for place in (moved[:, 0] > 0.99).nonzero()[:, 1:].tolist()]
    assert len(places) == 5000  # no dot was spread over two pixels
    rows, columns = (np.bincount([place[axis] - 8 for place in places], minlength=5) for axis in (0, 1))
    for counts in (rows, columns):
        assert counts.shape == (5,)
        assert np.abs(counts - 1000).max() < 4 * np.sqrt(1000)


def test_an_elastic_field_is_the_noise_smoothed_by_a_gaussian() -> None:
    # Against a loop: every displacement is alpha times the sum of the noise under a Gaussian of deviation 3.
    elastic_alpha = Augmentation(elastic_alpha=10, elastic_sigma=3)
    fields = elastic_alpha._fields(1, 28, 28, seeded(5))
    noise = torch.rand(2, 1, 28, 28, generator=seeded(5)).mul(2).sub(1).numpy()
    rows, columns = np.mgrid[:28, :28]
    for row, column in ((0, 0), (14, 9), (27, 20)):
        weights = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * 3**2)) / (2 * np.pi * 3**2)
        expected = 10 * (noise * weights).sum(axis=(2, 3))[:, 0]
        assert_allclose(fields[:, 0, row, column].numpy(), expected, rtol=1e-4, atol=1e-5)


def test_a_field_that_is_the_same_everywhere_moves_the_digit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Augmentation, "_fields", lambda *_: torch.tensor([2.0, -1.0]).view(2, 1, 1, 1))
    moved = Augmentation(elastic_alpha=1)(dot(10, 10), seeded(0))
    assert found(moved) == pytest.approx((11, 8), abs=1e-3)  # looked up 2 to the right and 1 above


def test_the_first_view_is_the_image_itself_and_the_others_are_drawn_from_the_seed() -> None:
    strong = Augmentation(rotation=15, elastic_alpha=20)
    grids = strong.view_grids(3, seed=1)
    images = torch.rand(1, 1, 28, 28, generator=seeded(0))
    same, other, another = (
        torch.nn.functional.grid_sample(images, grid.unsqueeze(0), align_corners=False) for grid in grids
    )
    assert_allclose(same.numpy(), images.numpy(), atol=1e-5)
    assert not np.allclose(other.numpy(), another.numpy())
    assert_array_equal(strong.view_grids(3, seed=1).numpy(), grids.numpy())
    assert not np.array_equal(strong.view_grids(3, seed=2).numpy(), grids.numpy())


def test_smoothness_alone_does_nothing() -> None:
    assert not Augmentation(elastic_sigma=8).is_random
