"""Answers: what a network says to every digit of its test split, asked once and kept."""

from dataclasses import dataclass
from functools import cached_property
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

import numpy as np
from fastapi import HTTPException
from numpy.typing import NDArray

from inklab.data import Dataset, Split, load_mnist
from inklab.errors import DataError
from inklab.evaluation import softmax
from inklab.web.workbench import SHIPPED, Cache, Workbench, age_of

if TYPE_CHECKING:
    from inklab.runs import Run

MOST_PLANED = 1000
"""So many digits are laid out in a plane."""
MOST_MISTAKES_PLANED = 200
"""So many of them are mistakes, where there are so many."""
_MOST_ASKING = 8
"""Requests that may wait until a network has answered; others are told to try again."""


@dataclass(frozen=True, eq=False)
class Answers:
    """What a network answers to the test digits of its data."""

    name: str
    recipe: str
    data: str
    """The name of the data."""
    checksum: int
    """Of the data, by which it is known whether two networks answered the same digits."""
    test: Split
    logits: NDArray[np.floating]
    """(n, 10)."""

    @cached_property
    def probabilities(self) -> NDArray[np.float64]:
        """(n, 10)."""
        return softmax(self.logits.astype(np.float64))

    @cached_property
    def digits(self) -> NDArray[np.intp]:
        """(n,): what it answers."""
        digits: NDArray[np.intp] = self.logits.argmax(axis=1)
        return digits

    @cached_property
    def sureness(self) -> NDArray[np.float64]:
        """(n,): the probability of what it answers."""
        sureness: NDArray[np.float64] = self.probabilities.max(axis=1)
        return sureness

    @property
    def is_right(self) -> NDArray[np.bool]:
        """(n,)."""
        right: NDArray[np.bool] = self.digits == self.test.labels
        return right

    def planed(self) -> NDArray[np.intp]:
        """Return the indices of at most `MOST_PLANED` digits: mistakes, and right answers evenly taken."""
        wrong = _evenly(np.flatnonzero(~self.is_right), MOST_MISTAKES_PLANED)
        right = _evenly(np.flatnonzero(self.is_right), MOST_PLANED - len(wrong))
        return np.sort(np.concatenate([wrong, right]))


class Answering:
    """Asks networks by their names; what the last few of them said is kept.

    Args:
        workbench: where the networks are.
    """

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._answers: Cache[Answers] = Cache(8)
        self._tests: Cache[Split] = Cache(2)
        self._asking = BoundedSemaphore(_MOST_ASKING)

    def ask(self, name: str) -> Answers:
        """Return what a network answers, after some seconds where it has not been asked yet.

        Raises:
            InklabError: there is no such finished run, or its data are gone.
            HTTPException: too many wait for answers already.
        """
        if not self._asking.acquire(blocking=False):
            raise HTTPException(429, "networks are being asked already; try again in some seconds")
        try:
            return self._answers.get((name, self._age(name)), lambda: self._ask(name))
        finally:
            self._asking.release()

    def penultimate_features(self, answers: Answers, indices: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return what the network that gave these answers has made of some test digits, (n, d)."""
        images = answers.test.images[indices]
        if answers.name == SHIPPED:
            from inklab.explain.layers import LayerInspector  # noqa: PLC0415  (loads onnx)

            return LayerInspector(self._workbench.artifact(SHIPPED)).penultimate_features(images)
        from inklab.explain.features import penultimate_features  # noqa: PLC0415  (loads torch)
        from inklab.models import first_network  # noqa: PLC0415

        return penultimate_features(first_network(self._workbench.run(answers.name).load_model()), images)

    def _age(self, name: str) -> tuple[float, ...]:
        return () if name == SHIPPED else age_of(self._workbench.run(name))

    def _ask(self, name: str) -> Answers:
        if name == SHIPPED:
            artifact = self._workbench.artifact(SHIPPED)
            data = load_mnist()
            test = self._test("mnist", data)
            logits = artifact.card.calibration.scale(artifact.network.logits(test.images))
            return Answers(name, artifact.card.name, data.name, data.checksum, test, logits)
        run = self._workbench.run(name)
        return self._of_run(name, run)

    def _of_run(self, name: str, run: "Run") -> Answers:
        from inklab.models import digit_logits  # noqa: PLC0415  (loads torch)

        model, data = run.load_model(), run.load_data()
        if not len(data.test):
            raise DataError(f"{data.name} has no test digits; expected some to look at the answers to")
        test = self._test(run.source, data)
        logits = digit_logits(model, test.images)
        return Answers(name, run.recipe.name, data.name, data.checksum, test, logits)

    def _test(self, source: str, data: Dataset) -> Split:
        """Return the test split as it is kept for all networks that answered it."""
        return self._tests.get((source, data.checksum), lambda: data.test)


def _evenly(indices: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """Return at most so many of the indices, evenly taken."""
    if len(indices) <= most:
        return indices
    taken: NDArray[np.intp] = indices[np.linspace(0, len(indices) - 1, most).astype(int)]
    return taken
