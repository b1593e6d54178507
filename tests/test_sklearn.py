"""DigitClassifier: scikit-learn's estimator checks, equality with the training loop, and errors."""

import pickle
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_dataframe_column_names_consistency, parametrize_with_checks

from inklab import DigitClassifier
from inklab.data import Dataset
from inklab.errors import RecipeError
from inklab.evaluation import softmax
from inklab.models import Ensemble, is_fully_connected, predict_logits
from inklab.training import RECIPES, Recipe, Training, find_recipe
from inklab.training.augmentation.geometric import Augmentation

pytestmark = pytest.mark.usefixtures("one_thread")

FULLY_CONNECTED = [
    DigitClassifier("lesson-softmax", steps=100),
    DigitClassifier("mlp", steps=60),
    DigitClassifier("mlp-dropout", steps=40),
]
SMALL_CNN = find_recipe("fast-99", network_options={"width": 4}, batch_size=32, steps=10)
SMALL_ENSEMBLE = replace(SMALL_CNN, members=({"width": 2}, {"width": 3}))
SMALL_TTA = replace(SMALL_CNN, augmentation=Augmentation(translate=2), tta_views=3)

any_kind = pytest.mark.parametrize(
    "recipe",
    [find_recipe("lesson-softmax", steps=10), SMALL_CNN, SMALL_ENSEMBLE, SMALL_TTA],
    ids=["softmax", "cnn", "ensemble", "tta"],
)
convolutional = pytest.mark.parametrize(
    "recipe", [name for name, recipe in RECIPES.items() if not is_fully_connected(recipe.network)]
)


@pytest.fixture(scope="module")
def images(mnist: Dataset) -> NDArray[np.uint8]:
    return mnist.train.images[:100]


@pytest.fixture(scope="module")
def labels(mnist: Dataset) -> NDArray[np.int64]:
    return mnist.train.labels[:100]


@parametrize_with_checks(FULLY_CONNECTED)  # type: ignore[untyped-decorator]
def test_scikit_learn_estimator_checks(estimator: DigitClassifier, check: Callable[..., None]) -> None:
    check(estimator)


@pytest.mark.parametrize("estimator", FULLY_CONNECTED, ids=lambda estimator: estimator.recipe)
def test_column_names_are_consistent(estimator: DigitClassifier) -> None:
    check_dataframe_column_names_consistency("DigitClassifier", estimator)


