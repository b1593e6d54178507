"""Layers and the max-norm constraint, mostly computed by hand."""

from copy import deepcopy
from math import sqrt

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import Tensor, nn
from torch.autograd import gradcheck

from inklab.errors import RecipeError
from inklab.models import Dropout, build_network, project_max_norm, set_generator
from inklab.models.layers import CenterCrop, DropConnect, NormalizeWidth


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def lesson() -> nn.Module:
    return build_network("lesson-cnn", seed=0)


def test_convolution_by_hand(lesson: nn.Module) -> None:
    conv = deepcopy(lesson.get_submodule("conv1"))
    assert isinstance(conv, nn.Conv2d)
    assert conv.bias is not None
    with torch.no_grad():
        conv.weight.zero_()
        conv.bias.zero_()
        conv.weight[3, 0] = torch.tensor(
            [
                [5.0, 0, 0, 0, 0],
                [0.0, 1, 2, 0, 0],
                [0.0, 0, -1, 3, 0],  # -1 is the center
                [0.0, 0, 0, 1, 0],
                [0.0, 0, 0, 0, 0],
            ]
        )
        conv.bias[3] = 100
        image = torch.zeros(1, 1, 28, 28)
        image[0, 0, :2, :2] = torch.tensor([[1.0, 2], [3, 4]])
        output = conv(image)[0]

    # Each output is the sum of weight times pixel, with the kernel centered on it; outside lies 0.
    #   (0, 0): -1*1 + 3*2 + 0*3 + 1*4 = 9        (0, 1): 0*1 - 1*2 + 0*3 + 0*4 = -2
    #   (1, 0): 2*1 + 0*2 - 1*3 + 3*4 = 11        (1, 1): 1*1 + 2*2 + 0*3 - 1*4 = 1     (1, 2): 1*2 + 0*4 = 2
    #   (2, 0): 2*3 + 0*4 = 6                     (2, 1): 1*3 + 2*4 = 11                (2, 2): 5*1 + 1*4 = 9
    #   (2, 3): 5*2 = 10       (3, 2): 5*3 = 15       (3, 3): 5*4 = 20
    expected = torch.zeros(28, 28)
    expected[:4, :4] = torch.tensor([[9.0, -2, 0, 0], [11, 1, 2, 0], [6, 11, 9, 10], [0, 0, 15, 20]])
    assert_array_equal(output[3].numpy(), expected.numpy() + 100, strict=True)
    assert not output[[0, 1, 2, *range(4, 32)]].any()  # the other kernels are 0


@pytest.mark.parametrize("name", ["pool1", "pool2"])
def test_pooling_by_hand(lesson: nn.Module, name: str) -> None:
    image = torch.tensor([[[[1.0, 5, 0, 2], [3, 4, -1, -2], [-9, -8, 7, 7], [-7, -6, 0, 6]]]])
    assert lesson.get_submodule(name)(image).tolist() == [[[[5, 2], [-6, 7]]]]


@pytest.mark.parametrize("p", [0.5, 0.2])
def test_dropout_keeps_the_mean(p: float) -> None:
    n, keep = 200_000, 1 - p
    dropout = Dropout(p)
    set_generator(dropout, seeded(1))
    output = dropout(torch.ones(n)).double().numpy()
    assert set(np.unique(output)) == {0.0, np.float32(1 / keep)}
    error = sqrt((1 - keep) / keep / n)  # standard error: n values that are 1/keep with probability keep
    assert abs(output.mean() - 1) < 5 * error


def test_dropout_draws_a_mask_for_every_unit_of_every_example() -> None:
    dropout = Dropout(0.5)
    set_generator(dropout, seeded(2))
    first, second = dropout(torch.ones(2, 1000))
    agreement = float((first == second).float().mean())
    assert 0.4 < agreement < 0.6  # two fair coins agree half of the time; the standard error is 0.016


def test_dropout_scales_the_gradient_by_the_same_mask() -> None:
    dropout = Dropout(0.75)
    set_generator(dropout, seeded(3))
    x = torch.full((50,), 3.0, requires_grad=True)
    y = dropout(x)
    y.sum().backward()
    assert x.grad is not None
    assert_array_equal(x.grad.numpy() * 3, y.detach().numpy())


def test_dropout_does_nothing_in_evaluation() -> None:
    x = torch.randn(100, generator=seeded(0))
    dropout = Dropout(0.5).eval()
    assert_array_equal(dropout(x).numpy(), x.numpy())
    assert_array_equal(Dropout(0).train()(x).numpy(), x.numpy())  # drops and scales nothing
    assert (dropout.train()(x) == 0).any()


