"""Checks of the arrays that metrics take: shapes, dtypes, and ranges."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from inklab.errors import DataError

Floats: TypeAlias = NDArray[np.floating]
Ints: TypeAlias = NDArray[np.integer]

MAX_LOGIT = float(np.finfo(np.float32).max)  # differences and sums of such logits are finite in float64
ROW_SUM_TOLERANCE = 1e-4  # float32 softmax is within 1e-6 of 1


def check_logits(logits: Floats) -> None:
    """Raise a `DataError` unless these are finite logits (n, k), k at least 1."""
    _check_shape("logits", logits, "(n, k)")
    largest = float(np.abs(logits).max(initial=0))  # NaN stays NaN, and every comparison with it is false
    if not largest <= MAX_LOGIT:
        raise DataError(f"logits reach {largest}; expected finite float32 values; did training diverge?")


def check_probabilities(probabilities: Floats, shape: str = "(n, k)") -> None:
    """Raise a `DataError` unless these are probabilities (n, k) or (m, n, k), rows sum to 1, k at least 1."""
    _check_shape("probabilities", probabilities, shape)
    smallest = float(probabilities.min(initial=0))
    if not smallest >= 0:
        raise DataError(f"probabilities reach {smallest}; expected fractions; apply softmax to logits")
    sums = probabilities.sum(axis=-1, dtype=np.float64)  # (n,) or (m, n)
    error = float(np.abs(sums - 1).max(initial=0))
    if not error <= ROW_SUM_TOLERANCE:
        raise DataError(f"a row of probabilities sums to 1 ± {error:g}; expected 1; apply softmax to logits")


def check_labels(name: str, labels: Ints, n: int, *, classes: int | None = None) -> None:
    """Raise a `DataError` unless these are n integers, n at least 1, in [0, classes) if that is given."""
    if labels.shape != (n,):
        raise DataError(f"{name} has shape {labels.shape}; expected ({n},), one value per image")
    if labels.dtype.kind not in "iu":
        raise DataError(f"{name} has dtype {labels.dtype}; expected integers")
    if n == 0:
        raise DataError(f"{name} is empty; expected at least one image")
    if classes is not None and (outside := labels[(labels < 0) | (labels >= classes)]).size:
        raise DataError(f"{name} contains {outside[0]}; expected integers from 0 to {classes - 1}")


def _check_shape(name: str, values: Floats, shape: str) -> None:
    if values.ndim != shape.count(",") + 1 or 0 in (*values.shape[:-2], values.shape[-1]):  # only n may be 0
        raise DataError(f"{name} have shape {values.shape}; expected {shape}")
