"""The predictions of networks on their test sets, computed once and cached."""

from dataclasses import dataclass
from functools import cached_property
from threading import BoundedSemaphore

import numpy as np
from fastapi import HTTPException
from numpy.typing import NDArray

from inklab.data import Dataset, Split, load_mnist
from inklab.data.sampler import evenly_spaced
from inklab.errors import DataError
from inklab.evaluation import softmax
from inklab.web.services.cache import Cache
from inklab.web.services.workbench import SHIPPED, Workbench, modification_times

MAX_PLOTTED = 1000
"""Images in a projection."""
MAX_PLOTTED_ERRORS = 200
"""Errors among them."""
_MAX_WAITING = 8
"""Requests that may wait for predictions; further ones get status 429."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """The predictions of a network for the test set of its data."""

    model: str
    """The name of the network."""
    data: str
    """The name of the data."""
    checksum: int
    """The checksum of the data: two networks with the same one were tested on the same images."""
    test: Split
    logits: NDArray[np.floating]
    """(n, 10)."""

    @cached_property
    def probabilities(self) -> NDArray[np.float64]:
        """(n, 10)."""
        return softmax(self.logits.astype(np.float64))

    @cached_property
    def digits(self) -> NDArray[np.intp]:
        """(n,): the predicted digits."""
        return np.asarray(self.logits.argmax(axis=1), np.intp)

    @cached_property
    def confidence(self) -> NDArray[np.float64]:
        """(n,): the probability of the predicted digit."""
        return np.asarray(self.probabilities.max(axis=1), np.float64)

    @property
    def is_correct(self) -> NDArray[np.bool]:
        """(n,)."""
        return np.equal(self.digits, self.test.labels)

    def plot_sample(self) -> NDArray[np.intp]:
        """Return the indices of at most `MAX_PLOTTED` images: errors, and evenly spaced correct ones."""
        errors = np.flatnonzero(~self.is_correct)
        errors = errors[evenly_spaced(len(errors), MAX_PLOTTED_ERRORS)]
        correct = np.flatnonzero(self.is_correct)
        correct = correct[evenly_spaced(len(correct), MAX_PLOTTED - len(errors))]
        return np.sort(np.concatenate([errors, correct]))


class PredictionCache:
    """Computes the predictions of networks by name, and keeps the latest."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._predictions: Cache[Predictions] = Cache(8)
        self._test_splits: Cache[Split] = Cache(2)
        self._waiting = BoundedSemaphore(_MAX_WAITING)

    def get(self, model: str) -> Predictions:
        """Return the predictions of a network; computing them takes a few seconds."""
        if not self._waiting.acquire(blocking=False):
            raise HTTPException(429, "other networks are being evaluated; try again in a few seconds")
        try:
            if model == SHIPPED:
                return self._predictions.get(model, self._predict_shipped)
            key = (model, modification_times(self._workbench.run(model)))
            return self._predictions.get(key, lambda: self._predict_run(model))
        finally:
            self._waiting.release()

    def penultimate_features(
        self, predictions: Predictions, indices: NDArray[np.intp]
    ) -> NDArray[np.float32]:
        """Return the input of the network's last layer for some test images, (n, d)."""
        images = predictions.test.images[indices]
        if predictions.model == SHIPPED:
            from inklab.explain.layers import LayerInspector  # loads onnx

            return LayerInspector(self._workbench.artifact(SHIPPED)).penultimate_features(images)
        from inklab.explain.features import penultimate_features
        from inklab.models import first_network

        return penultimate_features(
            first_network(self._workbench.run(predictions.model).load_model()), images
        )

    def _predict_shipped(self) -> Predictions:
        artifact, data = self._workbench.artifact(SHIPPED), load_mnist()
        test = self._test_split("mnist", data)
        logits = artifact.card.calibration.scale(artifact.network.logits(test.images))
        return Predictions(SHIPPED, data.name, data.checksum, test, logits)

    def _predict_run(self, name: str) -> Predictions:
        from inklab.models import digit_logits

        run = self._workbench.run(name)
        model, data = run.load_model(), run.load_data()
        if not len(data.test):
            raise DataError(f"{data.name} has no test images, so {name} cannot be evaluated")
        test = self._test_split(run.source, data)
        logits = digit_logits(model, test.images)
        return Predictions(name, data.name, data.checksum, test, logits)

    def _test_split(self, source: str, data: Dataset) -> Split:
        """Return the test split, one object for all networks that were tested on it."""
        return self._test_splits.get((source, data.checksum), lambda: data.test)