def test_dropout_draws_from_its_own_generator() -> None:
    x, dropout = torch.ones(1000), Dropout(0.5)
    state = torch.get_rng_state()
    masks = []
    for seed in (7, 7, 8):
        assert set_generator(dropout, seeded(seed))
        masks.append(dropout(x).numpy())
    masks.append(dropout(x).numpy())  # the generator continues
    assert_array_equal(masks[0], masks[1])
    assert (masks[0] != masks[2]).any()
    assert (masks[2] != masks[3]).any()
    assert_array_equal(torch.get_rng_state().numpy(), state.numpy())


def test_set_generator_finds_every_random_layer() -> None:
    inner, outer, generator = Dropout(0.5), Dropout(0.5), seeded(0)
    assert set_generator(nn.Sequential(nn.Sequential(inner), nn.ReLU(), outer), generator)
    assert inner.generator is generator
    assert outer.generator is generator
    assert not set_generator(nn.Sequential(nn.Linear(2, 2)), generator)


@pytest.mark.parametrize("p", [1.0, -0.5, 1.5, float("nan"), float("inf")])
def test_p_outside_0_to_1_is_refused(p: float) -> None:
    message = rf"^dropout is {p:g}; expected a fraction in \[0, 1\); 0 drops nothing$"
    with pytest.raises(RecipeError, match=message):
        Dropout(p)


def test_dropout_repr_shows_p() -> None:
    assert repr(Dropout(0.5)) == "Dropout(p=0.5)"


@pytest.mark.parametrize("p", [0, 1e-6])
def test_dropout_with_a_tiny_p_drops_nothing(p: float) -> None:
    dropout = Dropout(p)
    set_generator(dropout, seeded(0))
    assert_allclose(dropout(torch.ones(1000)).numpy(), np.ones(1000), rtol=1e-5)


def bars(*spans: tuple[int, int]) -> Tensor:
    """Return one image per (first, last) column, white from the first to the last."""
    images = torch.zeros(len(spans), 1, 28, 28)
    for image, (first, last) in zip(images, spans, strict=True):
        image[0, 4:24, first : last + 1] = 1
    return images


@pytest.mark.parametrize("first", [0, 5, 24])
def test_normalize_width_stretches_a_bar(first: int) -> None:
    row = NormalizeWidth(8)(bars((first, first + 3)))[0, 0, 10].double().numpy()
    # Half a source column becomes one column: for a bar in 5 to 8, columns 9, 10, ... 18 come from 4.25,
    # 4.75, ... 8.75. Interpolation is linear, so both edges are 1/4 and 3/4, and everything between is 1.
    expected = np.zeros(28)
    expected[9:19] = [0.25, 0.75, 1, 1, 1, 1, 1, 1, 0.75, 0.25]
    assert_allclose(row, expected, rtol=0, atol=1e-6)
    assert np.count_nonzero(row >= 0.5) == 8  # the width at half height
    assert row.sum() == pytest.approx(4 * 8 / 4, abs=1e-5)
    assert row @ np.arange(28) / row.sum() == pytest.approx(13.5, abs=1e-5)


def test_normalize_width_squeezes_a_bar() -> None:
    row = NormalizeWidth(10)(bars((4, 23)))[0, 0, 10]
    assert_allclose(row.numpy(), [0] * 9 + [1] * 10 + [0] * 9, rtol=0, atol=1e-6)  # two become one


def test_squeezing_keeps_the_total_ink_of_each_row() -> None:
    image = torch.zeros(1, 1, 28, 28)
    image[..., 5:25] = torch.rand(1, 1, 28, 20, generator=seeded(0))
    image[0, 0, 3, [5, 24]] = 1  # the ink begins and ends there
    rows = image.mean(dim=3).numpy() / 2  # 20 columns become 10
    assert_allclose(NormalizeWidth(10)(image).mean(dim=3).numpy(), rows, rtol=0, atol=1e-6)


