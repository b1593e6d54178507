"""Report: an evaluation that can be printed, kept and read back."""

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

DERIVED = ("n", "errors", "accuracy", "accuracy_interval", "precision", "recall")
LARGEST_COUNT = 2**53  # a JSON number that every reader holds exactly


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """An image that was answered wrongly."""

    index: int
    """The place of the image in its split."""
    label: int
    answer: int
    probability: float
    """What the classifier gave its answer, a fraction."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """How well a classifier answered the images of one split.

    What follows from the confusion matrix and the mistakes is computed from them, never stored.

    Raises:
        DataError: no images, or mistakes that are not the ones the confusion matrix counts.
    """

    data: str
    """The name of the data set; empty where nobody said."""
    split: str
    """The name of the split; empty where nobody said."""
    nll: float
    """Negative log-likelihood, nats per image."""
    ece: float
    """Expected calibration error over 15 bins, a fraction."""
    confusion: tuple[tuple[int, ...], ...]
    """10 x 10 counts; the row is the true digit, the column the answer."""
    mistakes: tuple[Mistake, ...]
    """In the order of their indices."""

    def __post_init__(self) -> None:
        expect(self.n > 0, "the sum of confusion", self.n, "at least one image")
        indices = [mistake.index for mistake in self.mistakes]
        rising = all(before < after for before, after in pairwise([-1, *indices, self.n]))
        expect(rising, "the list of indices", indices, f"each once, in order, from 0 to {self.n - 1}")
        listed = Counter((mistake.label, mistake.answer) for mistake in self.mistakes)
        counted = {
            (label, answer): count
            for label, row in enumerate(self.confusion)
            for answer, count in enumerate(row)
            if count and label != answer
        }
        expect(listed == counted, "the list of mistakes", self.mistakes, "the mistakes that confusion counts")

    @property
    def n(self) -> int:
        """The number of images."""
        return sum(map(sum, self.confusion))

    @property
    def errors(self) -> int:
        """The number of images that were answered wrongly."""
        return len(self.mistakes)

    @property
    def accuracy(self) -> float:
        """The fraction of images that were answered rightly."""
        return (self.n - self.errors) / self.n

    @property
    def accuracy_interval(self) -> tuple[float, float]:
        """The 95% Wilson interval of the accuracy: what the size of the split leaves open."""
        return wilson_interval(self.n - self.errors, self.n)

    @property
    def precision(self) -> tuple[float, ...]:
        """For each digit, the share of such answers that are right; 0 for a digit that was never answered."""
        return tuple(precision(np.array(self.confusion)).tolist())

    @property
    def recall(self) -> tuple[float, ...]:
        """For each digit, the share of its images that were found; 0 for a digit that has no images."""
        return tuple(recall(np.array(self.confusion)).tolist())

    def __str__(self) -> str:
        low, high = self.accuracy_interval
        return (
            f"accuracy {100 * self.accuracy:.2f}% (95% interval {100 * low:.2f} to {100 * high:.2f}), "
            f"{self.errors:,} {'error' if self.errors == 1 else 'errors'} in {self.n:,}; "
            f"negative log-likelihood {self.nll:.3f}; calibration error {self.ece:.3f}"
        )

    def most_confident_mistakes(self, count: int) -> list[Mistake]:
        """Return the mistakes with the most probable answers, at most `count`, the surest first."""
        return nlargest(count, self.mistakes, key=lambda mistake: mistake.probability)

    def to_dict(self) -> dict[str, Any]:
        """Return the report, what is computed included, as what a JSON document can hold."""
        return {
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
        """Return the report that `to_dict` gave.

        Raises:
            DataError: a field that is missing, unknown, of the wrong kind, or at odds with the others.
        """
        said = as_object("the report", document, {*DERIVED, *(one.name for one in fields(cls))})
        report = cls(
            data=as_text("data", said["data"]),
            split=as_text("split", said["split"]),
            nll=as_number("nll", said["nll"], sys.float_info.max),
            ece=as_number("ece", said["ece"], 1),
            confusion=tuple(
                tuple(as_count("a cell of confusion", cell, LARGEST_COUNT) for cell in row)
                for row in as_square("confusion", said["confusion"], N_CLASSES)
            ),
            mistakes=tuple(_mistake(one) for one in as_list("mistakes", said["mistakes"])),
        )
        computed = report.to_dict()
        for name in DERIVED:
            expect(_agree(said[name], computed[name]), name, said[name], f"{computed[name]}, from confusion")
        return report

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the report to `path` as JSON, whole or not at all, one field on a line.

        Raises:
            InklabError: a place that cannot be written to.
        """
        lines = (f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in self.to_dict().items())
        write_text(Path(path), "{\n" + ",\n".join(lines) + "\n}\n")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return the report that `write` wrote.

        Raises:
            DataError: a file that is missing, or not a whole report.
        """
        try:
            return cls.from_dict(json.loads(Path(path).read_bytes()))
        except OSError as error:
            raise DataError(f"cannot read {path}: {error.strerror}; evaluate the run to write it") from error
        except (DataError, ValueError, RecursionError) as error:  # ValueError: not UTF-8 or not JSON
            raise DataError(f"{path} is not a report: {error}; evaluate the run to write it again") from error


def evaluate(logits: Floats, labels: Ints, *, data: str = "", split: str = "") -> Report:
    """Measure a classifier by its logits; the answer is the class with the largest, the first of equals.

    Args:
        logits: (n, 10) float, finite.
        labels: (n,) int in [0, 10).
        data: the name of the data set, for whoever reads the report.
        split: the name of the split, likewise.

    Returns:
        A report of all n images.

    Raises:
        DataError: no images, arrays that do not match, or values out of range.

    >>> report = evaluate(10 * np.eye(10)[[7, 2, 1, 9]], np.array([7, 2, 1, 4]))
    >>> report.accuracy
    0.75
    >>> report.mistakes[0].label, report.mistakes[0].answer
    (4, 9)
    """
    if logits.shape[1:] != (N_CLASSES,):
        raise DataError(f"logits have shape {logits.shape}; expected (n, {N_CLASSES}), a row for each image")
    nll = negative_log_likelihood(logits, labels)  # first: it checks both arrays
    probabilities = softmax(logits)  # (n, 10)
    answers = logits.argmax(axis=1)  # (n,)
    return Report(
        data=data,
        split=split,
        nll=nll,
        ece=expected_calibration_error(probabilities, labels),
        confusion=tuple(tuple(row) for row in confusion_matrix(labels, answers, classes=N_CLASSES).tolist()),
        mistakes=tuple(
            Mistake(
                index=index,
                label=int(labels[index]),
                answer=int(answers[index]),
                probability=float(probabilities[index, answers[index]]),
            )
            for index in np.flatnonzero(answers != labels).tolist()
        ),
    )


def _mistake(value: object) -> Mistake:
    said = as_object("a mistake", value, {one.name for one in fields(Mistake)})
    return Mistake(
        index=as_count("the index of a mistake", said["index"], LARGEST_COUNT),
        label=as_count("the label of a mistake", said["label"], N_CLASSES - 1),
        answer=as_count("the answer of a mistake", said["answer"], N_CLASSES - 1),
        probability=as_number("the probability of a mistake", said["probability"], 1),
    )


def _agree(said: Any, computed: Any) -> bool:
    if isinstance(computed, list):
        return isinstance(said, list) and len(said) == len(computed) and all(map(_agree, said, computed))
    is_number = type(said) in {int, type(computed)}
    return is_number and computed - 1e-9 <= said <= computed + 1e-9  # another machine may round otherwise
