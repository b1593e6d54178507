"""The arithmetic of the matrix products."""

from contextlib import AbstractContextManager
from typing import Literal

import torch

Precision = Literal["float32", "bfloat16"]


def arithmetic(precision: Precision, device: torch.device) -> AbstractContextManager[None]:
    """Return the context in which a forward pass computes in this precision; weights stay float32."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")
