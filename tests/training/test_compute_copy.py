"""ComputeCopy: the network's logits and gradients, almost exact in float32 and close in bfloat16."""

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


def compute_with_copy(name: str, dtype: torch.dtype) -> tuple[Tensor, list[Tensor]]:
    network = network_of(name)
    copy = ComputeCopy(network, dtype)
    set_generator(copy.layers, torch.Generator().manual_seed(4))
    copy.sync_weights()
    logits = copy(IMAGES)
    cross_entropy(logits, LABELS).backward()
    copy.copy_gradients()
    return logits.detach(), [
        weights.grad.clone() for weights in network.parameters() if weights.grad is not None
    ]


def is_close(actual: Tensor, expected: Tensor, ratio: float) -> bool:
    """Whether the norm of the difference is at most this fraction of the norm of the second."""
    return float((actual - expected).norm()) <= ratio * float(expected.norm())


@pytest.mark.parametrize("name", sorted(NETWORKS))
class TestSameAsTheNetwork:
    """Logits and gradients of one step, for every network."""

    def test_float32_agrees_to_five_digits(self, name: str) -> None:
        # The last bits differ where another library adds in another order.
        network = network_of(name)
        logits = network(IMAGES)
        expected = gradients(network, logits)
        actual, copied = compute_with_copy(name, torch.float32)
        assert_allclose(actual.detach().numpy(), logits.detach().numpy(), rtol=1e-5, atol=1e-5)
        assert len(copied) == len(expected) == len(list(network.parameters()))
        for mine, theirs in zip(copied, expected, strict=True):
            assert is_close(mine, theirs, 1e-5)

    def test_bfloat16_agrees_roughly(self, name: str) -> None:
        # bfloat16 has 8 significant bits; near 0 a ReLU may flip, and a pool may select another pixel.
        network = network_of(name)
        logits = network(IMAGES)
        expected = gradients(network, logits)
        actual, copied = compute_with_copy(name, torch.bfloat16)
        assert is_close(actual, logits.detach(), 0.05)
        for mine, theirs in zip(copied, expected, strict=True):
            assert mine.dtype == torch.float32
            assert is_close(mine, theirs, 0.2)


def test_sync_weights_copies_the_network() -> None:
    network = network_of("softmax-regression")
    copy = ComputeCopy(network, torch.bfloat16)
    with torch.no_grad():
        for weights in network.parameters():
            weights.fill_(1.5)
    copy.sync_weights()
    assert_allclose(copy(torch.ones(1, 1, 28, 28)).detach().numpy(), 1.5 * (28 * 28 + 1), rtol=0.01)


def test_gradients_do_not_accumulate_over_steps() -> None:
    network = network_of("lesson-cnn").eval()  # no dropout
    for dtype in (torch.float32, torch.bfloat16):
        copy = ComputeCopy(network, dtype)
        norms = []
        for _ in range(2):
            copy.sync_weights()
            cross_entropy(copy(IMAGES), LABELS).backward()
            copy.copy_gradients()
            first = next(network.parameters()).grad
            assert first is not None
            norms.append(float(first.norm()))
        assert norms[0] == norms[1] > 0


def test_pooling_moves_before_the_relu_only_if_it_follows_one() -> None:
    network = nn.Sequential(nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(1, 1, 3), nn.ReLU(), nn.Flatten())
    names = [name for name, _ in ComputeCopy(network, torch.float32).layers.named_children()]
    assert names == ["1", "0", "2", "3", "4"]
    assert [name for name, _ in network.named_children()] == ["0", "1", "2", "3", "4"]  # unchanged
