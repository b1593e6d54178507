"""What the measures take: arrays that are checked before a number is made of them."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from inklab.errors import DataError

Floats: TypeAlias = NDArray[np.floating]
Ints: TypeAlias = NDArray[np.integer]

TABLE_AXES = 2  # images, classes
COLUMNS_AXES = 3  # columns, images, classes
LARGEST_LOGIT = float(np.finfo(np.float32).max)  # differences and sums of such logits are finite in float64
ROW_SUM_TOLERANCE = 1e-4  # float32 softmax is within 1e-6 of 1; what strays further is not a probability


def check_logits(logits: Floats) -> None:
    """Refuse anything but (n, k) finite logits, k at least 1."""
    _check_table("logits", logits)
    largest = float(np.abs(logits).max(initial=0))  # NaN stays NaN, which is not below anything
    if not largest <= LARGEST_LOGIT:
        raise DataError(f"logits reach {largest}; expected finite float32 values; did training diverge?")


def check_probabilities(probabilities: Floats) -> None:
    """Refuse anything but (n, k) probabilities whose rows sum to 1, k at least 1."""
    _check_table("probabilities", probabilities)
    _check_fractions(probabilities)


def check_columns(probabilities: Floats) -> None:
    """Refuse anything but (m, n, k) probabilities whose rows sum to 1, m and k at least 1."""
    if probabilities.ndim != COLUMNS_AXES or 0 in (probabilities.shape[0], probabilities.shape[2]):
        raise DataError(
            f"probabilities have shape {probabilities.shape}; expected (m, n, k), a table for each column"
        )
    _check_fractions(probabilities)


def _check_fractions(probabilities: Floats) -> None:
    least = float(probabilities.min(initial=0))
    if not least >= 0:
        raise DataError(f"probabilities reach {least}; expected fractions; apply softmax to logits")
    sums = probabilities.sum(axis=-1, dtype=np.float64)  # (n,), or (m, n) of columns
    furthest = float(np.abs(sums - 1).max(initial=0))
    if not furthest <= ROW_SUM_TOLERANCE:
        raise DataError(
            f"a row of probabilities sums to 1 ± {furthest:g}; expected 1; apply softmax to logits"
        )


def _check_table(name: str, values: Floats) -> None:
    if values.ndim != TABLE_AXES or values.shape[1] == 0:
        raise DataError(f"{name} have shape {values.shape}; expected (n, k), a row for each image")


def check_labels(name: str, labels: Ints, n: int) -> None:
    """Refuse anything but (n,) whole numbers, n at least 1."""
    if labels.shape != (n,):
        raise DataError(f"{name} have shape {labels.shape}; expected ({n},), one for each image")
    if labels.dtype.kind not in "iu":
        raise DataError(f"{name} are {labels.dtype}; expected whole numbers")
    if n == 0:
        raise DataError(f"{name} are empty; expected at least one image to measure")


def check_range(name: str, labels: Ints, classes: int) -> None:
    """Refuse labels outside [0, classes)."""
    outside = labels[(labels < 0) | (labels >= classes)]
    if outside.size:
        raise DataError(f"{name} hold {outside[0]}; expected whole numbers from 0 to {classes - 1}")
