"""The Mistakes room: what a network gets wrong, how well it knows that, and how two networks differ."""

from typing import Annotated, TypeAlias

import numpy as np
from fastapi import APIRouter, Query
from numpy.typing import NDArray

from inklab.errors import DataError
from inklab.evaluation import confidence_bins, evaluate, f1_score
from inklab.web.answers import Answering, Answers
from inklab.web.comparison import Comparison, Which, answers_of_both, compared, is_of_kind
from inklab.web.documents import Document, packed
from inklab.web.jobs import Job, Jobs, State
from inklab.web.reading import NetworkName
from inklab.web.workbench import SHIPPED, Cache, Workbench

MOST_DIGITS = 200
"""In one answer."""

Digit: TypeAlias = Annotated[int, Query(ge=0, le=9)]
Start: TypeAlias = Annotated[int, Query(ge=0, le=10**9, description="how many to pass over")]
Count: TypeAlias = Annotated[int, Query(ge=1, le=MOST_DIGITS, description="how many at most")]


class OfDigit(Document):
    """How one digit is answered; fractions."""

    digit: int
    n: int
    """How many there are."""
    precision: float
    """Of the answers that say so, how many are right."""
    recall: float
    """Of the digits that are so, how many are found."""
    f1: float
    """The harmonic mean of both."""


class Bin(Document):
    """The test digits of which the network is about equally sure."""

    low: float
    high: float
    n: int
    confidence: float
    """How often it says that it is right, in the mean."""
    accuracy: float
    """How often it is."""


class Summary(Document):
    """How a network answers the test digits of its data."""

    network: str
    recipe: str
    data: str
    n: int
    errors: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    """95 %, after Wilson."""
    nll: float
    """Negative log-likelihood, nats a digit."""
    ece: float
    """Expected calibration error over 15 bins, a fraction."""
    confusion: list[list[int]]
    """The row is the true digit, the column the answer."""
    digits: list[OfDigit]
    bins: list[Bin]


class OneDigit(Document):
    """A test digit and what was said of it."""

    index: int
    """In the test split."""
    label: int
    answer: int
    probability: float
    """Of the answer."""
    other: int | None = None
    """What a second network answers."""
    other_probability: float | None = None


class Digits(Document):
    """Some of the test digits that were asked for."""

    total: int
    """How many there are, on all pages."""
    start: int
    digits: list[OneDigit]
    images: str
    """base64 of uint8 n x 28 x 28, of these digits in their order."""


class Laid(Document):
    """Test digits laid out in a plane by what the last hidden layer makes of them."""

    numbers: int
    """How many numbers the last hidden layer has."""
    shares: tuple[float, float]
    """The part of all variance along each axis, fractions."""
    total: int
    """How many test digits there are; these are some, up to 200 mistakes among them."""
    digits: list[OneDigit]
    points: list[tuple[float, float]]


class Neighbours(Document):
    """The same digits laid out by t-SNE, once that is done."""

    state: State
    error: str | None
    points: list[tuple[float, float]] | None


