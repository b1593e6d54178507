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

    `sgd` is plain gradient descent, `momentum` is SGD with momentum (Polyak 1964), then Adagrad (Duchi 2011),
    Adam (Kingma and Ba 2015), and AdamW (Loshchilov and Hutter 2019). `beta1` and `beta2` are decay rates of
    the moments of `adam` and `adamw`, in [0, 1) as `momentum` is. weight_decay * w is added to the gradient,
    except by `adamw`. All parameters are on one device.
    """
    parameters = list(parameters)
    device, betas = parameters[0].device.type, (beta1, beta2)
    fused = device == "cpu" or (device == "cuda" and name != "adagrad")  # as far as torch can
    match name:
        case "sgd":
            return optim.SGD(parameters, learning_rate, weight_decay=weight_decay, fused=fused)
        case "momentum":
            return optim.SGD(parameters, learning_rate, momentum, weight_decay=weight_decay, fused=fused)
        case "adagrad":
            return optim.Adagrad(parameters, learning_rate, weight_decay=weight_decay, fused=fused)
        case "adam":
            return optim.Adam(parameters, learning_rate, betas, weight_decay=weight_decay, fused=fused)
        case "adamw":
            return optim.AdamW(parameters, learning_rate, betas, weight_decay=weight_decay, fused=fused)
    assert_never(name)
