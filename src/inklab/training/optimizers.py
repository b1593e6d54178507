"""Optimizers by name."""

from collections.abc import Iterable
from typing import Literal, assert_never

from torch import nn, optim

OptimizerName = Literal["sgd", "momentum", "adagrad", "adam", "adamw"]


def build_optimizer(
    name: OptimizerName,
    parameters: Iterable[nn.Parameter],
    *,
    learning_rate: float,
    momentum: float = 0.9,
    beta1: float = 0.9,
    beta2: float = 0.999,
    weight_decay: float = 0.0,
) -> optim.Optimizer:
    """Return the optimizer of this name, fused where torch can: one pass over the weights per step.

    Args:
        name: `sgd` is plain gradient descent, `momentum` is SGD with momentum (Polyak 1964), then Adagrad
            (Duchi 2011), Adam (Kingma and Ba 2015), and AdamW (Loshchilov and Hutter 2019).
        parameters: all on one device.
        learning_rate: positive.
        momentum: of `momentum`, in [0, 1).
        beta1: decay rate of the first moment of `adam` and `adamw`, in [0, 1).
        beta2: decay rate of their second moment, in [0, 1).
        weight_decay: at least 0; added to the gradient as weight_decay * w, except by `adamw`.
    """
    parameters = list(parameters)
    fused = parameters[0].device.type in {"cpu", "cuda"}
    match name:
        case "sgd":
            return optim.SGD(parameters, learning_rate, weight_decay=weight_decay, fused=fused)
        case "momentum":
            return optim.SGD(parameters, learning_rate, momentum, weight_decay=weight_decay, fused=fused)
        case "adagrad":
            fused = parameters[0].device.type == "cpu"  # torch fuses Adagrad nowhere else
            return optim.Adagrad(parameters, learning_rate, weight_decay=weight_decay, fused=fused)
        case "adam":
            betas = (beta1, beta2)
            return optim.Adam(parameters, learning_rate, betas, weight_decay=weight_decay, fused=fused)
        case "adamw":
            betas = (beta1, beta2)
            return optim.AdamW(parameters, learning_rate, betas, weight_decay=weight_decay, fused=fused)
    assert_never(name)
