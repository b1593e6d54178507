"""Report: the evaluation of a classifier on one split, saved as report.json."""

import json
import os
import sys
from collections import Counter
from dataclasses import asdict, dataclass, fields
from heapq import nlargest
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np

from inklab.constants import N_CLASSES
from inklab.errors import DataError
from inklab.evaluation.array_checks import Floats, Ints
from inklab.evaluation.calibration import expected_calibration_error
from inklab.evaluation.metrics import (
    confusion_matrix,
    negative_log_likelihood,
    precision,
    recall,
    wilson_interval,
)
from inklab.evaluation.probabilities import softmax
from inklab.utils.atomic import write_text
from inklab.utils.validation import as_count, as_list, as_number, as_object, as_square, as_text, expect

FORMAT = 2
"""The format of report.json; 1 had no number."""
_DERIVED = ("n", "errors", "accuracy", "accuracy_interval", "precision", "recall")
_MAX_COUNT = 2**53  # every JSON reader represents integers up to here exactly


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """An image that was classified incorrectly."""

    index: int
    """The index of the image in its split."""
    label: int
    predicted: int
    confidence: float
    """The probability of the predicted class, a fraction."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """The evaluation of a classifier on the images of one split.

    Raises:
        DataError: no images, or mistakes that do not match the confusion matrix.
    """

    data: str
    split: str
    nll: float
    """Negative log-likelihood, nats per image."""
    ece: float
    """Expected calibration error over 15 bins, a fraction."""
    confusion: tuple[tuple[int, ...], ...]
    """10 x 10 counts; rows are labels, columns are predicted digits."""
    mistakes: tuple[Mistake, ...]
    """By increasing index."""

    def __post_init__(self) -> None:
        expect(self.n > 0, "the sum of confusion", self.n, "at least one image")
        indices = [mistake.index for mistake in self.mistakes]
        is_rising = all(before < after for before, after in pairwise([-1, *indices, self.n]))
        expect(is_rising, "the list of indices", indices, f"rising numbers from 0 to {self.n - 1}")
        counted = {(i, j): n for i, row in enumerate(self.confusion) for j, n in enumerate(row) if i != j}
        is_same = Counter((mistake.label, mistake.predicted) for mistake in self.mistakes) == Counter(counted)
        expect(is_same, "the list of mistakes", self.mistakes, "the mistakes counted in confusion")

    @property
    def n(self) -> int:
        """The number of images."""
        return sum(map(sum, self.confusion))

    @property
    def errors(self) -> int:
        """The number of mistakes."""
        return len(self.mistakes)

    @property
    def accuracy(self) -> float:
        """The fraction of images that were classified correctly."""
        return (self.n - self.errors) / self.n

    @property
    def accuracy_interval(self) -> tuple[float, float]:
        """The 95% Wilson interval of the accuracy."""
        return wilson_interval(self.n - self.errors, self.n)

    @property
    def precision(self) -> tuple[float, ...]:
        """The precision of each digit; 0 for a digit that was never predicted."""
        return tuple(precision(np.array(self.confusion)).tolist())

    @property
    def recall(self) -> tuple[float, ...]:
        """The recall of each digit; 0 for a digit without images."""
        return tuple(recall(np.array(self.confusion)).tolist())

    def __str__(self) -> str:
        low, high = self.accuracy_interval
        return (
            f"accuracy {self.accuracy:.2%} (95% interval {low:.2%} to {high:.2%}), "
            f"{self.errors:,} {'error' if self.errors == 1 else 'errors'} in {self.n:,} images; "
            f"negative log-likelihood {self.nll:.3f}; calibration error {self.ece:.3f}"
        )

    def most_confident_mistakes(self, count: int) -> list[Mistake]:
        """Return at most `count` mistakes, the most confident first."""
        return nlargest(count, self.mistakes, key=lambda mistake: mistake.confidence)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as a JSON document, including the computed values."""
        return {
            "format": FORMAT,
            "data": self.data,
            "split": self.split,
            "n": self.n,
            "errors": self.errors,
            "accuracy": self.accuracy,
            "accuracy_interval": list(self.accuracy_interval),
            "nll": self.nll,
            "ece": self.ece,
            "precision": list(self.precision),
            "recall": list(self.recall),
            "confusion": [list(row) for row in self.confusion],
            "mistakes": [asdict(mistake) for mistake in self.mistakes],
        }

    @classmethod
    def from_dict(cls, document: object) -> Self:
        """Return the report of a document that `to_dict` returned.

        Raises:
            DataError: another format, or a missing, unknown, wrong, or inconsistent field.
        """
        if isinstance(document, dict):
            found = document.get("format", 1)
            expect(found == FORMAT and type(found) is int, "format", found, f"{FORMAT}")
        keys = {"format", *_DERIVED, *(field.name for field in fields(cls))}
        values = as_object("the report", document, keys)
        report = cls(
            data=as_text("data", values["data"]),
            split=as_text("split", values["split"]),
            nll=as_number("nll", values["nll"], sys.float_info.max),
            ece=as_number("ece", values["ece"], 1),
            confusion=tuple(
                tuple(as_count("a cell of confusion", cell, _MAX_COUNT) for cell in row)
                for row in as_square("confusion", values["confusion"], N_CLASSES)
            ),
            mistakes=tuple(map(_mistake_from_dict, as_list("mistakes", values["mistakes"]))),
        )
        computed = report.to_dict()
        for name in _DERIVED:
            value, expected = values[name], computed[name]
            expect(_is_close(value, expected), name, value, f"{expected}, computed from confusion")
        return report

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the report to `path` as JSON, atomically, one field per line.

        Raises:
            InklabError: `path` cannot be written.
        """
        lines = (f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in self.to_dict().items())
        write_text(Path(path), "{\n" + ",\n".join(lines) + "\n}\n")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return the report that `save` wrote.

        Raises:
            DataError: the file is missing, damaged, or of another format.
        """
        advice = "run `inklab evaluate`"
        try:
            return cls.from_dict(json.loads(Path(path).read_bytes()))
        except OSError as error:
            raise DataError(f"cannot read {path}: {error.strerror}; {advice} to write it") from error
        except (DataError, ValueError, RecursionError) as error:  # ValueError: not UTF-8 or not JSON
            raise DataError(f"{path} is not a valid report: {error}; {advice} again") from error


