"""Augmentation: known deformations move known pixels, and the random numbers are passed in."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import Tensor

from inklab.errors import RecipeError
from inklab.training.augmentation.geometric import Augmentation

pytestmark = pytest.mark.usefixtures("one_thread")


def generator_of(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def fix_draws(monkeypatch: pytest.MonkeyPatch, **draws: float) -> None:
    """Make the random draws these numbers in [-1, 1], and 0 for the others."""
    order = ["rotation", "x_scale", "y_scale", "shear", "dx", "dy"]
    fixed = torch.tensor([draws.get(name, 0.0) for name in order]).view(6, 1, 1, 1)

    def rand(_six: int, n: int, *_shape: int, **_options: Any) -> Tensor:
        return fixed.expand(6, n, 1, 1) / 2 + 0.5

    monkeypatch.setattr(torch, "rand", rand)


def dot(row: int, column: int) -> Tensor:
    image = torch.zeros(1, 1, 28, 28)
    image[0, 0, row, column] = 1
    return image


def center_of_mass(image: Tensor) -> tuple[float, float]:
    """Return row and column."""
    mass = image[0, 0].double()
    rows = torch.arange(28, dtype=torch.float64)
    return float((mass.sum(1) * rows).sum() / mass.sum()), float((mass.sum(0) * rows).sum() / mass.sum())


def test_without_augmentation_the_images_are_returned() -> None:
    images = torch.rand(3, 1, 28, 28)
    assert Augmentation()(images, generator_of(0)) is images
    assert not Augmentation().is_random


@pytest.mark.parametrize("field", ["rotation", "scale", "shear", "translate"])
def test_a_draw_of_zero_changes_nothing(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fix_draws(monkeypatch)
    images = torch.rand(2, 1, 28, 28, generator=generator_of(1))
    augmentation = Augmentation(**{field: 0.5})
    assert augmentation.is_random
    assert_allclose(augmentation(images, generator_of(0)).numpy(), images.numpy(), atol=1e-5)


@pytest.mark.parametrize(
    ("amounts", "draws", "start", "expected"),
    [
        # Each pixel is sampled at its source: sampling 3 to the right moves the dot 3 to the left.
        # The center is (13.5, 13.5).
        ({"translate": 3}, {"dx": 1}, (10, 10), (10, 7)),
        ({"translate": 3}, {"dx": -1}, (10, 10), (10, 13)),
        ({"translate": 4}, {"dy": 0.5}, (10, 10), (8, 10)),
        ({"rotation": 180}, {"rotation": 1}, (13, 20), (14, 7)),  # half a turn about the center
        ({"rotation": 90}, {"rotation": 1}, (13, 20), (7, 13)),
        (
            {"scale": 0.5},
            {"x_scale": -1},
            (13, 17),
            (13, 20.5),
        ),  # the source is half as far away: twice as wide
        ({"scale": 0.5}, {"y_scale": -1}, (17, 13), (20.5, 13)),
        # u = x + shear * y: 6.5 rows below the center the source is 6.5 to the right, so the dot moves left.
        ({"shear": 1}, {"shear": 1}, (20, 20), (20, 13.5)),
    ],
)
def test_known_deformations_move_a_known_pixel(
    amounts: dict[str, float],
    draws: dict[str, float],
    start: tuple[int, int],
    expected: tuple[float, float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fix_draws(monkeypatch, **draws)
    assert center_of_mass(Augmentation(**amounts)(dot(*start), generator_of(0))) == pytest.approx(
        expected, abs=1e-3
    )


def test_pixels_from_outside_the_image_are_blank(monkeypatch: pytest.MonkeyPatch) -> None:
    fix_draws(monkeypatch, dx=1)
    moved = Augmentation(translate=28)(torch.ones(1, 1, 28, 28), generator_of(0))
    assert float(moved.sum()) < 1e-3


def test_images_differ_and_the_same_seed_repeats_them() -> None:
    strong = Augmentation(rotation=15, scale=0.2, shear=0.2, translate=2)
    images = dot(5, 5).expand(4, 1, 28, 28)
    first = strong(images, generator_of(7)).numpy()
    assert_array_equal(strong(images, generator_of(7)).numpy(), first)
    assert len({image.tobytes() for image in first}) == 4
    assert not np.array_equal(strong(images, generator_of(8)).numpy(), first)


def test_rotation_is_uniform_within_its_range() -> None:
    images = dot(13, 20).expand(500, 1, 28, 28)
    moved = Augmentation(rotation=30)(images, generator_of(3))
    angles = []
    for image in moved:
        row, column = center_of_mass(image.unsqueeze(0))
        angles.append(np.degrees(np.arctan2(row - 13.5, column - 13.5)))
    start = np.degrees(np.arctan2(-0.5, 6.5))
    rotations = np.array(angles) - start
    assert np.abs(rotations).max() < 31
    assert rotations.min() < -25
    assert rotations.max() > 25
    assert abs(rotations.mean()) < 3


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), 181, "ten", True, None])
def test_bad_amounts_are_refused(value: Any) -> None:
    with pytest.raises(RecipeError, match=r"^augmentation rotation is .*; expected a number from 0 to 180$"):
        Augmentation(rotation=value)


def test_crop_is_a_whole_number() -> None:
    assert Augmentation(crop=2).crop == 2
    with pytest.raises(RecipeError, match=r"^augmentation crop is 1\.5; expected a whole number of pixels$"):
        Augmentation(crop=1.5)


def test_crop_offsets_are_whole_and_equally_frequent() -> None:
    moved = Augmentation(crop=2)(dot(10, 10).expand(5000, 1, 28, 28), generator_of(2))
    positions = [tuple(map(int, position)) for position in (moved[:, 0] > 0.99).nonzero()[:, 1:].tolist()]
    assert len(positions) == 5000  # no dot is spread over two pixels
    rows, columns = (
        np.bincount([position[axis] - 8 for position in positions], minlength=5) for axis in (0, 1)
    )
    for counts in (rows, columns):
        assert counts.shape == (5,)
        assert np.abs(counts - 1000).max() < 4 * np.sqrt(1000)


def test_elastic_displacement_is_noise_smoothed_by_a_gaussian() -> None:
    # Against a loop: each displacement is alpha times the Gaussian-weighted sum of the noise, sigma 3.
    elastic = Augmentation(elastic_alpha=10, elastic_sigma=3)
    displacement = elastic._elastic_displacement(1, 28, 28, generator_of(5))
    noise = torch.rand(2, 1, 28, 28, generator=generator_of(5)).mul(2).sub(1).numpy()
    rows, columns = np.mgrid[:28, :28]
    for row, column in ((0, 0), (14, 9), (27, 20)):
        weights = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * 3**2)) / (2 * np.pi * 3**2)
        expected = 10 * (noise * weights).sum(axis=(2, 3))[:, 0]
        assert_allclose(displacement[:, 0, row, column].numpy(), expected, rtol=1e-4, atol=1e-5)


def test_constant_displacement_moves_the_digit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Augmentation, "_elastic_displacement", lambda *_: torch.tensor([2.0, -1.0]).view(2, 1, 1, 1)
    )
    moved = Augmentation(elastic_alpha=1)(dot(10, 10), generator_of(0))
    assert center_of_mass(moved) == pytest.approx(
        (11, 8), abs=1e-3
    )  # the source is 2 to the right and 1 above


def test_first_view_is_the_image_and_the_others_depend_on_the_seed() -> None:
    strong = Augmentation(rotation=15, elastic_alpha=20)
    grids = strong.view_grids(3, seed=1)
    images = torch.rand(1, 1, 28, 28, generator=generator_of(0))
    same, other, another = (
        torch.nn.functional.grid_sample(images, grid.unsqueeze(0), align_corners=False) for grid in grids
    )
    assert_allclose(same.numpy(), images.numpy(), atol=1e-5)
    assert not np.allclose(other.numpy(), another.numpy())
    assert_array_equal(strong.view_grids(3, seed=1).numpy(), grids.numpy())
    assert not np.array_equal(strong.view_grids(3, seed=2).numpy(), grids.numpy())


def test_elastic_sigma_alone_does_nothing() -> None:
    assert not Augmentation(elastic_sigma=8).is_random
