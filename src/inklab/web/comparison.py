"""Comparison: two networks on the same test digits."""

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from inklab.errors import DataError
from inklab.evaluation import mcnemar, wilson_interval
from inklab.web.answers import Answering, Answers
from inklab.web.documents import Document

Which: TypeAlias = Literal["only_first", "only_second", "neither"]
"""Who is right."""


class Side(Document):
    """One of two networks."""

    network: str
    recipe: str
    errors: int
    accuracy: float
    accuracy_interval: tuple[float, float]


class Comparison(Document):
    """Two networks on the same test digits."""

    first: Side
    second: Side
    n: int
    both_right: int
    only_first: int
    """Digits that only the first answers rightly."""
    only_second: int
    both_wrong: int
    differ: int
    """Digits to which they give different answers."""
    p_value: float
    """McNemar's exact test: how often chance splits the digits at least so unevenly between equals."""


def answers_of_both(answering: Answering, first: str, second: str) -> tuple[Answers, Answers]:
    """Return what two networks answer, of which each is asked for by its name.

    Raises:
        DataError: they were tested on different digits.
    """
    one, other = answering.ask(first), answering.ask(second)
    if one.checksum != other.checksum:
        raise DataError(
            f"{first} and {second} answer other digits, {one.data} and {other.data}; expected the same"
        )
    return one, other


def is_of_kind(one: Answers, other: Answers) -> dict[Which, NDArray[np.bool]]:
    """Return, by who is right, whether each digit (n,) is so answered."""
    first, second = one.is_right, other.is_right
    return {"only_first": first & ~second, "only_second": second & ~first, "neither": ~first & ~second}


def compared(one: Answers, other: Answers) -> Comparison:
    """Return how often either is right, and whether that may be chance."""
    labels, n = one.test.labels, len(one.test)
    test = mcnemar(labels, one.digits, other.digits)
    both_wrong = int(is_of_kind(one, other)["neither"].sum())
    return Comparison(
        first=_side(one),
        second=_side(other),
        n=n,
        both_right=n - test.only_first - test.only_second - both_wrong,
        only_first=test.only_first,
        only_second=test.only_second,
        both_wrong=both_wrong,
        differ=int((one.digits != other.digits).sum()),
        p_value=test.p_value,
    )


def _side(answers: Answers) -> Side:
    n, right = len(answers.test), int(answers.is_right.sum())
    return Side(
        network=answers.name,
        recipe=answers.recipe,
        errors=n - right,
        accuracy=right / n,
        accuracy_interval=wilson_interval(right, n),
    )
