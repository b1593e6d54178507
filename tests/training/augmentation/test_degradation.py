"""Degradation: known amounts change known pixels, and the random numbers are passed in."""

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


def generator_of(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def fix_draws(monkeypatch: pytest.MonkeyPatch, **draws: float) -> None:
    """Make the random draws these numbers in [0, 1], and 1/2 for the others."""
    order = ["level", "angle", "offset", "width", "has_gap", "direction", "fade", "blur", "noise"]
    fixed = torch.tensor([draws.get(name, 0.5) for name in order])

    def rand(*shape: int, **_options: Any) -> Tensor:
        return fixed.view(9, 1, 1, 1).expand(shape) if len(shape) == 4 else torch.full(shape, 0.5)

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
def test_without_probability_or_amount_the_images_are_returned(
    degradation: Degradation, digits: Tensor
) -> None:
    assert degradation(digits, generator_of(0)) is digits
    assert not degradation.is_random


def test_probability_is_the_fraction_of_changed_images(digits: Tensor) -> None:
    degraded = Degradation(probability=0.25, noise=0.5)(digits.repeat(10, 1, 1, 1), generator_of(1))
    same = (degraded == digits.repeat(10, 1, 1, 1)).all(dim=(1, 2, 3))  # (640,)
    assert 0.70 < same.double().mean() < 0.80


def test_paper_stays_blank_however_wide_strokes_become() -> None:
    vertical = torch.zeros(256, 1, 28, 28)
    vertical[..., 14] = 1
    degraded = Degradation(probability=1, stroke=1)(vertical, generator_of(0))
    assert degraded[..., :8].max() < 1e-6
    assert degraded[..., 12:17].sum(dim=(1, 2, 3)).std() > 0


def test_ink_keeps_full_contrast_and_blank_images_stay_blank(digits: Tensor) -> None:
    blank = torch.zeros(1, 1, 28, 28)
    noiseless = Degradation(probability=1, stroke=0.6, blur=1.2, fade=0.7, stroke_gap=2)
    degraded = noiseless(torch.cat([digits, blank]), generator_of(2))
    assert (degraded[-1] == 0).all()
    assert_allclose(degraded[:-1].amax(dim=(1, 2, 3)).numpy(), 1, atol=1e-6)
    noisy = ALL(digits, generator_of(2))
    assert noisy.min() >= 0
    assert noisy.max() <= 1
    assert noisy.shape == digits.shape


def test_noise_also_changes_blank_images() -> None:
    degraded = Degradation(probability=1, noise=0.5)(torch.zeros(8, 1, 28, 28), generator_of(0))
    assert (degraded.amax(dim=(1, 2, 3)) > 0).all()
    assert degraded.min() == 0
    assert degraded.max() <= 1


def test_an_image_that_would_lose_all_ink_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # A band of two pixels covers all the ink.
    fix_draws(monkeypatch, has_gap=0.0, width=1.0, angle=0.5, offset=0.5)
    dash = torch.zeros(1, 1, 28, 28)
    dash[:, :, 13:15, 8:20] = 1
    degraded = Degradation(probability=1, stroke_gap=2, noise=0.1)(dash, generator_of(0))
    assert (degraded[dash == 1] > 0.5).all()
    assert (degraded[dash == 0] < 0.5).all()


@pytest.mark.parametrize(("level", "is_wider"), [(0.0, True), (1.0, False)])
def test_low_level_widens_strokes_and_high_level_thins_them(
    level: float, is_wider: bool, digits: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    fix_draws(monkeypatch, level=level)
    before, after = (
        images.sum(dim=(1, 2, 3))
        for images in (digits, Degradation(probability=1, stroke=0.6)(digits, generator_of(0)))
    )
    assert ((after > 1.15 * before) if is_wider else (after < 0.85 * before)).all()


def test_gap_has_the_given_width(monkeypatch: pytest.MonkeyPatch) -> None:
    # A horizontal band through the center, two pixels wide: it removes rows 13 and 14.
    fix_draws(monkeypatch, has_gap=0.0, width=1.0, angle=0.5, offset=0.5)
    vertical = torch.zeros(1, 1, 28, 28)
    vertical[:, :, 4:24, 13:15] = 1
    degraded = Degradation(probability=1, stroke_gap=2)(vertical, generator_of(0))
    assert_allclose((vertical - degraded)[0, 0, :, 13].numpy(), np.isin(range(28), (13, 14)), atol=1e-5)


def test_fading_grows_along_the_slope(monkeypatch: pytest.MonkeyPatch) -> None:
    # The slope rises from 0 at ten pixels left of the center to 1 at ten pixels right of it.
    fix_draws(monkeypatch, direction=0.0, fade=1.0)
    degraded = Degradation(probability=1, fade=0.8)(torch.ones(1, 1, 28, 28), generator_of(0))
    expected = 1 - 0.8 * np.clip((np.arange(28) - 13.5) / 20 + 0.5, 0, 1)
    assert_allclose(degraded[0, 0, 5].numpy(), expected, atol=1e-6)


def test_blur_agrees_with_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    fix_draws(monkeypatch, blur=0.75)
    image = np.zeros((28, 28), np.float32)
    image[10:18, 12:15] = 1
    degraded = Degradation(probability=1, blur=2)(torch.tensor(image).view(1, 1, 28, 28), generator_of(0))
    expected = gaussian_filter(image.astype(np.float64), 1.5, truncate=8)
    assert_allclose(degraded[0, 0].numpy(), expected / expected.max(), atol=1e-5)


def test_images_differ_and_the_same_seed_repeats_them(digits: Tensor) -> None:
    copies = digits[:1].expand(8, -1, -1, -1)
    before = torch.get_rng_state()
    first, second, other = (ALL(copies, generator_of(seed)) for seed in (3, 3, 4))
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
        ("noise", "high"),
        ("fade", True),
    ],
)
def test_bad_amounts_are_refused(name: str, value: Any) -> None:
    with pytest.raises(RecipeError, match=f"^degradation {name} is {value!r}; expected a number from 0 to "):
        Degradation(**{name: value})
