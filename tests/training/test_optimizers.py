"""Optimizers by name: two by hand, and all against torch's unfused ones."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from numpy.testing import assert_allclose
from torch import nn, optim

from inklab.training.optimizers import OptimizerName, build_optimizer


def steps_of(name: OptimizerName, start: float, gradients: list[float], **options: float) -> list[float]:
    """Return the value of a single weight after each of these gradients."""
    weight = nn.Parameter(torch.tensor([float(start)]))
    settings = {
        "learning_rate": 0.5,
        "momentum": 0.9,
        "beta1": 0.9,
        "beta2": 0.999,
        "weight_decay": 0.0,
        **options,
    }
    optimizer = build_optimizer(
        name,
        [weight],
        learning_rate=settings["learning_rate"],
        momentum=settings["momentum"],
        beta1=settings["beta1"],
        beta2=settings["beta2"],
        weight_decay=settings["weight_decay"],
    )
    values = []
    for gradient in gradients:
        weight.grad = torch.tensor([float(gradient)])
        optimizer.step()
        values.append(weight.item())
    return values


def test_sgd_by_hand() -> None:
    # w <- w - 0.5 g: 1 - 0.5 * 2 = 0, then 0 - 0.5 * -4 = 2; sgd ignores momentum.
    assert steps_of("sgd", 1, [2, -4]) == [0, 2]
    assert steps_of("sgd", 1, [2, -4], momentum=0.25) == [0, 2]


def test_momentum_by_hand() -> None:
    # v <- 0.5 v + g, w <- w - 0.5 v: v is 2, 0.5 * 2 + 2 = 3, 0.5 * 3 - 2 = -0.5
    assert steps_of("momentum", 1, [2, 2, -2], momentum=0.5) == [0, -1.5, -1.25]


def test_momentum_of_zero_is_sgd() -> None:
    assert steps_of("momentum", 1, [2, 2, -2], momentum=0) == steps_of("sgd", 1, [2, 2, -2])


def test_weight_decay_by_hand() -> None:
    # g + 0.25 w: 1 - 0.5 * (2 + 0.25 * 1) = -0.125
    assert steps_of("sgd", 1, [2], weight_decay=0.25) == [-0.125]
    # v is 2 + 0.25 * 1 = 2.25, w is -0.125; then 0.5 * 2.25 + 0.25 * -0.125 = 1.09375
    assert steps_of("momentum", 1, [2, 0], momentum=0.5, weight_decay=0.25) == [-0.125, -0.671875]
    # adamw decays the weight directly: at a zero gradient 1 - 0.5 * 0.25 * 1 = 0.875
    assert steps_of("adamw", 1, [0], weight_decay=0.25) == [0.875]


@pytest.mark.parametrize("name", ["adagrad", "adam"])
def test_first_step_has_the_size_of_the_learning_rate(name: OptimizerName) -> None:
    # g / sqrt(g * g) is the sign of g
    assert_allclose(steps_of(name, 1, [2]) + steps_of(name, 1, [-0.001]), [0.5, 1.5], rtol=1e-4)


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_betas_by_hand(name: OptimizerName) -> None:
    # m is 0.75 * 0 + 0.25 * 2 = 0.5, then 0.75 * 0.5 = 0.375; divided by 1 - 0.75, then by 1 - 0.75 ** 2.
    # v is 0.5 * 0 + 0.5 * 4 = 2, then 0.5 * 2 = 1; divided by 1 - 0.5, then by 1 - 0.5 ** 2.
    first = 1 - 0.5 * 2 / 2
    second = first - 0.5 * (0.375 / 0.4375) / (1 / 0.75) ** 0.5
    values = steps_of(name, 1, [2, 0], beta1=0.75, beta2=0.5, momentum=0.1)  # momentum is ignored
    assert_allclose(values, [first, second], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("sgd", optim.SGD),
        ("momentum", partial(optim.SGD, momentum=0.9)),
        ("adagrad", optim.Adagrad),
        ("adam", partial(optim.Adam, betas=(0.8, 0.99))),
        ("adamw", partial(optim.AdamW, betas=(0.8, 0.99))),
    ],
)
def test_fused_optimizers_agree_with_unfused_ones(
    name: OptimizerName, reference: Callable[..., optim.Optimizer], weight_decay: float
) -> None:
    generator = torch.Generator().manual_seed(3)
    start = [torch.randn(shape, generator=generator) for shape in ((4, 3), (3,))]
    gradients = [[torch.randn(w.shape, generator=generator) for w in start] for _ in range(5)]

    def train(build: Callable[[list[nn.Parameter]], optim.Optimizer]) -> list[Any]:
        weights = [nn.Parameter(w.clone()) for w in start]
        optimizer = build(weights)
        for step in gradients:
            for weight, gradient in zip(weights, step, strict=True):
                weight.grad = gradient.clone()
            optimizer.step()
        return [weight.detach().numpy() for weight in weights]

    ours = train(
        lambda weights: build_optimizer(
            name,
            weights,
            learning_rate=0.01,
            momentum=0.9,
            beta1=0.8,
            beta2=0.99,
            weight_decay=weight_decay,
        )
    )
    unfused = {"weight_decay": weight_decay, "foreach": False, "fused": False}
    theirs = train(lambda weights: reference(weights, lr=0.01, **unfused))
    for actual, expected in zip(ours, theirs, strict=True):
        assert_allclose(actual, expected, rtol=1e-5, atol=1e-7)


def test_parameters_may_be_an_iterator() -> None:
    optimizer = build_optimizer(
        "adam",
        nn.Linear(2, 1).parameters(),
        learning_rate=0.1,
    )
    assert len(optimizer.param_groups[0]["params"]) == 2
