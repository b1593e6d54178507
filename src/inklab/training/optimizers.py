"""Optimisers by name."""

from collections.abc import Iterable
from typing import Literal, assert_never

from torch import nn, optim

OptimizerName = Literal["sgd", "momentum", "adagrad", "adam", "adamw"]


def build_optimizer(
    name: OptimizerName,
    parameters: Iterable[nn.Parameter],
    *,
    learning_rate: float,
    momentum: float,
    beta2: float,
    weight_decay: float,
) -> optim.Optimizer:
    """Return the optimiser of this name for the parameters, all of which are on one device.

    `sgd` is plain gradient descent: w <- w - learning_rate * gradient. The others change the step from
    the gradients seen so far: `momentum` keeps that share of the last step (Polyak 1964), `adagrad` divides
    by the root of the summed squares (Duchi 2011), `adam` by that of their running mean (Kingma and Ba
    2015); `adamw` is Adam with the decay of weights kept out of the gradient (Loshchilov and Hutter 2019).

    Each is fused where torch can: one pass over the weights instead of one per operation.

    Args:
        name: one of `OptimizerName`.
        parameters: what is learned.
        learning_rate: the size of a step, positive.
        momentum: in [0, 1); the share of the last steps that `momentum`, `adam` and `adamw` keep.
        second_momentum: in [0, 1); the same for the squared gradients of `adam` and `adamw`.
        weight_decay: at least 0; added to the gradient as weight_decay * w, except by `adamw`.
    """
    parameters = list(parameters)
    fused = parameters[0].device.type in {"cpu", "cuda"}
    betas = (momentum, beta2)
    match name:
        case "sgd":
            return optim.SGD(parameters, learning_rate, weight_decay=weight_decay, fused=fused)
        case "momentum":
            return optim.SGD(parameters, learning_rate, momentum, weight_decay=weight_decay, fused=fused)
        case "adagrad":
            fused = parameters[0].device.type == "cpu"  # torch fuses Adagrad nowhere else
            return optim.Adagrad(parameters, learning_rate, weight_decay=weight_decay, fused=fused)
        case "adam":
            return optim.Adam(parameters, learning_rate, betas, weight_decay=weight_decay, fused=fused)
        case "adamw":
            return optim.AdamW(parameters, learning_rate, betas, weight_decay=weight_decay, fused=fused)
    assert_never(name)
