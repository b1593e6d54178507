"""Layers by hand: what each of them, a bound and the first weights do to small numbers."""

from copy import deepcopy
from math import erf, exp, pi, sqrt

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import Tensor, nn
from torch.autograd import gradcheck
from torch.func import functional_call

from inklab.errors import RecipeError
from inklab.models import Dropout, build_network, project_max_norm, set_generator
from inklab.models.layers import Crop, DropConnect, NormaliseWidth, truncated_normal


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def lesson() -> nn.Module:
    return build_network("lesson-cnn", seed=0)


def test_a_convolution_by_hand(lesson: nn.Module) -> None:
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
                [0.0, 0, -1, 3, 0],  # -1 is the centre
                [0.0, 0, 0, 1, 0],
                [0.0, 0, 0, 0, 0],
            ]
        )
        conv.bias[3] = 100
        image = torch.zeros(1, 1, 28, 28)
        image[0, 0, :2, :2] = torch.tensor([[1.0, 2], [3, 4]])
        answer = conv(image)[0]

    # Each output is the sum of weight times pixel with the centre laid on it; beyond the edge lies 0.
    #   (0, 0): -1*1 + 3*2 + 0*3 + 1*4 = 9        (0, 1): 0*1 - 1*2 + 0*3 + 0*4 = -2
    #   (1, 0): 2*1 + 0*2 - 1*3 + 3*4 = 11        (1, 1): 1*1 + 2*2 + 0*3 - 1*4 = 1     (1, 2): 1*2 + 0*4 = 2
    #   (2, 0): 2*3 + 0*4 = 6                     (2, 1): 1*3 + 2*4 = 11                (2, 2): 5*1 + 1*4 = 9
    #   (2, 3): 5*2 = 10       (3, 2): 5*3 = 15       (3, 3): 5*4 = 20
    expected = torch.zeros(28, 28)
    expected[:4, :4] = torch.tensor([[9.0, -2, 0, 0], [11, 1, 2, 0], [6, 11, 9, 10], [0, 0, 15, 20]])
    assert_array_equal(answer[3].numpy(), expected.numpy() + 100, strict=True)
    assert not answer[[0, 1, 2, *range(4, 32)]].any()  # the other filters are zero


@pytest.mark.parametrize("name", ["pool1", "pool2"])
def test_a_pool_by_hand(lesson: nn.Module, name: str) -> None:
    image = torch.tensor([[[[1.0, 5, 0, 2], [3, 4, -1, -2], [-9, -8, 7, 7], [-7, -6, 0, 6]]]])
    assert lesson.get_submodule(name)(image).tolist() == [[[[5, 2], [-6, 7]]]]


@pytest.mark.parametrize("keep", [0.5, 0.8])
def test_dropout_zeroes_some_scales_the_rest_and_keeps_the_mean(keep: float) -> None:
    n = 200_000
    dropout = Dropout(keep)
    set_generator(dropout, seeded(1))
    thinned = dropout(torch.ones(n)).double().numpy()
    assert set(np.unique(thinned)) == {0.0, np.float32(1 / keep)}
    error = sqrt((1 - keep) / keep / n)  # of the mean of n values that are 1/keep with probability keep
    assert abs(thinned.mean() - 1) < 5 * error


def test_dropout_draws_a_mask_for_every_unit_of_every_example() -> None:
    dropout = Dropout(0.5)
    set_generator(dropout, seeded(2))
    first, second = dropout(torch.ones(2, 1000))
    agreement = float((first == second).float().mean())
    assert 0.4 < agreement < 0.6  # two fair coins agree half of the time, give or take 0.016


def test_dropout_scales_the_gradient_by_the_same_mask() -> None:
    dropout = Dropout(0.25)
    set_generator(dropout, seeded(3))
    x = torch.full((50,), 3.0, requires_grad=True)
    y = dropout(x)
    y.sum().backward()
    assert x.grad is not None
    assert_array_equal(x.grad.numpy() * 3, y.detach().numpy())


