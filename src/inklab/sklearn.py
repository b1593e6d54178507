"""DigitClassifier: a recipe as a scikit-learn estimator."""

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

_IMAGE_AXES = 3  # images, rows, columns
_EXPECTED_X = (
    f"expected (n, {IMAGE_SIZE}, {IMAGE_SIZE}) or (n, {N_PIXELS}), "
    "integers from 0 to 255 or floats from 0 to 1"
)


class DigitClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A recipe as a scikit-learn classifier, for pipelines, cross-validation, and grid search.

    X is images of 28 x 28 pixels, of shape (n, 28, 28), (n, 784), (n, 28, 28, 1), or (n, 1, 28, 28). Pixel
    values are integers from 0 to 255 or floats from 0 to 1; both give the same classifier. If no value
    exceeds 1, full ink is 1. Labels may be of any type; there must be at least two classes.

    A fully connected recipe (`lesson-softmax`, `mlp`, `mlp-dropout`) also takes any table (n, features).
    Values that cannot be pixels are standardized: each feature gets mean 0 and standard deviation 1.

    The default of each parameter is the recipe's value. Recipes are tuned for MNIST's 55,000 images; smaller
    data need fewer steps. Nothing is written to disk. Sparse matrices, multiple outputs, and sample weights
    are not supported.

    Args:
        recipe: a name in `RECIPES`, or a `Recipe`. An ensemble recipe trains all of its members.
        steps: number of training steps, at least 1.
        learning_rate: positive; with a schedule, the largest value.
        batch_size: rows per step; at most all rows are used.
        random_state: a seed from 0 to 4,294,967,295, or a numpy `RandomState` from which a seed is drawn. The
            same seed gives identical results on one machine with one number of threads. None uses the
            recipe's seed.

    Attributes:
        classes_: (k,) sorted labels.
        n_features_in_: number of features; 784 for images.
        feature_names_in_: names of the features, if X has column names.
        n_iter_: number of training steps, of each member.

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
        self.recipe, self.steps, self.learning_rate = recipe, steps, learning_rate
        self.batch_size, self.random_state = batch_size, random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803  (scikit-learn's name)
        """Train from scratch on X, of a shape that the class accepts, with labels y (n,).

        Raises:
            ValueError: X or y cannot be trained on.
            RecipeError: a parameter is invalid.
            TrainingError: the loss is not finite.
        """
        recipe = self._resolved_recipe()
        rows, labels = validate_data(self, _flattened(X), y)
        check_classification_targets(labels)
        classes, targets = np.unique(labels, return_inverse=True)
        if len(classes) == 1:
            raise ValueError(f"y has one class, {classes[0]}; expected two or more")
        full_ink = _full_ink(rows)
        accepts_tables = (
            is_fully_connected(recipe.network) and not recipe.augmentation.is_random and recipe.tta_views == 1
        )
        if full_ink is None and not accepts_tables:
            raise ValueError(
                f"{recipe.name} takes images, but X is {_described(rows)}; {_EXPECTED_X}; "
                "the recipe mlp takes any table"
            )
        scaler = StandardScaler().fit(rows) if full_ink is None else None
        recipe = replace(recipe, batch_size=min(recipe.batch_size, len(rows)))
        dataset = ArrayDataset(_inputs(rows, scaler, full_ink), targets.astype(np.int64), len(classes))
        self._weights: list[dict[str, NDArray[Any]]] = []
        for member in recipe.single_recipes:
            training = Training(member, dataset)
            training.run()
            weights = training.model.state_dict()
            self._weights.append({name: values.numpy(force=True) for name, values in weights.items()})
        self._recipe, self._scaler, self._fitted_ink = recipe, scaler, (rows.dtype.kind in "iu", full_ink)
        self.classes_, self.n_iter_ = classes, recipe.steps
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """Return the most probable label of each row, (n,).

        Raises:
            ValueError: X differs in kind from the X of `fit`.
        """
        probabilities = self.predict_proba(X)  # raises NotFittedError before `fit`
        return self.classes_[probabilities.argmax(axis=1)]  # type: ignore[no-any-return]

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Return the probability of each class for each row, (n, k), in the order of `classes_`.

        Raises:
            ValueError: X differs in kind from the X of `fit`.
        """
        check_is_fitted(self, "classes_")
        rows = validate_data(self, _flattened(X), reset=False)
        full_ink = _full_ink(rows, self._fitted_ink)
        return softmax(predict_logits(self._model(), _inputs(rows, self._scaler, full_ink)))

    def _resolved_recipe(self) -> Recipe:
        """Return the recipe with every parameter that is not None; numpy scalars become Python's."""
        recipe = self.recipe if isinstance(self.recipe, Recipe) else find_recipe(self.recipe)
        seed = self.random_state
        if not isinstance(seed, int | np.integer | None):
            seed = check_random_state(seed).randint(2**32, dtype=np.uint32)
        fields = {name: getattr(self, name) for name in ("steps", "learning_rate", "batch_size")}
        changes = {name: value for name, value in {**fields, "seed": seed}.items() if value is not None}
        return replace(recipe, **{name: np.asarray(value).item() for name, value in changes.items()})

    def _model(self) -> nn.Module:
        """Return the trained model, rebuilt from arrays, so that a pickle holds no torch objects."""
        networks = list(map(self._network, self._recipe.single_recipes, self._weights))
        model = Ensemble(networks) if self._recipe.members else networks[0]
        # In float64 a row's result does not depend on the batch; convolutions would take 3 times as long
        return model.double() if is_fully_connected(self._recipe.network) else model

    def _network(self, recipe: Recipe, weights: dict[str, NDArray[Any]]) -> nn.Module:
        sizes = {"inputs": self.n_features_in_, "classes": len(self.classes_)}
        network = build_network(recipe.network, recipe.network_options, seed=recipe.seed, **sizes)
        network.load_state_dict({name: torch.tensor(values) for name, values in weights.items()})
        if recipe.tta_views == 1:
            return network
        views = recipe.augmentation.view_grids(recipe.tta_views, seed=recipe.seed)
        return TestTimeAugmentation(network, views)


def _flattened(X: ArrayLike) -> ArrayLike:  # noqa: N803
    """Return images as (n, 784); return everything else unchanged, for scikit-learn to validate."""
    rows = np.asarray(X) if isinstance(X, list | tuple) else X
    shape = getattr(rows, "shape", ())
    if len(shape) < _IMAGE_AXES:
        return rows
    if shape[1:] not in {(IMAGE_SIZE, IMAGE_SIZE), (IMAGE_SIZE, IMAGE_SIZE, 1), (1, IMAGE_SIZE, IMAGE_SIZE)}:
        raise ValueError(f"X is {shape}; {_EXPECTED_X}; as a table of features it is (n, {prod(shape[1:])})")
    return np.asarray(rows).reshape(-1, N_PIXELS)


def _full_ink(rows: NDArray[Any], fitted: tuple[bool, int | None] = (False, None)) -> int | None:
    """Return the value of full ink, 1 or 255; None if the rows (n, features) are not images.

    `fitted` says whether the training data were integers, and their full ink. Data of the same type keep that
    value, so that the result for a row does not depend on the other rows.
    """
    if rows.shape[1] != N_PIXELS or rows.min() < 0 or rows.max() > np.iinfo(np.uint8).max:
        return None
    is_whole = np.array_equal(rows, np.rint(rows))
    if rows.max() <= 1 and not (is_whole and fitted == (rows.dtype.kind in "iu", 255)):
        return 1
    return 255 if is_whole else None


def _inputs(
    rows: NDArray[Any], scaler: StandardScaler | None, full_ink: int | None
) -> NDArray[np.uint8 | np.float32]:
    """Return the network's inputs: images (n, 28, 28), or standardized features (n, 1, m)."""
    if scaler is not None:
        return np.asarray(scaler.transform(rows)[:, np.newaxis], np.float32)
    if full_ink is None:
        raise ValueError(f"the classifier was fitted on images, but X is {_described(rows)}; {_EXPECTED_X}")
    return np.asarray(rows.reshape(-1, IMAGE_SIZE, IMAGE_SIZE), np.float32 if full_ink == 1 else np.uint8)


def _described(rows: NDArray[Any]) -> str:
    return f"{rows.shape} {rows.dtype} from {float(rows.min()):g} to {float(rows.max()):g}"
