"""Documents: what the service answers with, as pydantic and base64 have it."""

from base64 import b64encode
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from inklab.training import Progress


class Document(BaseModel):
    """The base of what is answered; its fields' docstrings are their descriptions."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Point(Document):
    """How a training stood at one step."""

    step: int
    loss: float
    accuracy: float
    valid_loss: float | None
    valid_accuracy: float | None

    @classmethod
    def of(cls, progress: "Progress") -> Self:
        """Return the point of a report."""
        return cls(
            step=progress.step,
            loss=progress.loss,
            accuracy=progress.accuracy,
            valid_loss=progress.valid_loss,
            valid_accuracy=progress.valid_accuracy,
        )


def packed(array: NDArray[np.generic]) -> str:
    """Return the numbers of an array row by row, as base64 of their bytes.

    >>> packed(np.array([[1, 2], [3, 255]], np.uint8))
    'AQID/w=='
    """
    return b64encode(array.tobytes()).decode()
