"""The dtype of convolutions and matrix products."""

from typing import Literal

import torch

from inklab.utils.hardware import this_machine

Precision = Literal["auto", "float32", "bfloat16"]

_BFLOAT16_FEATURES = {"avx512_bf16", "amx_bf16"}
"""Instruction sets that multiply bfloat16 at least twice as fast as float32 and accumulate in float32."""


def choose_dtype(precision: Precision, device: torch.device) -> torch.dtype:
    """Return the dtype of a training's computation: `auto` is bfloat16 where the device has fast bfloat16.

    Weights, optimizer state, batch norm, and loss are always float32.
    """
    if precision == "auto":
        if device.type == "cuda":
            is_fast = torch.cuda.get_device_capability(device) >= (8, 0)
        else:
            is_fast = device.type == "cpu" and not _BFLOAT16_FEATURES.isdisjoint(this_machine().features)
        return torch.bfloat16 if is_fast else torch.float32
    return torch.bfloat16 if precision == "bfloat16" else torch.float32