def test_dropout_masks_only_in_training() -> None:
    x = torch.randn(100, generator=seeded(0))
    dropout = Dropout(0.5).eval()
    assert_array_equal(dropout(x).numpy(), x.numpy())
    assert_array_equal(Dropout(1).train()(x).numpy(), x.numpy())  # nothing is dropped, nothing is scaled
    assert (dropout.train()(x) == 0).any()


def test_dropout_draws_from_its_own_generator() -> None:
    x, dropout = torch.ones(1000), Dropout(0.5)
    state = torch.get_rng_state()
    masks = []
    for seed in (7, 7, 8):
        assert set_generator(dropout, seeded(seed))
        masks.append(dropout(x).numpy())
    masks.append(dropout(x).numpy())  # the generator goes on
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


@pytest.mark.parametrize("keep", [0.0, -0.5, 1.5, float("nan"), float("inf")])
def test_a_keep_that_is_no_probability_is_refused(keep: float) -> None:
    message = rf"^keep is {keep:g}; expected a probability in \(0, 1\]: 1 switches dropout off$"
    with pytest.raises(RecipeError, match=message):
        Dropout(keep)


def test_dropout_shows_what_it_keeps() -> None:
    assert repr(Dropout(0.5)) == "Dropout(keep=0.5)"


def dropconnect(weight: Tensor, bias: Tensor, *, keep: float, samples: float = 0) -> DropConnect:
    """Return the layer of these weights (outputs, inputs) and biases (outputs,), in their type."""
    layer = DropConnect(weight.shape[1], len(weight), keep=keep, samples=samples).to(weight.dtype)
    with torch.no_grad():
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)
    return layer


def test_the_mean_network_of_dropconnect_by_hand() -> None:
    weight = torch.tensor([[2.0, 4, -6], [8, -2, 0], [-2, -2, -2]])
    layer = dropconnect(weight, torch.tensor([1.0, -3, 5]), keep=0.5).eval()
    # Half of the weights, bias whole:   [1, 2, -3] + 1    [4, -1, 0] - 3    [-1, -1, -1] + 5
    #   x = (1, 2, 3): 1 + 4 - 9 + 1 = -3 -> 0     4 - 2 - 3 = -1 -> 0     -1 - 2 - 3 + 5 = -1 -> 0
    #   x = (2, 1, 0): 2 + 2 + 1 = 5               8 - 1 - 3 = 4           -2 - 1 + 5 = 2
    x = torch.tensor([[1.0, 2, 3], [2, 1, 0]])
    assert layer(x).tolist() == [[0, 0, 0], [5, 4, 2]]


def test_dropconnect_by_hand_with_two_quantiles() -> None:
    # One input of 2, weight 3, keep 0.5: u has the mean 3 - 3 = 0 and the deviation sqrt(1/4 * 9 * 4) = 3.
    # The quantiles at 1/4 and 3/4 are -0.67449 and 0.67449 deviations; relu leaves the second, and half of
    # it is the mean: 0.67449 * 3 / 2 = 1.011735. The mean network says 0.
    weight, bias, x = torch.tensor([[3.0]]), torch.tensor([-3.0]), torch.tensor([[2.0]])
    assert dropconnect(weight, bias, keep=0.5, samples=2).eval()(x).item() == pytest.approx(1.011735)
    assert dropconnect(weight, bias, keep=0.5, samples=0).eval()(x).item() == 0


def test_dropconnect_masks_weights_not_biases() -> None:
    weight = torch.tensor([[1.0, 2, 4, 8, 16, 32]]).repeat(500, 1)
    layer = dropconnect(weight, torch.full((500,), 0.5), keep=0.75)
    set_generator(layer, seeded(0))
    sums = layer(torch.ones(1, 6))[0] - 0.5  # whole numbers whose six bits are the mask
    assert_array_equal((sums % 1).detach().numpy(), np.zeros(500, np.float32))
    bits = sums.detach().numpy().astype(int)[:, np.newaxis] >> np.arange(6) & 1  # (500, 6)
    error = sqrt(0.75 * 0.25 / bits.size)
    assert abs(bits.mean() - 0.75) < 5 * error
    assert bits.any(axis=0).all()
    assert not bits.all(axis=0).any()


