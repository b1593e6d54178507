"""AveragedWeights: the rule by hand, and what does not move."""

import pytest
import torch
from numpy.testing import assert_allclose
from torch import nn

from inklab.training.ema import AveragedWeights

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def learner() -> nn.Sequential:
    layer = nn.Linear(1, 1, bias=False)
    nn.init.constant_(layer.weight, 1.0)
    return nn.Sequential(layer, nn.BatchNorm1d(1))


def values(model: nn.Module) -> dict[str, float]:
    return {name: float(value) for name, value in model.state_dict().items()}


def test_the_rule_by_hand(learner: nn.Sequential) -> None:
    average = AveragedWeights(learner, 0.15)
    learner.load_state_dict({**learner.state_dict(), "0.weight": torch.tensor([[2.0]])})
    average.update(0)  # stays: min(0.15, 1/10) = 0.1, so 0.1 * 1 + 0.9 * 2
    assert_allclose(values(average.model)["0.weight"], 1.9, rtol=1e-6)
    average.update(1)  # stays: min(0.15, 2/11) = 0.15, so 0.15 * 1.9 + 0.85 * 2
    assert_allclose(values(average.model)["0.weight"], 1.985, rtol=1e-6)


def test_running_statistics_follow_too_and_counts_do_not(learner: nn.Sequential) -> None:
    average = AveragedWeights(learner, 0.5)
    learner.train()(torch.tensor([[1.0], [3.0]]))
    average.update(100)
    found, followed = values(average.model), values(learner)
    assert followed["1.running_mean"] != 0
    assert_allclose(found["1.running_mean"], followed["1.running_mean"] / 2, rtol=1e-6)
    assert (found["1.num_batches_tracked"], followed["1.num_batches_tracked"]) == (0, 1)


def test_the_average_learns_nothing_itself(learner: nn.Sequential) -> None:
    average = AveragedWeights(learner, 0.5)
    assert not any(weights.requires_grad for weights in average.model.parameters())
    assert all(weights.requires_grad for weights in learner.parameters())
