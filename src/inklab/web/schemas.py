"""The base of the API's schemas, and the schemas and query parameters that several routes use."""

from base64 import b64encode
from typing import Annotated, Literal, Self, TypeAlias

import numpy as np
from fastapi import Query
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from inklab.evaluation import wilson_interval

ErrorRate: TypeAlias = Annotated[
    Literal["0.01", "0.005", "0.001"],
    Query(description="the fraction of prediction sets that may miss the true digit; a calibrated one"),
]
ModelName: TypeAlias = Annotated[str, Query(max_length=300, description="a name from `/api/models`")]


class Schema(BaseModel):
    """The base of all schemas; the docstring of a field is its description."""

    model_config = ConfigDict(use_attribute_docstrings=True, from_attributes=True)


class ErrorMessage(Schema):
    """Why a request failed."""

    error: str
    """One line."""


class Prediction(Schema):
    """The prediction for one picture; `inklab read --json` prints the same object."""

    picture: str
    """The file name of the picture."""
    digit: int | None
    """The predicted digit; null if the picture is refused."""
    confidence: float
    """The calibrated probability of the digit; 0 if the picture is refused."""
    probabilities: list[float] | None
    """The probability of each digit; null if no image could be made of the picture."""
    prediction_set: list[int]
    """The prediction set at the error rate."""
    reason: str | None
    """Why the picture is refused: `blank`, `several digits`, `no digit`, or `unreadable: ...`."""


class TrainingPoint(Schema):
    """The metrics of a training at one step."""

    step: int
    loss: float
    accuracy: float
    valid_loss: float | None
    valid_accuracy: float | None


class Accuracy(Schema):
    """The accuracy on test images."""

    n: int
    errors: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    """The 95% Wilson interval."""

    @classmethod
    def from_mask(cls, is_correct: NDArray[np.bool], **fields: str) -> Self:
        """Return the accuracy of predictions that are correct or not, (n,)."""
        n, correct = len(is_correct), int(np.count_nonzero(is_correct))
        interval = wilson_interval(correct, n)
        return cls(n=n, errors=n - correct, accuracy=correct / n, accuracy_interval=interval, **fields)


class ImageStack(Schema):
    """Several images of one size; base64 of little-endian float32, row by row."""

    count: int
    rows: int
    columns: int
    values: str

    @classmethod
    def from_array(cls, images: NDArray[np.floating]) -> Self:
        """Return the schema of images (n, h, w)."""
        count, rows, columns = images.shape
        return cls(count=count, rows=rows, columns=columns, values=base64_array(images.astype("<f4")))


def base64_array(array: NDArray[np.generic]) -> str:
    """Return the bytes of an array, row by row, as base64.

    >>> base64_array(np.array([[1, 2], [3, 255]], np.uint8))
    'AQID/w=='
    """
    return b64encode(array.tobytes()).decode()
