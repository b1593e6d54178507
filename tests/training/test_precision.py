"""The dtype that `auto` chooses on different processors."""

from dataclasses import replace

import pytest
import torch

from inklab.training import precision
from inklab.training.precision import Precision, choose_dtype
from inklab.utils.hardware import Machine, this_machine

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ((), torch.float32),
        (("avx2", "avx512f"), torch.float32),
        (("avx512f", "avx512_bf16"), torch.bfloat16),
        (("avx512f", "amx_bf16"), torch.bfloat16),
    ],
)
def test_auto_depends_on_the_processor(
    features: tuple[str, ...], expected: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine: Machine = replace(this_machine(), features=features)
    monkeypatch.setattr(precision, "this_machine", lambda: machine)
    assert choose_dtype("auto", CPU) == expected


@pytest.mark.parametrize(("name", "expected"), [("float32", torch.float32), ("bfloat16", torch.bfloat16)])
def test_a_named_precision_is_used(name: Precision, expected: torch.dtype) -> None:
    assert choose_dtype(name, CPU) == expected