class TestFit:
    """Training on images, labels, and tables of many kinds."""

    @pytest.mark.parametrize(
        "recipe",
        [*map(find_recipe, ("lesson-softmax", "fast-99", "mlp-dropout")), replace(SMALL_CNN, ema_decay=0.9)],
        ids=["softmax", "cnn", "dropout", "ema"],
    )
    def test_weights_equal_those_of_the_training_loop(self, recipe: Recipe, mnist: Dataset) -> None:
        train, valid = mnist.train[:200], mnist.valid.images[:50]
        training = Training(replace(recipe, steps=5, seed=7, batch_size=40), train)
        list(training)
        classifier = DigitClassifier(recipe, steps=5, batch_size=40, random_state=7).fit(
            train.images, train.labels
        )
        for name, values in training.model.state_dict().items():
            assert_array_equal(classifier._weights[0][name], values.numpy(), strict=True)
        expected = softmax(predict_logits(training.model, valid))
        assert_allclose(classifier.predict_proba(valid), expected, rtol=1e-4, atol=1e-7)

    @any_kind
    def test_every_format_of_an_image_gives_the_same_classifier(
        self, recipe: Recipe, images: NDArray[np.uint8], labels: NDArray[np.int64]
    ) -> None:
        expected = DigitClassifier(recipe).fit(images, labels)
        flat = images.reshape(100, 784)
        for rows in (
            flat,
            flat.astype(np.int64),
            flat.astype(np.float32),
            images[..., np.newaxis],
            images[:, np.newaxis],
            flat / 255,
            (images / 255).astype(np.float32),
            list(images),
        ):
            classifier = DigitClassifier(recipe).fit(rows, labels)
            assert classifier.n_features_in_ == 784
            assert_array_equal(classifier.predict_proba(rows), expected.predict_proba(images))

    @any_kind
    def test_ink_of_one_is_full_ink_in_every_dtype(
        self, recipe: Recipe, images: NDArray[np.uint8], labels: NDArray[np.int64]
    ) -> None:
        black = images > 128
        expected = DigitClassifier(recipe).fit(black.astype(np.float32), labels)
        for kind in (np.uint8, np.int64, np.bool_, np.float64):
            classifier = DigitClassifier(recipe).fit(black.astype(kind), labels)
            assert_array_equal(
                classifier.predict_proba(black.astype(kind)), expected.predict_proba(black * 255)
            )

    @pytest.mark.parametrize("kind", [np.uint8, np.float64])
    def test_a_probability_does_not_depend_on_other_rows(
        self, kind: type, images: NDArray[np.uint8], labels: NDArray[np.int64]
    ) -> None:
        classifier = DigitClassifier("lesson-softmax", steps=20).fit(images.astype(kind), labels)
        rows: NDArray[Any] = images[:3].astype(kind)
        rows[1] = rows[1] > 128
        assert_allclose(classifier.predict_proba(rows[1:2]), classifier.predict_proba(rows)[1:2], rtol=1e-6)

    def test_uint8_and_float_pixels_are_equal(self) -> None:
        pixels = np.arange(256, dtype=np.uint8)
        assert_array_equal((pixels / 255).astype(np.float32), pixels.astype(np.float32) / np.float32(255))

    def test_it_learns_digits(self, mnist: Dataset) -> None:
        train, valid = mnist.train[:2000], mnist.valid[:1000]
        for recipe, steps in ((SMALL_CNN, 120), ("mlp", 200)):
            classifier = DigitClassifier(recipe, steps=steps).fit(train.images, train.labels)
            assert classifier.score(valid.images, valid.labels) > 0.85

    @pytest.mark.parametrize(
        "names", [["no", "yes"], [-3, 7], [0.0, 1.0], [False, True], list("abcdefghijklmnopqrstuvwxyz")]
    )
    @pytest.mark.parametrize("recipe", ["lesson-softmax", "fast-99"])
    def test_labels_of_any_type(self, recipe: str, names: list[Any]) -> None:
        # Each class has ink in rows of its own.
        rows = np.zeros((3 * len(names), 28, 28))
        y = np.repeat(names, 3)
        for image, place in zip(rows, np.repeat(range(len(names)), 3), strict=True):
            image[place : place + 2] = 1
        classifier = DigitClassifier(recipe, steps=60, learning_rate=0.02).fit(rows, y)
        assert classifier.classes_.tolist() == names
        assert classifier.predict_proba(rows).shape == (len(y), len(names))
        assert_array_equal(classifier.predict(rows), y, strict=True)

    @any_kind
    def test_fewer_rows_than_the_batch_size(self, recipe: Recipe, images: NDArray[np.uint8]) -> None:
        classifier = DigitClassifier(recipe).fit(images[:3], ["a", "b", "b"])
        assert classifier._recipe.batch_size == 3
        assert classifier.predict(images[:3]).shape == (3,)

    def test_features_of_different_scales(self) -> None:
        # One is about 750, another about 0.13: without scaling, the first would dominate.
        wine = load_wine()
        for recipe in ("lesson-softmax", "mlp"):
            scores = cross_val_score(DigitClassifier(recipe, steps=100), wine.data, wine.target, cv=3)
            assert min(scores) > 0.9

    def test_units_do_not_matter(self) -> None:
        rows, y = np.random.default_rng(0).normal(size=(30, 4)), [0, 1, 2] * 10
        rescaled = rows * [1, 1000, 1e-3, -1] + [0, 5e4, 3, 100]
        first, second = (
            DigitClassifier("lesson-softmax", steps=50).fit(table, y) for table in (rows, rescaled)
        )
        mirrored = np.array([1, 1, 1, -1])
        assert_allclose(
            first._weights[0]["linear.weight"] * mirrored, second._weights[0]["linear.weight"], atol=1e-5
        )
        assert_allclose(first.predict_proba(rows), second.predict_proba(rescaled), atol=1e-5)

    def test_784_features_that_are_not_pixels(
        self, images: NDArray[np.uint8], labels: NDArray[np.int64]
    ) -> None:
        rows = images.reshape(100, 784) / 255 * 3 - 1
        assert DigitClassifier("mlp", steps=20).fit(rows, labels).score(rows, labels) > 0.8

    def test_parameters_reach_the_recipe(self, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
        parameters = {
            "steps": np.int64(3),
            "learning_rate": np.float32(0.5),
            "batch_size": 7,
            "random_state": 5,
        }
        classifier = DigitClassifier("fast-99", **parameters).fit(images, labels)  # type: ignore[arg-type]
        assert classifier._recipe == find_recipe("fast-99", steps=3, learning_rate=0.5, batch_size=7, seed=5)
        assert classifier.n_iter_ == 3

    def test_the_defaults_are_the_recipes(self, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
        assert DigitClassifier(SMALL_CNN).fit(images, labels)._recipe == SMALL_CNN

    def test_a_failed_fit_keeps_the_previous_one(
        self, images: NDArray[np.uint8], labels: NDArray[np.int64]
    ) -> None:
        classifier = DigitClassifier(SMALL_CNN).fit(images, labels)
        before = classifier.predict_proba(images)
        with pytest.raises(ValueError, match="one class"):
            classifier.fit(images, ["a"] * 100)
        assert_array_equal(classifier.predict_proba(images), before)


class TestRandomState:
    """The same seed gives identical results."""

    def fitted(self, rows: NDArray[np.uint8], y: NDArray[np.int64], random_state: Any) -> NDArray[np.float64]:
        return DigitClassifier(SMALL_CNN, random_state=random_state).fit(rows, y).predict_proba(rows)

    def test_seeds(self, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
        first = self.fitted(images, labels, 3)
        assert_array_equal(self.fitted(images, labels, np.int32(3)), first)
        assert (self.fitted(images, labels, 4) != first).any()
        assert_array_equal(self.fitted(images, labels, None), self.fitted(images, labels, SMALL_CNN.seed))

    def test_a_numpy_random_state(self, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
        state = np.random.RandomState(0)
        first, second = (self.fitted(images, labels, state) for _ in range(2))
        assert (first != second).any()
        assert_array_equal(self.fitted(images, labels, np.random.RandomState(0)), first)

    def test_the_global_random_state_is_not_used(
        self, images: NDArray[np.uint8], labels: NDArray[np.int64]
    ) -> None:
        before = str(np.random.get_state())  # noqa: NPY002
        self.fitted(images, labels, None)
        assert str(np.random.get_state()) == before  # noqa: NPY002

    def test_invalid_seeds(self, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
        with pytest.raises(ValueError, match="'lucky' cannot be used to seed"):
            self.fitted(images, labels, "lucky")
        with pytest.raises(RecipeError, match=r"^seed is -1; expected a whole number from 0 "):
            self.fitted(images, labels, -1)


class TestConventions:
    """The estimator contract, on images, which scikit-learn's checks do not use."""

    @any_kind
    def test_probabilities(
        self, recipe: Recipe, images: NDArray[np.uint8], labels: NDArray[np.int64]
    ) -> None:
        classifier = DigitClassifier(recipe)
        assert classifier.fit(images, labels) is classifier
        probabilities = classifier.predict_proba(images)
        assert probabilities.shape == (100, 10)
        assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
        assert_array_equal(classifier.predict(images), classifier.classes_[probabilities.argmax(axis=1)])
        assert classifier.score(images, labels) == (classifier.predict(images) == labels).mean()

    @any_kind
    def test_a_pickle_gives_the_same_probabilities(
        self, recipe: Recipe, images: NDArray[np.uint8], labels: NDArray[np.int64]
    ) -> None:
        classifier = DigitClassifier(recipe).fit(images, labels)
        pickled = pickle.dumps(classifier)
        assert b"torch" not in pickled  # arrays and a recipe, no torch modules
        assert_array_equal(pickle.loads(pickled).predict_proba(images), classifier.predict_proba(images))  # noqa: S301

    @any_kind
    def test_fit_is_reproducible_and_predict_changes_nothing(
        self, recipe: Recipe, images: NDArray[np.uint8], labels: NDArray[np.int64]
    ) -> None:
        classifier = DigitClassifier(recipe).fit(images, labels)
        first = classifier.predict_proba(images)
        before = pickle.dumps(classifier)
        classifier.predict(images)
        assert pickle.dumps(classifier) == before
        assert_array_equal(classifier.fit(images, labels).predict_proba(images), first)

    @any_kind
    def test_a_clone_has_the_parameters_but_is_not_fitted(
        self, recipe: Recipe, images: NDArray[np.uint8], labels: NDArray[np.int64]
    ) -> None:
        classifier = DigitClassifier(recipe, steps=2, random_state=1).fit(images, labels)
        copy = clone(classifier)
        assert copy.get_params() == classifier.get_params()
        assert copy.get_params()["recipe"] == recipe
        for method in (copy.predict, copy.predict_proba):
            with pytest.raises(NotFittedError):
                method(images)

    @any_kind
    def test_a_prediction_does_not_depend_on_the_batch(
        self, recipe: Recipe, images: NDArray[np.uint8], labels: NDArray[np.int64]
    ) -> None:
        classifier = DigitClassifier(recipe).fit(images, labels)
        together = classifier.predict_proba(images[:20])
        alone = np.concatenate([classifier.predict_proba(image[np.newaxis]) for image in images[:20]])
        assert_allclose(alone, together, atol=1e-5)  # convolutions are float32

    @any_kind
    def test_pandas_data_frames(
        self, recipe: Recipe, images: NDArray[np.uint8], labels: NDArray[np.int64]
    ) -> None:
        frame = pd.DataFrame(images.reshape(100, 784), columns=[f"pixel{i}" for i in range(784)])
        classifier = DigitClassifier(recipe).fit(frame, pd.Series(labels))
        assert classifier.feature_names_in_[783] == "pixel783"
        expected = DigitClassifier(recipe).fit(images, labels)
        assert_array_equal(classifier.predict_proba(frame), expected.predict_proba(images))
        with pytest.raises(ValueError, match="feature names should match"):
            classifier.predict(frame.rename(columns={"pixel0": "first"}))

    def test_members_and_augmented_views_are_used(
        self, images: NDArray[np.uint8], labels: NDArray[np.int64]
    ) -> None:
        classifier = DigitClassifier(SMALL_ENSEMBLE).fit(images, labels)
        model = classifier._model()
        assert isinstance(model, Ensemble)
        for number, member in enumerate(model.members):
            alone = DigitClassifier(SMALL_ENSEMBLE.member(number)).fit(images, labels)
            assert_array_equal(softmax(predict_logits(member, images)), alone.predict_proba(images))
        augmented = DigitClassifier(SMALL_TTA).fit(images, labels)
        plain = DigitClassifier(replace(SMALL_TTA, tta_views=1)).fit(images, labels)
        assert_array_equal(augmented._weights[0]["fc.weight"], plain._weights[0]["fc.weight"])
        assert (augmented.predict_proba(images) != plain.predict_proba(images)).any()


class TestTools:
    """scikit-learn's tools, on images."""

    @any_kind
    def test_cross_validation(
        self, recipe: Recipe, images: NDArray[np.uint8], labels: NDArray[np.int64]
    ) -> None:
        scores = cross_val_score(DigitClassifier(recipe), images, labels, cv=2, error_score="raise")
        assert scores.shape == (2,)

    def test_grid_search(self, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
        grid = {
            "recipe": ["lesson-softmax", SMALL_CNN],
            "learning_rate": np.array([1e-9, 0.02]),
            "steps": [20],
        }
        search = GridSearchCV(DigitClassifier(), grid, cv=2, error_score="raise").fit(images, labels)
        assert search.best_params_["learning_rate"] == 0.02
        assert search.best_estimator_.score(images, labels) > 0.5

    def test_pipeline(self, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
        pipeline = make_pipeline(PCA(20, random_state=0), DigitClassifier("mlp"))
        pipeline.set_params(digitclassifier__steps=40).fit(images.reshape(100, 784), labels)
        assert pipeline.score(images.reshape(100, 784), labels) > 0.9


class TestRefusals:
    """Errors name the value, what was expected, and what to do."""

    @convolutional
    def test_a_convolutional_recipe_refuses_tables(self, recipe: str) -> None:
        expected = (
            f"{recipe} takes images, but X is (4, 64) float64 from 0 to 16; expected (n, 28, 28) or "
            "(n, 784), integers from 0 to 255 or floats from 0 to 1; the recipe mlp takes any table"
        )
        rows = np.zeros((4, 64))
        rows[0, 0] = 16
        with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
            DigitClassifier(recipe).fit(rows, [0, 1, 0, 1])

    @pytest.mark.parametrize(
        ("value", "kind", "described"),
        [
            (1.5, np.float64, "float64 from 0 to 1.5"),
            (256.0, np.float32, "float32 from 0 to 256"),
            (256, np.int64, "int64 from 0 to 256"),
            (-1, np.int16, "int16 from -1 to 0"),
            (-0.5, np.float32, "float32 from -0.5 to 0"),
        ],
    )
    def test_the_range_of_pixels_is_checked(self, value: float, kind: type, described: str) -> None:
        rows: NDArray[Any] = np.zeros((4, 784), kind)
        rows[2, 100] = value
        with pytest.raises(
            ValueError, match=rf"^fast-99 takes images, but X is \(4, 784\) {described}; expected "
        ):
            DigitClassifier("fast-99").fit(rows, [0, 1, 0, 1])
        classifier = DigitClassifier("mlp", steps=1).fit(np.zeros((4, 784)), [0, 1, 0, 1])
        with pytest.raises(
            ValueError, match=rf"^the classifier was fitted on images, but X is \(4, 784\) {described}; "
        ):
            classifier.predict(rows)

    @any_kind
    def test_images_of_another_size(self, recipe: Recipe) -> None:
        for shape, features in (((4, 14, 56), 784), ((4, 8, 8), 64), ((4, 28, 28, 3), 2352)):
            message = rf"^X is {re.escape(str(shape))}; expected \(n, 28, 28\) or .* is \(n, {features}\)$"
            with pytest.raises(ValueError, match=message):
                DigitClassifier(recipe).fit(np.zeros(shape), [0, 1, 0, 1])
        classifier = DigitClassifier(recipe).fit(np.zeros((4, 28, 28)), [0, 1, 0, 1])
        with pytest.raises(ValueError, match="X has 783 features, but DigitClassifier is expecting 784"):
            classifier.predict(np.zeros((1, 783)))

    def test_a_recipe_with_augmentation_refuses_tables(self) -> None:
        augmented = find_recipe("mlp", augmentation=Augmentation(translate=1))
        with pytest.raises(ValueError, match=r"^mlp takes images, but X is \(4, 5\) "):
            DigitClassifier(augmented).fit(np.zeros((4, 5)), [0, 1, 0, 1])

    @any_kind
    @pytest.mark.parametrize(
        ("spoil", "message"),
        [
            (lambda rows: np.where(rows > 0, np.nan, rows), "Input X contains NaN"),
            (lambda rows: np.where(rows > 0, np.inf, rows), "Input X contains infinity"),
            (lambda rows: rows * 1j, "Complex data not supported"),
            (lambda rows: rows[:0], "Found array with 0 sample"),
            (lambda rows: rows[0], "Expected 2D array, got 1D array"),
            (lambda rows: rows[:50], "inconsistent numbers of samples"),
            (
                lambda rows: rows[:, np.newaxis, np.newaxis],
                r"X is \(100, 1, 1, 784\); expected \(n, 28, 28\)",
            ),
        ],
        ids=["NaN", "infinity", "complex", "no rows", "one row", "fewer rows", "4 axes"],
    )
    def test_invalid_x(
        self,
        recipe: Recipe,
        spoil: Callable[[NDArray[Any]], NDArray[Any]],
        message: str,
        images: NDArray[np.uint8],
        labels: NDArray[np.int64],
    ) -> None:
        with pytest.raises(ValueError, match=message):
            DigitClassifier(recipe).fit(spoil(images.reshape(100, 784) / 255), labels)

    @any_kind
    def test_sparse_matrices_are_refused(
        self, recipe: Recipe, images: NDArray[np.uint8], labels: NDArray[np.int64]
    ) -> None:
        with pytest.raises(TypeError, match="Sparse data was passed for X, but dense data is required"):
            DigitClassifier(recipe).fit(sparse.csr_array(images.reshape(100, 784)), labels)

    @any_kind
    @pytest.mark.parametrize(
        ("y", "message"),
        [
            (["a"] * 100, "^y has one class, a; expected two or more$"),
            (np.linspace(0, 1, 100), "Unknown label type: continuous"),
            (np.zeros((100, 2)), "y should be a 1d array"),
            (None, "requires y to be passed, but the target y is None"),
        ],
        ids=["one class", "continuous", "two outputs", "none"],
    )
    def test_invalid_labels(self, recipe: Recipe, y: Any, message: str, images: NDArray[np.uint8]) -> None:
        with pytest.raises(ValueError, match=message):
            DigitClassifier(recipe).fit(images, y)

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"recipe": "slow-99"}, "'slow-99'"),
            ({"steps": 0}, "^steps is 0; expected a whole number from 1 "),
            ({"steps": 1.5}, "^steps is 1.5; expected a whole number$"),
            ({"batch_size": -1}, "^batch_size is -1; expected a whole number from 1 "),
            ({"learning_rate": "small"}, "^learning_rate is 'small'; expected a number$"),
        ],
    )
    def test_invalid_parameters(
        self, parameters: dict[str, Any], message: str, images: NDArray[np.uint8]
    ) -> None:
        classifier = DigitClassifier().set_params(**parameters)  # parameters are checked in `fit`
        with pytest.raises(RecipeError, match=message):
            classifier.fit(images, np.arange(100) % 2)
