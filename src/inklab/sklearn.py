"""The scikit-learn face: a recipe as a classifier, for pipelines, cross-validation and searches."""

from dataclasses import replace
from math import prod
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import nn

from inklab.constants import IMAGE_SIZE, N_PIXELS
from inklab.data import ArrayDataset
from inklab.evaluation import softmax
from inklab.models import Ensemble, TestTimeAugmentation, build_network, is_fully_connected, predict_logits
from inklab.training import Recipe, Training, find_recipe

IMAGE_AXES = 3  # images, rows, columns
EXPECTED = (
    f"expected (n, {IMAGE_SIZE}, {IMAGE_SIZE}) or (n, {N_PIXELS}), "
    "whole numbers from 0 to 255 or any from 0 to 1"
)


class DigitClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A recipe as scikit-learn has classifiers: to be cloned, searched over, put into pipelines and pickled.

    It learns images of 28 x 28, as (n, 28, 28) or as (n, 784), or with an axis of one for their only channel:
    whole numbers from 0 to 255, or any from 0 to 1; both give the same classifier. Where no number is larger
    than 1, that is full ink. Labels are of any kind, and of two classes or more.

    With a fully connected recipe (`lesson-softmax`, `mlp`, `mlp-dropout`) it learns any table of numbers
    (n, features) as well. What cannot be images is brought to one scale first: of each feature the mean of
    the rows learned from is taken away, and it is divided by its deviation.

    A parameter that is None is what the recipe says. Recipes are made for MNIST's 55,000 images: fewer need
    fewer steps. Nothing is written to disk. It takes no sparse matrices, several outputs or sample weights.

    Args:
        recipe: a name in `RECIPES`, or a `Recipe` of your own. A committee learns all its columns.
        steps: how many, at least 1.
        learning_rate: the size of a step, positive; with a schedule, the largest.
        batch_size: how many rows a step learns from; no more are taken than there are.
        random_state: a seed from 0 to 4,294,967,295, which names the bits of the result on one machine with
            one number of threads; or a numpy `RandomState`, from which a seed is drawn. None is the recipe's
            own seed, so that nothing is left to chance.

    Attributes:
        classes_: (k,), the labels in order.
        n_features_in_: how many numbers a row has; an image has 784.
        feature_names_in_: the columns' names, where the rows came with names.
        n_iter_: the steps taken, by each column.

    >>> classifier = DigitClassifier("lesson-softmax", steps=20)
    >>> X = [[0, 5], [0, 7], [9, 6], [8, 5]]
    >>> classifier.fit(X, ["low", "low", "high", "high"]).predict([[1, 6], [7, 6]]).tolist()
    ['low', 'high']
    """

    def __init__(
        self,
        recipe: str | Recipe = "fast-99",
        *,
        steps: int | None = None,
        learning_rate: float | None = None,
        batch_size: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.recipe = recipe
        self.steps = steps
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803  (scikit-learn's name)
        """Learn from rows and their labels, anew.

        Args:
            X: (n, 28, 28), (n, 784) or (n, features).
            y: (n,) labels of any kind.

        Raises:
            ValueError: rows or labels that cannot be learned from.
            RecipeError: a parameter that the recipe cannot take.
            TrainingError: the loss is no longer a number.
        """
        recipe = self._asked_for()
        rows, labels = validate_data(self, _flat(X), y)
        check_classification_targets(labels)
        classes, numbers = np.unique(labels, return_inverse=True)
        if len(classes) == 1:
            raise ValueError(f"every label is {classes[0]}, which is one class; expected two or more")
        full = _full_ink(rows)
        if full is None and not _learns_tables(recipe):
            raise ValueError(
                f"{recipe.name} learns images, but X is {_seen(rows)}; {EXPECTED}; or take the recipe mlp"
            )
        scaler = StandardScaler().fit(rows) if full is None else None
        recipe = replace(recipe, batch_size=min(recipe.batch_size, len(rows)))
        examples = ArrayDataset(_as_images(rows, scaler, full), numbers.astype(np.int64), len(classes))
        self._weights = [_learned(column, examples) for column in recipe.networks]
        self._recipe, self._scaler, self._learned_ink = recipe, scaler, (_is_integer(rows), full)
        self.classes_, self.n_iter_ = classes, recipe.steps
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """Return the most probable label of each row, (n,).

        Raises:
            ValueError: rows of another kind than were learned from.
        """
        probabilities = self.predict_proba(X)  # which refuses where nothing is learned yet
        return self.classes_[probabilities.argmax(axis=1)]  # type: ignore[no-any-return]

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Return the probability of each class for each row, (n, k), in the order of `classes_`.

        Raises:
            ValueError: rows of another kind than were learned from.
        """
        check_is_fitted(self, "classes_")
        rows = validate_data(self, _flat(X), reset=False)
        full = _full_ink(rows, self._learned_ink)
        return softmax(predict_logits(self._model(), _as_images(rows, self._scaler, full)))

    def _asked_for(self) -> Recipe:
        """Return the recipe with the parameters that are not None, numpy's numbers as Python's."""
        recipe = self.recipe if isinstance(self.recipe, Recipe) else find_recipe(self.recipe)
        seed = self.random_state
        if not isinstance(seed, int | np.integer | None):
            seed = check_random_state(seed).randint(2**32, dtype=np.uint32)
        asked: dict[str, Any] = {
            "steps": self.steps,
            "learning_rate": self.learning_rate,
            "batch_size": self.batch_size,
            "seed": seed,
        }
        given = {name: value for name, value in asked.items() if value is not None}
        return replace(recipe, **{name: np.asarray(value).item() for name, value in given.items()})

    def _model(self) -> nn.Module:
        """Return what answers, built anew from arrays, which are all that a pickle holds of it."""
        networks = list(map(self._network, self._recipe.networks, self._weights))
        model = Ensemble(networks) if self._recipe.members else networks[0]
        # In float64 the rows beside it do not change a row's answer; convolutions would take 3 times as long
        return model.double() if is_fully_connected(self._recipe.network) else model

    def _network(self, recipe: Recipe, weights: dict[str, NDArray[Any]]) -> nn.Module:
        inputs, classes = self.n_features_in_, len(self.classes_)
        network = build_network(
            recipe.network, recipe.network_options, seed=recipe.seed, inputs=inputs, classes=classes
        )
        network.load_state_dict({name: torch.tensor(values) for name, values in weights.items()})
        if recipe.tta_views == 1:
            return network
        return TestTimeAugmentation(
            network, recipe.augmentation.view_grids(recipe.tta_views, seed=recipe.seed)
        )


