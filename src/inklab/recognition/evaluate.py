"""What an artifact is worth: its answers to labelled images, its sets, its refusals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from inklab.evaluation import Coverage, Report, coverage, evaluate, prediction_sets
from inklab.evaluation.array_checks import Floats, Ints
from inklab.recognition.calibration import Calibration


@dataclass(frozen=True, kw_only=True)
class ArtifactReport:
    """How well an artifact reads the images of one split."""

    report: Report
    """Of its calibrated probabilities; a refused image counts as it would have been answered."""
    coverages: Mapping[float, Coverage]
    """Error rate -> how many of the sets hold the truth, refused or not."""
    refused: int
    """How many images were said to hold no digit."""
    accepted_correct: int
    """How many were read, and rightly."""

    def metrics(self) -> dict[str, float]:
        """Return what a card says of the split."""
        return {
            "n": self.report.n,
            "accuracy": self.report.accuracy,
            "nll": self.report.nll,
            "ece": self.report.ece,
            "refused": self.refused / self.report.n,
            "accepted_correct": self.accepted_correct / self.report.n,
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
            "accepted_correct": self.accepted_correct,
            "sets": sets,
        }

    def __str__(self) -> str:
        lines = [
            f"{str(self.report).capitalize()}.",
            f"{self.refused:,} of {self.report.n:,} refused as no digit; read, and rightly, "
            f"{self.accepted_correct / self.report.n:.2%}.",
            *(f"Sets at an error rate of {rate:.1%}: {found}." for rate, found in self.coverages.items()),
        ]
        return "\n".join(lines)


def evaluate_artifact(
    logits: Floats, labels: Ints, calibration: Calibration, *, data: str = "", split: str = ""
) -> ArtifactReport:
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
    probabilities = calibration.probabilities(logits)  # (n, 10)
    accepted = calibration.is_accepted(logits)  # (n,)
    # Logits over the temperature are logits that are calibrated.
    report = evaluate(
        logits[:, : probabilities.shape[1]].astype(np.float64) / calibration.temperature,
        labels,
        data=data,
        split=split,
    )
    return ArtifactReport(
        report=report,
        coverages={
            rate: coverage(prediction_sets(probabilities, least), labels)
            for rate, least in calibration.thresholds.items()
        },
        refused=int((~accepted).sum()),
        accepted_correct=int((accepted & (probabilities.argmax(axis=1) == labels)).sum()),
    )
