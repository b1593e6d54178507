"""Wear: nothing at strength 0, known strengths change known pixels, and chance is handed in."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from scipy.ndimage import gaussian_filter
from torch import Tensor

from inklab.data import Dataset
from inklab.errors import RecipeError
from inklab.models import as_input
from inklab.training.augmentation.degradation import Degradation

pytestmark = pytest.mark.usefixtures("one_thread")

ALL = Degradation(probability=1, stroke=0.6, blur=1.2, fade=0.7, stroke_gap=2, noise=0.12)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def drawing(monkeypatch: pytest.MonkeyPatch, **drawn: float) -> None:
    """Make chance draw these, from 0 to 1, and 1/2 for the others."""
    order = ["level", "turn", "place", "width", "whether", "slope", "faded", "blurred", "noisy"]
    chosen = torch.tensor([drawn.get(name, 0.5) for name in order])

    def rand(*shape: int, **_options: Any) -> Tensor:
        return chosen.view(9, 1, 1, 1).expand(shape) if len(shape) == 4 else torch.full(shape, 0.5)

    monkeypatch.setattr(torch, "rand", rand)


@pytest.fixture
def digits(mnist: Dataset) -> Tensor:
    return as_input(torch.tensor(mnist.train.images[:64]))


@pytest.mark.parametrize(
    "degradation",
    [
        Degradation(),
        Degradation(probability=1),
        Degradation(stroke=0.5, blur=1, fade=1, stroke_gap=2, noise=1),
    ],
)
def test_no_share_or_no_strength_returns_the_very_images(degradation: Degradation, digits: Tensor) -> None:
    assert degradation(digits, seeded(0)) is digits
    assert not degradation.is_random


def test_the_share_is_worn_and_the_others_stay(digits: Tensor) -> None:
    worn = Degradation(probability=0.25, noise=0.5)(digits.repeat(10, 1, 1, 1), seeded(1))
    same = (worn == digits.repeat(10, 1, 1, 1)).all(dim=(1, 2, 3))  # (640,)
    assert 0.70 < same.double().mean() < 0.80


def test_paper_stays_paper_however_wide_strokes_become() -> None:
    upright = torch.zeros(256, 1, 28, 28)
    upright[..., 14] = 1
    worn = Degradation(probability=1, stroke=1)(upright, seeded(0))
    assert worn[..., :8].max() < 1e-6
    assert worn[..., 12:17].sum(dim=(1, 2, 3)).std() > 0


def test_worn_ink_is_as_strong_as_any_and_blank_stays_blank(digits: Tensor) -> None:
    blank = torch.zeros(1, 1, 28, 28)
    quiet = Degradation(probability=1, stroke=0.6, blur=1.2, fade=0.7, stroke_gap=2)
    worn = quiet(torch.cat([digits, blank]), seeded(2))
    assert (worn[-1] == 0).all()
    assert_allclose(worn[:-1].amax(dim=(1, 2, 3)).numpy(), 1, atol=1e-6)
    noisy = ALL(digits, seeded(2))
    assert noisy.min() >= 0
    assert noisy.max() <= 1
    assert noisy.shape == digits.shape


def test_noise_is_seen_on_blank_paper_too() -> None:
    worn = Degradation(probability=1, noise=0.5)(torch.zeros(8, 1, 28, 28), seeded(0))
    assert (worn.amax(dim=(1, 2, 3)) > 0).all()
    assert worn.min() == 0
    assert worn.max() <= 1


def test_of_what_would_be_worn_away_noise_does_not_take_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    # A band of two pixels goes over the only ink there is.
    drawing(monkeypatch, whether=0.0, width=1.0, turn=0.5, place=0.5)
    dash = torch.zeros(1, 1, 28, 28)
    dash[:, :, 13:15, 8:20] = 1
    worn = Degradation(probability=1, stroke_gap=2, noise=0.1)(dash, seeded(0))
    assert (worn[dash == 1] > 0.5).all()
    assert (worn[dash == 0] < 0.5).all()


@pytest.mark.parametrize(("level", "is_wider"), [(0.0, True), (1.0, False)])
def test_a_low_level_widens_strokes_and_a_high_one_thins_them(
    level: float, is_wider: bool, digits: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing(monkeypatch, level=level)
    before, after = (
        images.sum(dim=(1, 2, 3))
        for images in (digits, Degradation(probability=1, stroke=0.6)(digits, seeded(0)))
    )
    assert ((after > 1.15 * before) if is_wider else (after < 0.85 * before)).all()


def test_a_gap_is_as_wide_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    # A level band through the middle, between rows 13 and 14: two pixels wide, so that it takes both.
    drawing(monkeypatch, whether=0.0, width=1.0, turn=0.5, place=0.5)
    upright = torch.zeros(1, 1, 28, 28)
    upright[:, :, 4:24, 13:15] = 1
    worn = Degradation(probability=1, stroke_gap=2)(upright, seeded(0))
    assert_allclose((upright - worn)[0, 0, :, 13].numpy(), np.isin(range(28), (13, 14)), atol=1e-5)


def test_fading_takes_most_where_the_slope_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    # The slope rises to the right: from 0 at ten pixels left of the middle to 1 at ten pixels right of it.
    drawing(monkeypatch, slope=0.0, faded=1.0)
    worn = Degradation(probability=1, fade=0.8)(torch.ones(1, 1, 28, 28), seeded(0))
    expected = 1 - 0.8 * np.clip((np.arange(28) - 13.5) / 20 + 0.5, 0, 1)
    assert_allclose(worn[0, 0, 5].numpy(), expected, atol=1e-6)


def test_blur_is_scipys_gaussian(monkeypatch: pytest.MonkeyPatch) -> None:
    drawing(monkeypatch, blurred=0.75)
    image = np.zeros((28, 28), np.float32)
    image[10:18, 12:15] = 1
    worn = Degradation(probability=1, blur=2)(torch.tensor(image).view(1, 1, 28, 28), seeded(0))
    expected = gaussian_filter(image.astype(np.float64), 1.5, truncate=8)
    assert_allclose(worn[0, 0].numpy(), expected / expected.max(), atol=1e-5)


def test_each_image_by_its_own_chance_and_the_same_every_time(digits: Tensor) -> None:
    sames = digits[:1].expand(8, -1, -1, -1)
    before = torch.get_rng_state()
    first, second, other = (ALL(sames, seeded(seed)) for seed in (3, 3, 4))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    assert len({image.numpy().tobytes() for image in first}) == 8


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("probability", 1.5),
        ("stroke", -0.1),
        ("blur", float("nan")),
        ("stroke_gap", 9),
        ("noise", "much"),
        ("fade", True),
    ],
)
def test_a_strength_that_is_none_is_refused(name: str, value: Any) -> None:
    with pytest.raises(RecipeError, match=f"^wear {name} is {value!r}; expected a number from 0 to "):
        Degradation(**{name: value})
