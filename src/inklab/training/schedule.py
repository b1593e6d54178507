"""The learning rate over a run."""

from typing import Literal, assert_never

Schedule = Literal["constant", "one-cycle"]


def rate_factor(schedule: Schedule, step: int, steps: int, *, warmup_ratio: float) -> float:
    """Return what to multiply the recipe's learning rate with in a step.

    `one-cycle` rises in a straight line to 1 over the first part of the run and falls in a straight line
    towards 0 over the rest, in the middle of the step, so that no step is lost at rate 0:

        f = (step + 1/2) / steps;   f / warmup  below warmup,  (1 - f) / (1 - warmup)  above

    Args:
        schedule: `constant` is 1 throughout.
        step: from 0 to steps - 1.
        steps: in the whole run.
        warmup: the part of the run in which the rate rises, in [0, 1).

    Source: Smith and Topin 2018, Super-Convergence.

    >>> [rate_factor("one-cycle", step, 4, warmup_ratio=0.5) for step in range(4)]
    [0.25, 0.75, 0.75, 0.25]
    """
    match schedule:
        case "constant":
            return 1.0
        case "one-cycle":
            f = (step + 0.5) / steps
            return f / warmup_ratio if f < warmup_ratio else (1 - f) / (1 - warmup_ratio)
    assert_never(schedule)
