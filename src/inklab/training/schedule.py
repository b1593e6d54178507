"""Learning rate schedules."""

from typing import Literal, assert_never

Schedule = Literal["constant", "linear"]


def rate_factor(schedule: Schedule, step: int, steps: int, *, warmup_ratio: float) -> float:
    """Return the factor of the learning rate in one step.

    `constant` is 1. `linear` rises to 1 and falls towards 0; it is taken in the middle of a step, so never 0:

        f = (step + 1/2) / steps
        factor = f / warmup_ratio if f < warmup_ratio else (1 - f) / (1 - warmup_ratio)

    Steps count from 0. `warmup_ratio` in [0, 1) is the fraction of the steps in which `linear` rises.

    Source: the shape of the learning rate in Smith and Topin 2018, Super-Convergence.

    >>> [rate_factor("linear", step, 4, warmup_ratio=0.5) for step in range(4)]
    [0.25, 0.75, 0.75, 0.25]
    """
    match schedule:
        case "constant":
            return 1.0
        case "linear":
            f = (step + 0.5) / steps
            return f / warmup_ratio if f < warmup_ratio else (1 - f) / (1 - warmup_ratio)
    assert_never(schedule)
