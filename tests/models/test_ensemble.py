"""Ensemble and TestTimeAugmentation: combined predictions."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch import Tensor, nn
from torch.nn.functional import affine_grid

from inklab.data import Dataset
from inklab.models import Ensemble, TestTimeAugmentation, as_input, build_network, first_network


class ConstantNetwork(nn.Module):
    """A network with the same probabilities for every image."""

    def __init__(self, probabilities: list[float]) -> None:
        super().__init__()
        self.logits = torch.tensor([probabilities]).log() + 7  # adding a constant changes no probability

    def forward(self, images: Tensor) -> Tensor:
        return self.logits.expand(len(images), -1)


def shifted(*pixels: tuple[int, int]) -> Tensor:
    """Return one grid per (right, down): each pixel is read that far to the right and down."""
    # grid_sample measures from -1 to 1 over 28 pixels, so a pixel is 2/28.
    theta = [[[1.0, 0, 2 * right / 28], [0, 1, 2 * down / 28]] for right, down in pixels]
    return affine_grid(torch.tensor(theta), [len(pixels), 1, 28, 28], align_corners=False)


@pytest.fixture(scope="module")
def network() -> nn.Module:
    return build_network("mlp", {"units": 30}, seed=0).eval()


@pytest.fixture(scope="module")
def images(mnist: Dataset) -> Tensor:
    return as_input(torch.tensor(mnist.test.images[:30]))


def test_any_number_of_classes(images: Tensor) -> None:
    member = build_network("softmax-regression", seed=0, classes=3)
    assert Ensemble([TestTimeAugmentation(member, shifted((0, 0), (1, 0)))])(images).shape == (30, 3)


def test_ensemble_by_hand() -> None:
    confident, unsure = [0.75, 0.125, 0.125, *[0.0] * 7], [0.25, 0.25, 0.5, *[0.0] * 7]
    logits = Ensemble([ConstantNetwork(confident), ConstantNetwork(unsure)])(torch.zeros(3, 1, 28, 28))
    assert logits.shape == (3, 10)
    # (0.75 + 0.25) / 2 = 0.5      (0.125 + 0.25) / 2 = 0.1875      (0.125 + 0.5) / 2 = 0.3125
    expected = [[0.5, 0.1875, 0.3125, *[0.0] * 7]] * 3
    assert_allclose(logits.exp().numpy(), expected, rtol=1e-6)


@torch.no_grad()
def test_ensemble_averages_the_probabilities(images: Tensor) -> None:
    members = [build_network("mlp", {"units": 20}, seed=seed).eval() for seed in range(3)]
    logits = np.stack([member(images).double().numpy() for member in members])  # (3, n, 10)
    exponentials = np.exp(logits)
    probabilities = (exponentials / exponentials.sum(axis=2, keepdims=True)).mean(axis=0)
    averaged = Ensemble(members)(images).exp().numpy()
    assert_allclose(averaged, probabilities, rtol=1e-5)  # float32
    assert_allclose(averaged.sum(axis=1), 1, rtol=1e-6)


@torch.no_grad()
@pytest.mark.parametrize("m", [1, 2, 5])
def test_ensemble_of_equal_members_is_one_member(network: nn.Module, images: Tensor, m: int) -> None:
    expected = network(images).log_softmax(dim=1).numpy()
    assert_allclose(Ensemble([network] * m)(images).numpy(), expected, rtol=0, atol=2e-6)


@torch.no_grad()
def test_order_of_the_members_does_not_matter(images: Tensor) -> None:
    members = [build_network("mlp", {"units": 20}, seed=seed).eval() for seed in range(4)]
    forward, backward = Ensemble(members)(images), Ensemble(reversed(members))(images)
    assert_allclose(backward.numpy(), forward.numpy(), rtol=0, atol=2e-6)  # another order of summation


def test_ensemble_holds_the_weights_of_its_members() -> None:
    members = [build_network("softmax-regression", seed=0) for _ in range(2)]
    assert set(Ensemble(members).state_dict()) == {
        f"members.{number}.linear.{name}" for number in (0, 1) for name in ("weight", "bias")
    }


@torch.no_grad()
def test_identity_as_the_only_view(network: nn.Module, images: Tensor) -> None:
    expected = network(images).log_softmax(dim=1).numpy()
    # The grid is in float32, so a pixel is read about 1e-6 of a pixel beside its center.
    assert_allclose(
        TestTimeAugmentation(network, shifted((0, 0)))(images).numpy(), expected, rtol=0, atol=1e-4
    )
    assert_allclose(
        TestTimeAugmentation(network, shifted((0, 0), (0, 0)))(images).numpy(), expected, rtol=0, atol=1e-4
    )


@torch.no_grad()
def test_grid_gives_the_source_of_each_pixel(images: Tensor) -> None:
    first_row = nn.Sequential(nn.Flatten(), nn.Linear(784, 10, bias=False))
    linear = first_row[1]
    assert isinstance(linear, nn.Linear)
    linear.weight.zero_()
    linear.weight[:, 28 * 14 + 10 : 28 * 14 + 20] = torch.eye(10)  # logits are pixels 10 to 19 of row 14
    log_probabilities = TestTimeAugmentation(first_row, shifted((2, 3)))(images)
    expected = images[:, 0, 17, 12:22].log_softmax(dim=1)
    assert images[:, 0, 17, 12:22].any()
    assert_allclose(log_probabilities.numpy(), expected.numpy(), rtol=0, atol=1e-4)


@torch.no_grad()
def test_views_multiply_their_probabilities(network: nn.Module, images: Tensor) -> None:
    shifts = [(0, 0), (3, 0), (-2, 4), (0, -5)]
    product = np.ones((len(images), 10))
    for right, down in shifts:
        view = torch.zeros(len(images), 1, 40, 40)
        view[:, :, 6:34, 6:34] = images
        view = view[:, :, 6 + down : 34 + down, 6 + right : 34 + right]
        exponentials = np.exp(network(view).double().numpy())
        product *= exponentials / exponentials.sum(axis=1, keepdims=True)
    logits = TestTimeAugmentation(network, shifted(*shifts))(images).numpy()
    assert logits.shape == (30, 10)
    assert len(set(product.argmax(axis=1))) > 1
    assert (logits.argmax(axis=1) == product.argmax(axis=1)).all()
    assert (product.argmax(axis=1) != network(images).argmax(dim=1).numpy()).any()  # the views matter
    assert_allclose(logits, np.log(product) / 4, rtol=0, atol=1e-4)


def test_grids_move_with_the_module() -> None:
    views = TestTimeAugmentation(nn.Identity(), shifted((0, 0), (1, 1)))
    assert views.grids.shape == (2, 28, 28, 2)
    assert views.to("meta").grids.is_meta


def test_first_network(network: nn.Module) -> None:
    other, grids = build_network("softmax-regression", seed=0), shifted((0, 0))
    assert first_network(network) is network
    assert first_network(Ensemble([network, other])) is network
    assert first_network(TestTimeAugmentation(network, grids)) is network
    assert first_network(Ensemble([TestTimeAugmentation(network, grids), other])) is network
    assert first_network(TestTimeAugmentation(Ensemble([network, other]), grids)) is network
    assert first_network(Ensemble([Ensemble([network]), other])) is network