def router(workbench: Workbench) -> APIRouter:
    """Return the paths of this room."""
    room = APIRouter(prefix="/api/mistakes", tags=["mistakes"])
    answering = Answering(workbench)
    planes: Cache[tuple[NDArray[np.intp], NDArray[np.float32]]] = Cache(4)
    neighbours: Jobs[NDArray[np.float64]] = Jobs(workbench.stopping)

    def hidden(answers: Answers) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        def make() -> tuple[NDArray[np.intp], NDArray[np.float32]]:
            indices = answers.planed()
            return indices, answering.penultimate_features(answers, indices)

        return planes.get(answers, make)

    @room.get("/summary", summary="Measure a network on its test digits, as a whole and digit by digit")
    def summary(network: NetworkName = SHIPPED) -> Summary:
        return _summary(answering.ask(network))

    @room.get("/cell", summary="The digits of one kind that were taken for one kind")
    def cell(
        label: Digit, answer: Digit, network: NetworkName = SHIPPED, start: Start = 0, count: Count = 60
    ) -> Digits:
        found = answering.ask(network)
        inside = np.flatnonzero((found.test.labels == label) & (found.digits == answer))
        sign = 1 if label == answer else -1  # right answers: the least sure first; mistakes: the surest
        return _page(found, inside[np.argsort(sign * found.sureness[inside], kind="stable")], start, count)

    @room.get("/surest", summary="The mistakes of which the network is most sure")
    def surest(network: NetworkName = SHIPPED, start: Start = 0, count: Count = 60) -> Digits:
        found = answering.ask(network)
        wrong = np.flatnonzero(~found.is_right)
        return _page(found, wrong[np.argsort(-found.sureness[wrong], kind="stable")], start, count)

    @room.get("/unsurest", summary="The right answers of which the network is least sure")
    def unsurest(network: NetworkName = SHIPPED, start: Start = 0, count: Count = 60) -> Digits:
        found = answering.ask(network)
        right = np.flatnonzero(found.is_right)
        return _page(found, right[np.argsort(found.sureness[right], kind="stable")], start, count)

    @room.get("/digit", summary="One test digit")
    def digit(index: Annotated[int, Query(ge=0, le=10**9)], network: NetworkName = SHIPPED) -> Digits:
        found = answering.ask(network)
        n = len(found.test)
        if index >= n:
            raise DataError(f"there is no test digit {index}; expected 0 to {n - 1}")
        return _page(found, np.array([index]), 0, 1)

    @room.get("/plane", summary="Lay some test digits out by what the last hidden layer makes of them")
    def plane(network: NetworkName = SHIPPED) -> Laid:
        from inklab.explain.projection import pca_projection  # noqa: PLC0415  (loads torch)

        found = answering.ask(network)
        indices, values = hidden(found)
        laid = pca_projection(values)
        return Laid(
            numbers=values.shape[1],
            shares=laid.shares,
            total=len(found.test),
            digits=_listed(found, indices),
            points=_points(laid.points),
        )

    @room.post("/neighbours", summary="Begin to lay the same digits out by t-SNE")
    def begin(network: NetworkName = SHIPPED) -> Neighbours:
        from inklab.explain.projection import tsne_projection  # noqa: PLC0415  (loads torch)

        found = answering.ask(network)
        return _neighbours(neighbours.start(found, lambda: iter([tsne_projection(hidden(found)[1])])))

    @room.get("/neighbours", summary="Whether the digits are laid out by t-SNE yet, and where they lie")
    def laid_out(network: NetworkName = SHIPPED) -> Neighbours:
        return _neighbours(neighbours.job(answering.ask(network)))

    @room.get("/compare", summary="Compare two networks on the same test digits")
    def compare(first: NetworkName, second: NetworkName = SHIPPED) -> Comparison:
        return compared(*answers_of_both(answering, first, second))

    @room.get("/differences", summary="The digits on which two networks differ")
    def differences(
        first: NetworkName,
        second: NetworkName = SHIPPED,
        which: Which = "only_first",
        start: Start = 0,
        count: Count = 60,
    ) -> Digits:
        one, other = answers_of_both(answering, first, second)
        inside = np.flatnonzero(is_of_kind(one, other)[which] & (one.digits != other.digits))
        return _page(one, inside, start, count, other)

    return room


def _summary(answers: Answers) -> Summary:
    labels = answers.test.labels
    report = evaluate(answers.logits, labels, data=answers.data, split="test")
    per_digit = zip(
        (sum(row) for row in report.confusion),
        report.precision,
        report.recall,
        f1_score(np.array(report.confusion)).tolist(),
        strict=True,
    )
    return Summary(
        network=answers.name,
        recipe=answers.recipe,
        data=answers.data,
        n=report.n,
        errors=report.errors,
        accuracy=report.accuracy,
        accuracy_interval=report.accuracy_interval,
        nll=report.nll,
        ece=report.ece,
        confusion=[list(row) for row in report.confusion],
        digits=[
            OfDigit(digit=digit, n=n, precision=exact, recall=found, f1=both)
            for digit, (n, exact, found, both) in enumerate(per_digit)
        ],
        bins=[
            Bin(low=one.low, high=one.high, n=one.n, confidence=one.confidence, accuracy=one.accuracy)
            for one in confidence_bins(answers.probabilities, labels)
        ],
    )


def _page(
    answers: Answers, indices: NDArray[np.intp], start: int, count: int, other: Answers | None = None
) -> Digits:
    shown = indices[start : start + count]
    return Digits(
        total=len(indices),
        start=start,
        digits=_listed(answers, shown, other),
        images=packed(answers.test.images[shown]),
    )


def _listed(answers: Answers, indices: NDArray[np.intp], other: Answers | None = None) -> list[OneDigit]:
    return [
        OneDigit(
            index=index,
            label=int(answers.test.labels[index]),
            answer=int(answers.digits[index]),
            probability=float(answers.sureness[index]),
            other=None if other is None else int(other.digits[index]),
            other_probability=None if other is None else float(other.sureness[index]),
        )
        for index in indices.tolist()
    ]


def _neighbours(job: Job[NDArray[np.float64]]) -> Neighbours:
    points = None if job.found is None else _points(job.found)
    return Neighbours(state=job.state, error=job.error, points=points)


def _points(points: NDArray[np.float64]) -> list[tuple[float, float]]:
    return [(x, y) for x, y in points.round(4).tolist()]
