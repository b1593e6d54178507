"""What an artifact is worth: its answers to labelled images, its sets, its refusals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from inklab.evaluation import Coverage, Report, coverage, evaluate, prediction_sets
from inklab.evaluation.array_checks import Floats, Ints
from inklab.recognition.calibration import Doubt


@dataclass(frozen=True, kw_only=True)
class Measured:
    """How well an artifact reads the images of one split."""

    report: Report
    """Of its calibrated probabilities; a refused image counts as it would have been answered."""
    coverages: Mapping[float, Coverage]
    """Error rate -> how many of the sets hold the truth, refused or not."""
    refused: int
    """How many images were said to hold no digit."""
    read_right: int
    """How many were read, and rightly."""

    def figures(self) -> dict[str, float]:
        """Return what a card says of the split."""
        return {
            "n": self.report.n,
            "accuracy": self.report.accuracy,
            "nll": self.report.nll,
            "ece": self.report.ece,
            "refused": self.refused / self.report.n,
            "read_right": self.read_right / self.report.n,
            **{f"coverage_at_{rate}": found.rate for rate, found in self.coverages.items()},
        }

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as what a JSON document can hold."""
        sets = {
            str(rate): {
                "coverage": found.rate,
                "interval": list(found.interval),
                "empty": found.empty,
                "single": found.single,
            }
            for rate, found in self.coverages.items()
        }
        return {
            **self.report.to_dict(),
            "refused": self.refused,
            "read_right": self.read_right,
            "sets": sets,
        }

    def __str__(self) -> str:
        lines = [
            f"{str(self.report).capitalize()}.",
            f"{self.refused:,} of {self.report.n:,} refused as no digit; read, and rightly, "
            f"{self.read_right / self.report.n:.2%}.",
            *(f"Sets at an error rate of {rate:.1%}: {found}." for rate, found in self.coverages.items()),
        ]
        return "\n".join(lines)


def measure(logits: Floats, labels: Ints, doubt: Doubt, *, data: str = "", split: str = "") -> Measured:
    """Measure an artifact by its logits.

    Args:
        logits: (n, 10) or (n, 11) float, finite.
        labels: (n,) int, digits.
        doubt: of the artifact.
        data: the name of the data set, for whoever reads the report.
        split: the name of the split, likewise.

    Raises:
        DataError: no images, arrays that do not match, or values out of range.
    """
    probabilities = doubt.probabilities(logits)  # (n, 10)
    accepted = doubt.accepts(logits)  # (n,)
    # Logits over the temperature are logits that are calibrated.
    report = evaluate(
        logits[:, : probabilities.shape[1]].astype(np.float64) / doubt.temperature,
        labels,
        data=data,
        split=split,
    )
    return Measured(
        report=report,
        coverages={
            rate: coverage(prediction_sets(probabilities, least), labels)
            for rate, least in doubt.thresholds.items()
        },
        refused=int((~accepted).sum()),
        read_right=int((accepted & (probabilities.argmax(axis=1) == labels)).sum()),
    )
