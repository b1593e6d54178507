"""The arithmetic of convolutions and matrix products: what can be asked for, and what `auto` chooses."""

from typing import Literal

import torch

from inklab.utils.hardware import this_machine

Precision = Literal["auto", "float32", "bfloat16"]

_WITH_BFLOAT16 = {"avx512_bf16", "amx_bf16"}
"""Instruction sets that multiply bfloat16 at twice the rate of float32 or more, adding up in float32."""


def choose_dtype(precision: Precision, device: torch.device) -> torch.dtype:
    """Return what a training computes in: `auto` is bfloat16 where the device multiplies it faster.

    Weights, the optimiser's state, normalisation and the loss are float32 always.
    """
    if precision == "auto":
        precision = "bfloat16" if _has_fast_bfloat16(device) else "float32"
    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[precision]


def _has_fast_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    return device.type == "cpu" and not _WITH_BFLOAT16.isdisjoint(this_machine().features)