def evaluate(logits: Floats, labels: Ints, *, data: str = "", split: str = "") -> Report:
    """Evaluate a classifier by its logits; the first of the largest logits is the predicted digit.

    The logits are (n, 10) float, finite; the labels are (n,) int in [0, 10). `data` and `split` name the
    images for readers of the report.

    Raises:
        DataError: no images, arrays that do not match, or values out of range.

    >>> report = evaluate(10 * np.eye(10)[[7, 2, 1, 9]], np.array([7, 2, 1, 4]))
    >>> report.accuracy
    0.75
    >>> report.mistakes[0].label, report.mistakes[0].predicted
    (4, 9)
    """
    if logits.shape[1:] != (N_CLASSES,):
        raise DataError(f"logits have shape {logits.shape}; expected (n, {N_CLASSES}), one row per image")
    nll = negative_log_likelihood(logits, labels)  # first: it checks both arrays
    probabilities = softmax(logits)  # (n, 10)
    predicted = logits.argmax(axis=1)  # (n,)
    return Report(
        data=data,
        split=split,
        nll=nll,
        ece=expected_calibration_error(probabilities, labels),
        confusion=tuple(map(tuple, confusion_matrix(labels, predicted, classes=N_CLASSES).tolist())),
        mistakes=tuple(
            Mistake(index=i, label=label, predicted=digit, confidence=float(probabilities[i, digit]))
            for i, (label, digit) in enumerate(zip(labels.tolist(), predicted.tolist(), strict=True))
            if label != digit
        ),
    )


def _mistake_from_dict(value: object) -> Mistake:
    values = as_object("a mistake", value, {field.name for field in fields(Mistake)})
    return Mistake(
        index=as_count("the index of a mistake", values["index"], _MAX_COUNT),
        label=as_count("the label of a mistake", values["label"], N_CLASSES - 1),
        predicted=as_count("the predicted digit of a mistake", values["predicted"], N_CLASSES - 1),
        confidence=as_number("the confidence of a mistake", values["confidence"], 1),
    )


def _is_close(value: Any, expected: Any) -> bool:
    if isinstance(expected, list):
        has_length = isinstance(value, list) and len(value) == len(expected)
        return has_length and all(map(_is_close, value, expected))
    is_number = type(value) in {int, type(expected)}
    return is_number and expected - 1e-9 <= value <= expected + 1e-9  # other machines may round differently
