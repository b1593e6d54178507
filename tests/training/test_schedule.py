"""Learning rate schedules, by hand."""

import pytest

from inklab.training.schedule import rate_factor


def test_constant_is_always_one() -> None:
    assert {rate_factor("constant", step, 7, warmup_ratio=0.3) for step in range(7)} == {1.0}


@pytest.mark.parametrize(
    ("steps", "warmup_ratio", "expected"),
    [
        (4, 0.5, [0.25, 0.75, 0.75, 0.25]),
        (5, 0.2, [0.5, 0.875, 0.625, 0.375, 0.125]),  # f is .1, .3, .5, .7, .9; f / .2, then (1 - f) / .8
        (2, 0.0, [0.75, 0.25]),  # no warmup
        (1, 0.3, [0.5 / 0.7]),
    ],
)
def test_linear_by_hand(steps: int, warmup_ratio: float, expected: list[float]) -> None:
    factors = [rate_factor("linear", step, steps, warmup_ratio=warmup_ratio) for step in range(steps)]
    assert factors == pytest.approx(expected)


def test_linear_rises_to_one_and_falls_to_nearly_zero() -> None:
    factors = [rate_factor("linear", step, 1000, warmup_ratio=0.3) for step in range(1000)]
    peak = factors.index(max(factors))
    assert peak in {299, 300}
    assert factors[: peak + 1] == sorted(factors[: peak + 1])
    assert factors[peak:] == sorted(factors[peak:], reverse=True)
    assert 0 < factors[0] < 0.01
    assert 0 < factors[-1] < 0.01
    assert 0.99 < factors[peak] <= 1
