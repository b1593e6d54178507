"""Evaluate an artifact on labeled images: accuracy, prediction sets, and refusals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inklab.evaluation import Coverage, Report, coverage, evaluate
from inklab.evaluation.array_checks import Floats, Ints
from inklab.recognition.calibration import Calibration


@dataclass(frozen=True, kw_only=True)
class ArtifactReport:
    """The results of an artifact on one split."""

    report: Report
    """Of the calibrated probabilities; a refused image counts with its most probable digit."""
    coverages: Mapping[float, Coverage]
    """Error rate -> the coverage of the prediction sets, refused images included."""
    refused: int
    accepted_correct: int  # images that were accepted and classified correctly

    def metrics(self) -> dict[str, float]:
        """Return the metrics of the split, as the card holds them."""
        return {
            "n": self.report.n,
            "accuracy": self.report.accuracy,
            "nll": self.report.nll,
            "ece": self.report.ece,
            "refused": self.refused / self.report.n,
            "accepted_correct": self.accepted_correct / self.report.n,
            **{f"coverage_at_{rate}": measured.rate for rate, measured in self.coverages.items()},
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the whole report as a JSON object."""
        return {
            **self.report.to_dict(),
            "refused": self.refused,
            "accepted_correct": self.accepted_correct,
            "prediction_sets": {
                str(rate): {
                    "coverage": sets.rate,
                    "interval": list(sets.interval),
                    "single": sets.single,
                }
                for rate, sets in self.coverages.items()
            },
        }

    def __str__(self) -> str:
        n, correct = self.report.n, self.accepted_correct / self.report.n
        lines = [
            f"{str(self.report).capitalize()}.",
            f"{self.refused:,} of {n:,} refused as no digit; accepted and correct: {correct:.2%}.",
            *(f"Prediction sets, error rate {rate:.1%}: {sets}." for rate, sets in self.coverages.items()),
        ]
        return "\n".join(lines)


def evaluate_artifact(
    logits: Floats, labels: Ints, calibration: Calibration, *, data: str = "", split: str = ""
) -> ArtifactReport:
    """Evaluate an artifact by its logits, (n, 10) or (n, 11) float, and labels, (n,) int; see `evaluate`."""
    probabilities = calibration.probabilities(logits)  # (n, 10)
    accepted = calibration.is_accepted(logits)  # (n,)
    return ArtifactReport(
        report=evaluate(calibration.scale(logits), labels, data=data, split=split),
        coverages={
            rate: coverage(sets, labels) for rate, sets in calibration.prediction_sets(probabilities).items()
        },
        refused=int((~accepted).sum()),
        accepted_correct=int((accepted & (probabilities.argmax(axis=1) == labels)).sum()),
    )
