"""Documents: what the service answers with, as pydantic and base64 have it."""

from base64 import b64encode

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict


class Document(BaseModel):
    """The base of what is answered; its fields' docstrings are their descriptions."""

    model_config = ConfigDict(use_attribute_docstrings=True)


def packed(array: NDArray[np.generic]) -> str:
    """Return the numbers of an array row by row, as base64 of their bytes.

    >>> packed(np.array([[1, 2], [3, 255]], np.uint8))
    'AQID/w=='
    """
    return b64encode(array.tobytes()).decode()
