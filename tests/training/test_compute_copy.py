"""WorkingCopy: the logits and gradients of the network, exact in float32 and near in bfloat16."""

import pytest
import torch
from numpy.testing import assert_allclose
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from inklab.data import load_mnist
from inklab.models import NETWORKS, as_input, build_network, set_generator
from inklab.training.compute_copy import ComputeCopy

pytestmark = pytest.mark.usefixtures("one_thread")

DIGITS = load_mnist().train[:64]
IMAGES, LABELS = as_input(torch.tensor(DIGITS.images)), torch.tensor(DIGITS.labels)


def network_of(name: str) -> nn.Sequential:
    network = build_network(name, seed=3)
    set_generator(network, torch.Generator().manual_seed(4))
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def gradients(network: nn.Sequential, logits: Tensor) -> list[Tensor]:
    cross_entropy(logits, LABELS).backward()
    return [weights.grad.clone() for weights in network.parameters() if weights.grad is not None]


def computed(name: str, dtype: torch.dtype) -> tuple[Tensor, list[Tensor]]:
    network = network_of(name)
    working = ComputeCopy(network, dtype)
    set_generator(working.layers, torch.Generator().manual_seed(4))
    working.sync_weights()
    logits = working(IMAGES)
    cross_entropy(logits, LABELS).backward()
    working.copy_gradients()
    return logits.detach(), [
        weights.grad.clone() for weights in network.parameters() if weights.grad is not None
    ]


def near(found: Tensor, expected: Tensor, share: float) -> bool:
    """Whether the two differ by no more than this share of the length of the second."""
    return float((found - expected).norm()) <= share * float(expected.norm())


@pytest.mark.parametrize("name", sorted(NETWORKS))
class TestTheSameAsTheNetwork:
    """One step's numbers, for every network there is."""

    def test_in_float32_to_the_last_bits(self, name: str) -> None:
        # The last two or three may differ where another library adds up in another order.
        network = network_of(name)
        logits = network(IMAGES)
        expected = gradients(network, logits)
        found, handed_over = computed(name, torch.float32)
        assert_allclose(found.detach().numpy(), logits.detach().numpy(), rtol=1e-5, atol=1e-5)
        assert len(handed_over) == len(expected) == len(list(network.parameters()))
        for mine, other in zip(handed_over, expected, strict=True):
            assert near(mine, other, 1e-5)

    def test_in_bfloat16_to_a_digit_or_two(self, name: str) -> None:
        # bfloat16 keeps 8 bits; near 0 a ReLU may flip, and in a pool another of the four may be the largest.
        network = network_of(name)
        logits = network(IMAGES)
        expected = gradients(network, logits)
        found, handed_over = computed(name, torch.bfloat16)
        assert near(found, logits.detach(), 0.05)
        for mine, other in zip(handed_over, expected, strict=True):
            assert mine.dtype == torch.float32
            assert near(mine, other, 0.2)


def test_it_follows_the_network() -> None:
    network = network_of("softmax-regression")
    working = ComputeCopy(network, torch.bfloat16)
    with torch.no_grad():
        for weights in network.parameters():
            weights.fill_(1.5)
    working.sync_weights()
    assert_allclose(working(torch.ones(1, 1, 28, 28)).detach().numpy(), 1.5 * (28 * 28 + 1), rtol=0.01)


def test_gradients_do_not_add_up_over_steps() -> None:
    network = network_of("lesson-cnn").eval()  # no dropout
    for dtype in (torch.float32, torch.bfloat16):
        working = ComputeCopy(network, dtype)
        norms = []
        for _ in range(2):
            working.sync_weights()
            cross_entropy(working(IMAGES), LABELS).backward()
            working.copy_gradients()
            first = next(network.parameters()).grad
            assert first is not None
            norms.append(float(first.norm()))
        assert norms[0] == norms[1] > 0


def test_pooling_comes_before_the_relu_only_where_it_followed_it() -> None:
    one, two = nn.ReLU(), nn.MaxPool2d(2)
    chain = nn.Sequential(one, two, nn.Conv2d(1, 1, 3), nn.ReLU(), nn.Flatten())
    names = [name for name, _ in ComputeCopy(chain, torch.float32).layers.named_children()]
    assert names == ["1", "0", "2", "3", "4"]
    assert [name for name, _ in chain.named_children()] == ["0", "1", "2", "3", "4"]  # as it was