def test_dropconnect_draws_one_mask_a_batch() -> None:
    weight = torch.randn(30, 40, generator=seeded(0))
    layer, x = dropconnect(weight, torch.ones(30), keep=0.5), torch.ones(5, 40)
    answers = []
    for seed in (1, 1, 2):
        set_generator(layer, seeded(seed))
        answers.append(layer(x).detach().numpy())
    answers.append(layer(x).detach().numpy())  # the generator goes on
    for answer in answers:
        assert_allclose(answer, answer[:1].repeat(5, axis=0), rtol=0, atol=1e-5)  # equal rows, equal answers
    assert_array_equal(answers[0], answers[1])
    assert (np.abs(answers[0] - answers[2]) > 1e-3).any()
    assert (np.abs(answers[2] - answers[3]) > 1e-3).any()


@pytest.mark.parametrize("keep", [0.5, 0.8])
def test_dropconnect_answers_by_the_mean_over_masks(keep: float) -> None:
    masks, inputs = 20_000, 50
    x = torch.rand(1, inputs, generator=seeded(0), dtype=torch.float64)
    weight = torch.randn(4, inputs, generator=seeded(1), dtype=torch.float64)
    deviation = (keep * (1 - keep) * weight.square() @ x[0].square()).sqrt()  # (4,), of u over the masks
    # Biases put the mean of u at -1 to 0.5 deviations, where relu of the mean is far from the mean of relu.
    bias = deviation * torch.tensor([-1, -0.5, 0, 0.5], dtype=torch.float64) - keep * weight @ x[0]
    # The reference is training itself: a layer that has the four units 20,000 times, masked one by one.
    many = dropconnect(weight.repeat(masks, 1), bias.repeat(masks), keep=keep)
    set_generator(many, seeded(2))
    with torch.no_grad():
        average = many(x).view(masks, 4).mean(dim=0)
        found = dropconnect(weight, bias, keep=keep, samples=200).eval()(x)[0]
        mean_network = dropconnect(weight, bias, keep=keep, samples=0).eval()(x)[0]
    # The average is known to 1 / sqrt(20,000) = 0.007 deviations, four of which are 0.028.
    gap, gap_of_mean_network = (((y - average) / deviation).abs().numpy() for y in (found, mean_network))
    assert gap.max() < 0.03
    assert (gap_of_mean_network > 2 * gap).all()
    assert gap_of_mean_network.max() > 0.3  # at 0 the mean of relu is 0.399 deviations


def test_more_quantiles_come_closer_to_the_formula() -> None:
    # With mean 0 and deviation s, E relu(u) = s / sqrt(2 pi); here s = sqrt(1/4 * 9 * 4) = 3.
    weight, bias, x = torch.tensor([[3.0]]), torch.tensor([-3.0]), torch.tensor([[2.0]])
    gaps = [
        abs(dropconnect(weight, bias, keep=0.5, samples=n).eval()(x).item() - 3 / sqrt(2 * pi))
        for n in (2, 8, 32, 128)
    ]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[2] < 0.02
    assert gaps[3] < 0.005


@pytest.mark.parametrize("keep", [1, 1 - 1e-6])
@pytest.mark.parametrize("is_training", [True, False])
def test_dropconnect_that_keeps_all_is_a_linear_layer(keep: float, is_training: bool) -> None:
    weight, bias = torch.randn(6, 9, generator=seeded(0)), torch.randn(6, generator=seeded(1))
    x = torch.randn(4, 9, generator=seeded(2))
    layer = dropconnect(weight, bias, keep=keep, samples=10).train(is_training)
    set_generator(layer, seeded(3))
    expected = (x.double() @ weight.double().T + bias.double()).clamp(min=0)
    # float32; what 1 - 1e-6 drops at inference is a deviation of 1e-3 of the terms
    tolerance = 1e-5 if is_training or keep == 1 else 1e-2
    assert_allclose(layer(x).detach().numpy(), expected.numpy(), rtol=0, atol=tolerance)


