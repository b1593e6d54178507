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
        precision = "bfloat16" if _has_fast_bfloat16(device) else "float32"
    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[precision]


def _has_fast_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    return device.type == "cpu" and not _BFLOAT16_FEATURES.isdisjoint(this_machine().features)
