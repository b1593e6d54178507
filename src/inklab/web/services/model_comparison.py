"""Two networks on the same test images."""

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from inklab.errors import DataError
from inklab.evaluation import mcnemar
from inklab.web.schemas import Accuracy, Schema
from inklab.web.services.predictions import PredictionCache, Predictions

Disagreement: TypeAlias = Literal["only_first", "only_second", "neither"]
"""Which network is correct."""


class ComparedModel(Accuracy):
    """One of two networks."""

    model: str


class ModelComparison(Schema):
    """Two networks on the same test images."""

    first: ComparedModel
    second: ComparedModel
    n: int
    both_correct: int
    only_first: int
    """The number of images on which only the first network is correct."""
    only_second: int
    both_wrong: int
    disagreements: int
    """The number of images with different predictions."""
    p_value: float
    """McNemar's exact test: the probability of a split this uneven between equally accurate networks."""


def predictions_of_both(cache: PredictionCache, first: str, second: str) -> tuple[Predictions, Predictions]:
    """Return the predictions of two networks."""
    predictions = cache.get(first), cache.get(second)
    if predictions[0].checksum != predictions[1].checksum:
        names = " and ".join(each.data for each in predictions)
        raise DataError(f"{first} and {second} have different test sets, {names}; expected the same")
    return predictions


def disagreement_masks(first: Predictions, second: Predictions) -> dict[Disagreement, NDArray[np.bool]]:
    """Return a mask (n,) of the images for each kind of disagreement; the predictions always differ."""
    is_different = first.digits != second.digits
    return {
        "only_first": first.is_correct & is_different,
        "only_second": second.is_correct & is_different,
        "neither": ~first.is_correct & ~second.is_correct & is_different,
    }


def compare(first: Predictions, second: Predictions) -> ModelComparison:
    """Return how often each network is correct, and whether the difference is within chance."""
    labels, n = first.test.labels, len(first.test)
    test = mcnemar(labels, first.digits, second.digits)
    both_wrong = int((~first.is_correct & ~second.is_correct).sum())
    return ModelComparison(
        first=ComparedModel.from_mask(first.is_correct, model=first.model),
        second=ComparedModel.from_mask(second.is_correct, model=second.model),
        n=n,
        both_correct=n - test.only_first - test.only_second - both_wrong,
        only_first=test.only_first,
        only_second=test.only_second,
        both_wrong=both_wrong,
        disagreements=int((first.digits != second.digits).sum()),
        p_value=test.p_value,
    )