@pytest.mark.parametrize("keep", [1, 1 - 1e-6])
def test_dropout_that_keeps_all_drops_nothing(keep: float) -> None:
    dropout = Dropout(keep)
    set_generator(dropout, seeded(0))
    assert_allclose(dropout(torch.ones(1000)).numpy(), np.ones(1000), rtol=1e-5)


@pytest.mark.parametrize(("is_training", "samples"), [(True, 0), (False, 0), (False, 5)])
def test_the_gradient_of_dropconnect(is_training: bool, samples: int) -> None:
    layer = DropConnect(5, 4, keep=0.6, samples=samples).double().train(is_training)

    def answer(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        set_generator(layer, seeded(3))  # the same mask at every call
        y: Tensor = functional_call(layer, {"weight": weight, "bias": bias}, (x,))
        return y

    x, weight, bias = (
        torch.randn(shape, generator=seeded(seed), dtype=torch.float64, requires_grad=True)
        for seed, shape in enumerate([(3, 5), (4, 5), (4,)])
    )
    y = answer(x, weight, bias)
    assert (y > 0).any()
    assert gradcheck(answer, (x, weight, bias))


@pytest.mark.parametrize("keep", [0.0, -0.5, 1.5, float("nan")])
def test_dropconnect_refuses_a_keep_that_is_no_probability(keep: float) -> None:
    message = rf"^keep is {keep:g}; expected a probability in \(0, 1\]: 1 keeps every weight$"
    with pytest.raises(RecipeError, match=message):
        DropConnect(2, 2, keep=keep, samples=0)


@pytest.mark.parametrize("samples", [-1, 0.5, 10_001, float("nan"), float("inf")])
def test_dropconnect_refuses_samples_that_cannot_be(samples: float) -> None:
    message = rf"^samples is {samples:g}; expected a whole number from 0 to 10000$"
    with pytest.raises(RecipeError, match=message):
        DropConnect(2, 2, keep=0.5, samples=samples)


def test_dropconnect_shows_its_sizes() -> None:
    shown = "DropConnect(in_features=3, out_features=2, bias=True, keep=0.5, samples=8)"
    assert repr(DropConnect(3, 2, keep=0.5, samples=8.0)) == shown


def bars(*spans: tuple[int, int]) -> Tensor:
    """Return an image for every (first, last) column, white between them, both included."""
    images = torch.zeros(len(spans), 1, 28, 28)
    for image, (first, last) in zip(images, spans, strict=True):
        image[0, 4:24, first : last + 1] = 1
    return images


@pytest.mark.parametrize("first", [0, 5, 24])
def test_a_bar_is_stretched(first: int) -> None:
    row = NormaliseWidth(8)(bars((first, first + 3)))[0, 0, 10].double().numpy()
    # Half a column there is one here: columns 9, 10, ... 18 come from 4.25, 4.75, ... 8.75, if the bar lies
    # in 5 to 8. Between columns the grey changes evenly, so both edges are 1/4 and 3/4, and all else is 1.
    expected = np.zeros(28)
    expected[9:19] = [0.25, 0.75, 1, 1, 1, 1, 1, 1, 0.75, 0.25]
    assert_allclose(row, expected, rtol=0, atol=1e-6)
    assert np.count_nonzero(row >= 0.5) == 8  # the width, at half of the height
    assert row.sum() == pytest.approx(4 * 8 / 4, abs=1e-5)
    assert row @ np.arange(28) / row.sum() == pytest.approx(13.5, abs=1e-5)


def test_a_bar_is_squeezed() -> None:
    row = NormaliseWidth(10)(bars((4, 23)))[0, 0, 10]
    assert_allclose(row.numpy(), [0] * 9 + [1] * 10 + [0] * 9, rtol=0, atol=1e-6)  # two there are one here


def test_squeezing_keeps_the_grey_of_each_row() -> None:
    image = torch.zeros(1, 1, 28, 28)
    image[..., 5:25] = torch.rand(1, 1, 28, 20, generator=seeded(0))
    image[0, 0, 3, [5, 24]] = 1  # the ink begins and ends there
    rows = image.mean(dim=3).numpy() / 2  # 20 columns become 10
    assert_allclose(NormaliseWidth(10)(image).mean(dim=3).numpy(), rows, rtol=0, atol=1e-6)


def test_a_digit_of_that_width_in_the_middle_stays() -> None:
    image = torch.zeros(1, 1, 28, 28)
    image[..., 4:24] = torch.rand(1, 1, 28, 20, generator=seeded(0))
    image[0, 0, 3, [4, 23]] = 1
    assert_allclose(NormaliseWidth(20)(image).numpy(), image.numpy(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("place", [0, 3, 8])
def test_a_digit_of_that_width_is_put_in_the_middle(place: int) -> None:
    digit = torch.rand(1, 1, 28, 20, generator=seeded(0)).clamp(min=0.2)
    image, expected = torch.zeros(2, 1, 1, 28, 28)
    image[..., place : place + 20], expected[..., 4:24] = digit, digit
    assert_allclose(NormaliseWidth(20)(image).numpy(), expected.numpy(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("width", [2, 12, 28])
def test_blank_stays_blank(width: int) -> None:
    assert not NormaliseWidth(width)(torch.zeros(2, 1, 28, 28)).any()


def test_normalising_does_not_depend_on_the_batch() -> None:
    images = torch.cat([bars((5, 8), (0, 27), (3, 3), (20, 27)), torch.zeros(1, 1, 28, 28)])
    normalise = NormaliseWidth(14)
    together = normalise(images).numpy()
    alone = torch.cat([normalise(image.unsqueeze(0)) for image in images]).numpy()
    assert_allclose(alone, together, rtol=0, atol=1e-6)
    assert_allclose(normalise(images.flip(0)).flip(0).numpy(), together, rtol=0, atol=1e-6)


def test_what_is_fainter_than_the_threshold_is_no_ink() -> None:
    faint = bars((4, 23))
    faint[..., 0] = 0.09
    assert_allclose(NormaliseWidth(20)(faint).numpy(), faint.numpy(), rtol=0, atol=1e-6)
    faint[..., 0] = 0.11  # ink from 0 to 23: the bar is no longer in the middle
    assert not np.allclose(NormaliseWidth(20)(faint).numpy(), faint.numpy(), rtol=0, atol=0.1)


@pytest.mark.parametrize("width", [3, 5, 8])
def test_the_gradient_of_normalising(width: int) -> None:
    images = torch.rand(2, 1, 2, 9, generator=seeded(0), dtype=torch.float64) * 0.5 + 0.3
    images[0, :, :, :4] = 0  # 5 wide; a finite difference moves no pixel over the threshold
    assert gradcheck(NormaliseWidth(width), images.requires_grad_())


@pytest.mark.parametrize("width", [1, 29, 2.5, 0, -3, float("nan")])
def test_a_width_of_ink_that_cannot_be(width: float) -> None:
    with pytest.raises(
        RecipeError, match=rf"^width is {width:g}; expected a whole number of pixels from 2 to 28$"
    ):
        NormaliseWidth(width)


def test_normalising_shows_its_width() -> None:
    assert repr(NormaliseWidth(12.0)) == "NormaliseWidth(12)"


def test_crop_by_hand() -> None:
    image = torch.arange(20.0).view(1, 1, 4, 5)
    #  0  1  2  3  4      of the 4 rows 1 goes at the top and 1 at the bottom;
    #  5  6  7  8  9      of the 5 columns 1 goes at the left and 2 at the right
    # 10 11 12 13 14
    # 15 16 17 18 19
    assert Crop(2)(image).tolist() == [[[[6, 7], [11, 12]]]]
    two = torch.stack([image[0, 0], image[0, 0] + 100]).unsqueeze(0)  # (1, 2, 4, 5)
    assert Crop(4)(two)[0, 1].tolist() == [
        [100 + 5 * row + column for column in range(4)] for row in range(4)
    ]
    assert repr(Crop(24)) == "Crop(24)"


@torch.no_grad()
def test_the_bound_on_the_weights_by_hand() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Linear(2, 3), DropConnect(2, 2, keep=0.5, samples=0))
    conv, linear, masked = model
    assert isinstance(conv, nn.Conv2d)
    assert isinstance(linear, nn.Linear)
    assert isinstance(masked, DropConnect)
    conv.weight.fill_(100)
    linear.weight.copy_(torch.tensor([[6.0, 8], [0.3, 0.4], [-3, 0]]))  # 10, 0.5 and 3 long
    linear.bias.fill_(100)
    masked.weight.copy_(torch.tensor([[0.0, -7], [1, 1]]))
    project_max_norm(model, 2)
    # renorm_ divides by the length and 1e-7 on top
    assert_allclose(linear.weight.numpy(), [[1.2, 1.6], [0.3, 0.4], [-2.0, 0.0]], rtol=1e-6)
    assert_allclose(masked.weight.numpy(), [[0.0, -2.0], [1.0, 1.0]], rtol=1e-6)
    assert (conv.weight == 100).all()
    assert (linear.bias == 100).all()


@torch.no_grad()
def test_the_bound_shortens_long_rows_only() -> None:
    linear, most = nn.Linear(50, 40), 2.0
    before = torch.randn(40, 50, generator=seeded(0), dtype=torch.float32)
    before *= torch.linspace(0.01, 1, 40).unsqueeze(1)  # lengths from 0.07 to 7
    linear.weight.copy_(before)
    project_max_norm(linear, most)
    length = before.double().norm(dim=1)
    is_long = length > most
    assert 5 < is_long.sum() < 35
    after = linear.weight.detach()
    assert_array_equal(after[~is_long].numpy(), before[~is_long].numpy())  # bit for bit
    assert_allclose(after[is_long].double().norm(dim=1).numpy(), most, rtol=1e-6)
    directions = before[is_long].double() / length[is_long].unsqueeze(1)
    assert_allclose(after[is_long].double().numpy() / most, directions.numpy(), rtol=1e-6)


def test_truncated_normal_weights() -> None:
    layer = nn.Linear(1000, 400)
    truncated_normal(layer, seeded(0), deviation=0.1, bias=0.1)
    weights = layer.weight.detach().double().numpy()
    assert np.abs(weights).max() <= np.float32(0.2)
    assert np.abs(weights).max() > 0.199  # cut at two deviations, not before

    # A standard normal cut at +-2 has variance 1 - 4 p(2) / (P(2) - P(-2)): a deviation of 0.8796.
    density, within = exp(-2) / sqrt(2 * pi), erf(sqrt(2))
    deviation = 0.1 * sqrt(1 - 4 * density / within)
    assert weights.std() == pytest.approx(deviation, rel=0.005)  # the error of 400,000 draws is 0.001
    assert abs(weights.mean()) < 5 * deviation / sqrt(weights.size)
    assert_array_equal(layer.bias.detach().numpy(), np.full(400, 0.1, np.float32), strict=True)


def test_truncated_normal_of_a_layer_without_bias() -> None:
    layer = nn.Conv2d(1, 4, 3, bias=False)
    truncated_normal(layer, seeded(0), deviation=0.1, bias=0.1)
    assert np.abs(layer.weight.detach().numpy()).max() <= np.float32(0.2)


def test_the_first_weights_of_the_lesson(lesson: nn.Module) -> None:
    for name, parameter in lesson.named_parameters():
        values = parameter.detach().numpy()
        if name.endswith("bias"):
            assert_array_equal(values, np.full(values.shape, 0.1, np.float32), strict=True)
        else:
            assert 0.15 < np.abs(values).max() <= np.float32(0.2)
            assert values.std() == pytest.approx(0.088, abs=0.01)


def test_softmax_regression_starts_at_zero() -> None:
    for parameter in build_network("softmax-regression", seed=5).parameters():
        assert not parameter.detach().numpy().any()
