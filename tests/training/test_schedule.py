"""The learning rate over a run, by hand."""

import pytest

from inklab.training.schedule import rate_factor


def test_constant_is_one_throughout() -> None:
    assert {rate_factor("constant", step, 7, warmup_ratio=0.3) for step in range(7)} == {1.0}


@pytest.mark.parametrize(
    ("steps", "warmup_ratio", "expected"),
    [
        (4, 0.5, [0.25, 0.75, 0.75, 0.25]),
        (5, 0.2, [0.5, 0.875, 0.625, 0.375, 0.125]),  # middles .1, .3, .5, .7, .9; up to .2, then by 1/.8
        (2, 0.0, [0.75, 0.25]),  # no rise at all
        (1, 0.3, [0.5 / 0.7]),
    ],
)
def test_one_cycle_by_hand(steps: int, warmup_ratio: float, expected: list[float]) -> None:
    found = [rate_factor("linear", step, steps, warmup_ratio=warmup_ratio) for step in range(steps)]
    assert found == pytest.approx(expected)


def test_one_cycle_rises_to_its_peak_and_falls_to_nearly_nothing() -> None:
    factors = [rate_factor("linear", step, 1000, warmup_ratio=0.3) for step in range(1000)]
    peak = factors.index(max(factors))
    assert peak in {299, 300}
    assert factors[: peak + 1] == sorted(factors[: peak + 1])
    assert factors[peak:] == sorted(factors[peak:], reverse=True)
    assert 0 < factors[0] < 0.01
    assert 0 < factors[-1] < 0.01
    assert 0.99 < factors[peak] <= 1
