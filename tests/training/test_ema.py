"""ExponentialMovingAverage: the formula by hand, and which values it averages."""

import pytest
import torch
from numpy.testing import assert_allclose
from torch import nn

from inklab.training.ema import ExponentialMovingAverage

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def network() -> nn.Sequential:
    layer = nn.Linear(1, 1, bias=False)
    nn.init.constant_(layer.weight, 1.0)
    return nn.Sequential(layer, nn.BatchNorm1d(1))


def values(model: nn.Module) -> dict[str, float]:
    return {name: float(value) for name, value in model.state_dict().items()}


def test_formula_by_hand(network: nn.Sequential) -> None:
    ema = ExponentialMovingAverage(network, 0.15)
    network.load_state_dict({**network.state_dict(), "0.weight": torch.tensor([[2.0]])})
    ema.update(0)  # d = min(0.15, 1/10) = 0.1, so 0.1 * 1 + 0.9 * 2
    assert_allclose(values(ema.model)["0.weight"], 1.9, rtol=1e-6)
    ema.update(1)  # d = min(0.15, 2/11) = 0.15, so 0.15 * 1.9 + 0.85 * 2
    assert_allclose(values(ema.model)["0.weight"], 1.985, rtol=1e-6)


def test_running_statistics_are_averaged_and_counters_are_not(network: nn.Sequential) -> None:
    ema = ExponentialMovingAverage(network, 0.5)
    network.train()(torch.tensor([[1.0], [3.0]]))
    ema.update(100)
    averaged, current = values(ema.model), values(network)
    assert current["1.running_mean"] != 0
    assert_allclose(averaged["1.running_mean"], current["1.running_mean"] / 2, rtol=1e-6)
    assert (averaged["1.num_batches_tracked"], current["1.num_batches_tracked"]) == (0, 1)


def test_averaged_weights_have_no_gradient(network: nn.Sequential) -> None:
    ema = ExponentialMovingAverage(network, 0.5)
    assert not any(weights.requires_grad for weights in ema.model.parameters())
    assert all(weights.requires_grad for weights in network.parameters())
