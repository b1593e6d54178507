"""The metrics of a network on its test set, and its predictions for single test images."""

import numpy as np
from numpy.typing import NDArray

from inklab.evaluation import confidence_bins, evaluate, f1_score
from inklab.web.schemas import Accuracy, Schema, base64_array
from inklab.web.services.predictions import Predictions


class DigitMetrics(Schema):
    """The metrics of one digit; fractions."""

    digit: int
    n: int
    """The number of test images of the digit."""
    precision: float
    recall: float
    f1: float


class CalibrationBin(Schema):
    """The test images with a confidence in one interval."""

    low: float
    high: float
    n: int
    confidence: float
    """The mean confidence."""
    accuracy: float


class ModelMetrics(Accuracy):
    """The metrics of a network on its test set."""

    data: str
    nll: float
    """The negative log-likelihood, in nats per image."""
    ece: float
    """The expected calibration error over 15 bins, a fraction."""
    confusion: list[list[int]]
    """Rows are true digits, columns are predictions."""
    digits: list[DigitMetrics]
    bins: list[CalibrationBin]


class Example(Schema):
    """A test image with its predictions."""

    index: int
    """The index in the test set."""
    label: int
    prediction: int
    confidence: float
    other_prediction: int | None = None
    """The prediction of a second network."""
    other_confidence: float | None = None


class ExamplePage(Schema):
    """One page of a list of test images."""

    total: int
    """The number of images on all pages."""
    examples: list[Example]
    images: str
    """base64 of uint8 n x 28 x 28, in the order of the examples."""


def model_metrics(predictions: Predictions) -> ModelMetrics:
    """Return the metrics of predictions."""
    labels = predictions.test.labels
    report = evaluate(predictions.logits, labels, data=predictions.data, split="test")
    confusion = np.array(report.confusion)
    per_digit = zip(confusion.sum(axis=1), report.precision, report.recall, f1_score(confusion), strict=True)
    digits = [
        DigitMetrics(digit=digit, n=n, precision=precision, recall=recall, f1=f1)
        for digit, (n, precision, recall, f1) in enumerate(per_digit)
    ]
    bins = confidence_bins(predictions.probabilities, labels)
    return ModelMetrics.model_validate(report.to_dict() | {"digits": digits, "bins": bins})


def example_page(
    predictions: Predictions, indices: NDArray[np.intp], page: slice, second: Predictions | None = None
) -> ExamplePage:
    """Return the images of a page with the predictions of one or two networks."""
    shown = indices[page]
    images = base64_array(predictions.test.images[shown])
    return ExamplePage(total=len(indices), examples=examples(predictions, shown, second), images=images)


def examples(
    predictions: Predictions, indices: NDArray[np.intp], second: Predictions | None = None
) -> list[Example]:
    """Return the predictions of one or two networks for test images."""
    return [
        Example(
            index=index,
            label=predictions.test.labels[index],
            prediction=predictions.digits[index],
            confidence=predictions.confidence[index],
            other_prediction=None if second is None else second.digits[index],
            other_confidence=None if second is None else second.confidence[index],
        )
        for index in indices.tolist()
    ]