def _flat(X: ArrayLike) -> ArrayLike:  # noqa: N803
    """Return images as rows of pixels, and all else as it is, for scikit-learn to look at."""
    rows = np.asarray(X) if isinstance(X, list | tuple) else X
    shape = getattr(rows, "shape", ())
    if len(shape) < IMAGE_AXES:
        return rows
    if shape[1:] not in {(IMAGE_SIZE, IMAGE_SIZE), (IMAGE_SIZE, IMAGE_SIZE, 1), (1, IMAGE_SIZE, IMAGE_SIZE)}:
        raise ValueError(f"X is {shape}; {EXPECTED}; a table of other numbers is (n, {prod(shape[1:])})")
    return np.asarray(rows).reshape(-1, N_PIXELS)


def _is_integer(rows: NDArray[Any]) -> bool:
    return rows.dtype.kind in "iu"


def _full_ink(rows: NDArray[Any], learned: tuple[bool, int | None] = (False, None)) -> int | None:
    """Return the number that a pixel of full ink has, 1 or 255, or None if the rows are no images.

    Args:
        rows: (n, 784); where none is larger than 1, that is full ink, unless others were learned.
        learned: whether those that were learned from were integers, and what was full ink of theirs; so that
            what else is in a batch does not change the answer to a row.
    """
    if rows.shape[1] != N_PIXELS or rows.min() < 0 or rows.max() > np.iinfo(np.uint8).max:
        return None
    are_whole = np.array_equal(rows, np.rint(rows))
    if rows.max() <= 1 and not (are_whole and learned == (_is_integer(rows), 255)):
        return 1
    return 255 if are_whole else None


def _as_images(
    rows: NDArray[Any], scaler: StandardScaler | None, full: int | None
) -> NDArray[np.uint8 | np.float32]:
    """Return rows as the network takes them: images (n, 28, 28), or features of one scale, (n, 1, m)."""
    if scaler is not None:
        return np.asarray(scaler.transform(rows)[:, np.newaxis], np.float32)
    if full is None:
        raise ValueError(f"images were learned, but X is {_seen(rows)}; {EXPECTED}")
    return np.asarray(rows.reshape(-1, IMAGE_SIZE, IMAGE_SIZE), np.float32 if full == 1 else np.uint8)


def _seen(rows: NDArray[Any]) -> str:
    return f"{rows.shape} {rows.dtype} from {float(rows.min()):g} to {float(rows.max()):g}"


def _learns_tables(recipe: Recipe) -> bool:
    """Whether it can do without the plane in which pixels lie."""
    return is_fully_connected(recipe.network) and not recipe.augmentation.is_random and recipe.tta_views == 1


def _learned(recipe: Recipe, examples: ArrayDataset) -> dict[str, NDArray[Any]]:
    """Return the weights of a network that has learned."""
    training = Training(recipe, examples)
    for _ in training:
        pass
    return {name: values.cpu().numpy() for name, values in training.model.state_dict().items()}