def test_centered_digit_of_the_target_width_is_unchanged() -> None:
    image = torch.zeros(1, 1, 28, 28)
    image[..., 4:24] = torch.rand(1, 1, 28, 20, generator=seeded(0))
    image[0, 0, 3, [4, 23]] = 1
    assert_allclose(NormalizeWidth(20)(image).numpy(), image.numpy(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("left", [0, 3, 8])
def test_digit_of_the_target_width_is_centered(left: int) -> None:
    digit = torch.rand(1, 1, 28, 20, generator=seeded(0)).clamp(min=0.2)
    image, expected = torch.zeros(2, 1, 1, 28, 28)
    image[..., left : left + 20], expected[..., 4:24] = digit, digit
    assert_allclose(NormalizeWidth(20)(image).numpy(), expected.numpy(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("width", [2, 12, 28])
def test_blank_image_stays_blank(width: int) -> None:
    assert not NormalizeWidth(width)(torch.zeros(2, 1, 28, 28)).any()


def test_normalize_width_does_not_depend_on_the_batch() -> None:
    images = torch.cat([bars((5, 8), (0, 27), (3, 3), (20, 27)), torch.zeros(1, 1, 28, 28)])
    normalize = NormalizeWidth(14)
    together = normalize(images).numpy()
    alone = torch.cat([normalize(image.unsqueeze(0)) for image in images]).numpy()
    assert_allclose(alone, together, rtol=0, atol=1e-6)
    assert_allclose(normalize(images.flip(0)).flip(0).numpy(), together, rtol=0, atol=1e-6)


def test_pixels_below_the_threshold_are_not_ink() -> None:
    faint = bars((4, 23))
    faint[..., 0] = 0.09
    assert_allclose(NormalizeWidth(20)(faint).numpy(), faint.numpy(), rtol=0, atol=1e-6)
    faint[..., 0] = 0.11  # ink from 0 to 23: the bar is no longer centered
    assert not np.allclose(NormalizeWidth(20)(faint).numpy(), faint.numpy(), rtol=0, atol=0.1)


@pytest.mark.parametrize("width", [3, 5, 8])
def test_gradient_of_normalize_width(width: int) -> None:
    images = torch.rand(2, 1, 2, 9, generator=seeded(0), dtype=torch.float64) * 0.5 + 0.3
    images[0, :, :, :4] = 0  # 5 wide; a finite difference moves no pixel over the threshold
    assert gradcheck(NormalizeWidth(width), images.requires_grad_())


@pytest.mark.parametrize("width", [1, 29, 2.5, 0, -3, float("nan")])
def test_invalid_digit_width_is_refused(width: float) -> None:
    with pytest.raises(
        RecipeError, match=rf"^digit_width is {width:g}; expected a whole number of pixels from 2 to 28$"
    ):
        NormalizeWidth(width)


def test_normalize_width_repr_shows_the_width() -> None:
    assert repr(NormalizeWidth(12.0)) == "NormalizeWidth(12)"


def test_center_crop_by_hand() -> None:
    image = torch.arange(20.0).view(1, 1, 4, 5)
    #  0  1  2  3  4      of the 4 rows, 1 is cut at the top and 1 at the bottom;
    #  5  6  7  8  9      of the 5 columns, 1 is cut at the left and 2 at the right
    # 10 11 12 13 14
    # 15 16 17 18 19
    assert CenterCrop(2)(image).tolist() == [[[[6, 7], [11, 12]]]]
    two = torch.stack([image[0, 0], image[0, 0] + 100]).unsqueeze(0)  # (1, 2, 4, 5)
    assert CenterCrop(4)(two)[0, 1].tolist() == [
        [100 + 5 * row + column for column in range(4)] for row in range(4)
    ]
    assert repr(CenterCrop(24)) == "CenterCrop(24)"


@torch.no_grad()
def test_project_max_norm_by_hand() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Linear(2, 3), DropConnect(2, 2, p=0.5, samples=0))
    conv, linear, masked = model
    assert isinstance(conv, nn.Conv2d)
    assert isinstance(linear, nn.Linear)
    assert isinstance(masked, DropConnect)
    conv.weight.fill_(100)
    linear.weight.copy_(torch.tensor([[6.0, 8], [0.3, 0.4], [-3, 0]]))  # norms 10, 0.5, and 3
    linear.bias.fill_(100)
    masked.weight.copy_(torch.tensor([[0.0, -7], [1, 1]]))
    project_max_norm(model, 2)
    # renorm_ adds 1e-7 to the norm before it divides
    assert_allclose(linear.weight.numpy(), [[1.2, 1.6], [0.3, 0.4], [-2.0, 0.0]], rtol=1e-6)
    assert_allclose(masked.weight.numpy(), [[0.0, -2.0], [1.0, 1.0]], rtol=1e-6)
    assert (conv.weight == 100).all()
    assert (linear.bias == 100).all()


@torch.no_grad()
def test_project_max_norm_changes_only_rows_above_it() -> None:
    linear, max_norm = nn.Linear(50, 40), 2.0
    before = torch.randn(40, 50, generator=seeded(0), dtype=torch.float32)
    before *= torch.linspace(0.01, 1, 40).unsqueeze(1)  # norms from 0.07 to 7
    linear.weight.copy_(before)
    project_max_norm(linear, max_norm)
    norm = before.double().norm(dim=1)
    is_long = norm > max_norm
    assert 5 < is_long.sum() < 35
    after = linear.weight.detach()
    assert_array_equal(after[~is_long].numpy(), before[~is_long].numpy())  # equal bits
    assert_allclose(after[is_long].double().norm(dim=1).numpy(), max_norm, rtol=1e-6)
    directions = before[is_long].double() / norm[is_long].unsqueeze(1)
    assert_allclose(after[is_long].double().numpy() / max_norm, directions.numpy(), rtol=1e-6)
