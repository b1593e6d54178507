"""Recipe: allowed and refused values, JSON, and the named recipes."""

import json
import re
from dataclasses import FrozenInstanceError, asdict, replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inklab.data import Dataset
from inklab.errors import RecipeError
from inklab.models import NETWORKS, build_network
from inklab.training import RECIPES, Recipe, Training, count_parameters, find_recipe
from inklab.training.augmentation.degradation import Degradation
from inklab.training.augmentation.geometric import Augmentation
from inklab.training.optimizers import OptimizerName
from inklab.training.precision import Precision
from inklab.training.schedule import Schedule

SMALL = Recipe(name="small", network="softmax-regression", learning_rate=0.5, steps=3)


def test_lesson_softmax() -> None:
    recipe = RECIPES["lesson-softmax"]
    assert (recipe.network, recipe.network_options) == ("softmax-regression", {})
    assert (recipe.optimizer, recipe.learning_rate, recipe.weight_decay) == ("sgd", 0.5, 0)
    assert (recipe.steps, recipe.batch_size, recipe.precision, recipe.seed) == (1000, 50, "float32", 0)


@pytest.mark.parametrize(("name", "steps"), [("lesson-cnn", 1100), ("lesson-cnn-full", 20_000)])
def test_lesson_cnn(name: str, steps: int) -> None:
    recipe = RECIPES[name]
    assert (recipe.network, recipe.network_options) == ("lesson-cnn", {"dropout": 0.5})
    assert (recipe.optimizer, recipe.learning_rate, recipe.weight_decay) == ("adam", 1e-4, 0)
    assert (recipe.steps, recipe.batch_size, recipe.precision, recipe.seed) == (steps, 50, "auto", 0)
    assert recipe.log_every == 100


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_every_recipe_builds_and_survives_json(recipe: Recipe) -> None:
    assert RECIPES[recipe.name] is recipe
    build_network(recipe.network, recipe.network_options, seed=recipe.seed)
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


@pytest.mark.parametrize("name", [name for name in RECIPES if name.endswith("-full")])
def test_full_size_recipes_train_one_step(name: str, mnist: Dataset) -> None:
    recipe = find_recipe(name, batch_size=4, steps=1, log_every=1)
    last = Training(recipe.single_recipes[0], mnist.train[:4]).run()
    assert last.step == 1
    assert 0 < last.loss < 10


@given(
    recipe=st.builds(
        Recipe,
        name=st.text(),
        network=st.sampled_from(sorted(NETWORKS)),
        network_options=st.dictionaries(st.text(), st.floats(allow_nan=False) | st.integers()),
        optimizer=st.sampled_from(get_args(OptimizerName)),
        learning_rate=st.floats(1e-9, 1e9),
        schedule=st.sampled_from(get_args(Schedule)),
        warmup_ratio=st.floats(0, 1, exclude_max=True),
        momentum=st.floats(0, 1, exclude_max=True),
        beta1=st.floats(0, 1, exclude_max=True),
        beta2=st.floats(0, 1, exclude_max=True),
        label_smoothing=st.floats(0, 1, exclude_max=True),
        augmentation=st.builds(Augmentation, rotation=st.floats(0, 180), translate=st.floats(0, 28)),
        degradation=st.builds(Degradation, probability=st.floats(0, 1), stroke_gap=st.floats(0, 8)),
        redrawn_per_epoch=st.integers(0, 10_000),
        negatives_per_epoch=st.integers(0, 10_000),
        negative_pools=st.just(1),
        distillation=st.booleans(),
        weight_decay=st.floats(0, 1e9),
        batch_size=st.integers(1, 100_000),
        steps=st.integers(1, 10**9),
        precision=st.sampled_from(get_args(Precision)),
        seed=st.integers(0, 2**32 - 1),
        log_every=st.just(7),
        eval_every=st.integers(1, 99).map(lambda n: 7 * n),
    )
)
def test_json_round_trip(recipe: Recipe) -> None:
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


def test_to_dict_names_every_field() -> None:
    assert list(SMALL.to_dict()) == [
        "name",
        "network",
        "network_options",
        "optimizer",
        "learning_rate",
        "schedule",
        "warmup_ratio",
        "momentum",
        "beta1",
        "beta2",
        "weight_decay",
        "label_smoothing",
        "max_weight_norm",
        "ema_decay",
        "augmentation",
        "degradation",
        "redrawn_per_epoch",
        "negatives_per_epoch",
        "negative_pools",
        "tta_views",
        "members",
        "distillation",
        "batch_size",
        "steps",
        "precision",
        "seed",
        "log_every",
        "eval_every",
    ]
    assert SMALL.to_dict() == {**asdict(SMALL), "members": []}


def test_whole_numbers_become_floats() -> None:
    recipe = replace(SMALL, learning_rate=1, momentum=0, weight_decay=2)
    values = (recipe.learning_rate, recipe.momentum, recipe.weight_decay)
    assert values == (1.0, 0.0, 2.0)
    assert {type(value) for value in values} == {float}


def test_required_fields() -> None:
    required = {"name": "small", "network": "softmax-regression", "learning_rate": 0.5, "steps": 3}
    assert Recipe.from_dict(required) == SMALL
    for name in required:
        with pytest.raises(
            RecipeError,
            match=f"^the recipe has no {name}; a recipe needs name, network, learning_rate, steps$",
        ):
            Recipe.from_dict({key: value for key, value in required.items() if key != name})


def test_recipes_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        SMALL.steps = 4  # type: ignore[misc]


FLOATS = {"learning_rate", "momentum", "beta1", "beta2", "label_smoothing", "ema_decay"}
WHOLE = "a whole number"
FRACTION = r"a fraction in \[0, 1\)"
SEEDS = "a whole number from 0 to 4294967295"
POOLS = "at least 1, with at most 1,000,000 images in all pools, or 1 without added images"
COUNT = "a whole number from 1 to 1000000000"
BAD: list[tuple[str, Any, str]] = [
    ("name", 3, "a name"),
    ("name", None, "a name"),
    ("network", "lenet", f"one of {', '.join(sorted(NETWORKS))}"),
    ("network", 5, "a name"),
    ("optimizer", "lion", "one of sgd, momentum, adagrad, adam, adamw"),
    ("optimizer", None, "a name"),
    ("precision", "float16", "one of auto, float32, bfloat16"),
    ("learning_rate", 0, "a positive number"),
    ("learning_rate", -0.1, "a positive number"),
    ("learning_rate", float("nan"), "a positive number"),
    ("learning_rate", float("inf"), "a positive number"),
    ("learning_rate", "0.5", "a number"),
    ("learning_rate", True, "a number"),
    ("learning_rate", None, "a number"),
    ("momentum", 1, FRACTION),
    ("momentum", -0.1, FRACTION),
    ("momentum", float("nan"), FRACTION),
    ("momentum", [], "a number"),
    ("beta1", 1, FRACTION),
    ("beta1", -0.1, FRACTION),
    ("beta1", "0.9", "a number"),
    ("beta2", 1, FRACTION),
    ("warmup_ratio", 1.0, FRACTION),
    ("warmup_ratio", -0.1, FRACTION),
    ("label_smoothing", 1, FRACTION),
    ("schedule", "cosine", "one of constant, linear"),
    ("schedule", None, "a name"),
    ("ema_decay", 1, FRACTION),
    ("ema_decay", "much", "a number"),
    ("max_weight_norm", -1.0, "a number of at least 0"),
    ("max_weight_norm", float("inf"), "a number of at least 0"),
    ("negative_pools", 0, POOLS),
    ("negative_pools", 2, POOLS),
    ("tta_views", 0, "a whole number from 1 to 1000"),
    ("tta_views", 1001, "a whole number from 1 to 1000"),
    ("tta_views", 2.0, WHOLE),
    ("tta_views", 2, "1, since all views are equal without augmentation"),
    ("members", 5, "a list of names with numbers"),
    ("members", [{"width": "wide"}], "a list of names with numbers"),
    ("members", [3], "a list of names with numbers"),
    ("weight_decay", -1e-9, "a number of at least 0"),
    ("weight_decay", float("nan"), "a number of at least 0"),
    ("weight_decay", float("inf"), "a number of at least 0"),
    ("weight_decay", {}, "a number"),
    ("batch_size", 0, "a whole number from 1 to 100000"),
    ("batch_size", 100_001, "a whole number from 1 to 100000"),
    ("batch_size", 50.0, WHOLE),
    ("batch_size", True, WHOLE),
    ("steps", 0, COUNT),
    ("steps", 10**9 + 1, COUNT),
    ("steps", 1e3, WHOLE),
    ("seed", -1, SEEDS),
    ("seed", 2**32, SEEDS),
    ("seed", "0", WHOLE),
    ("log_every", 0, COUNT),
    ("log_every", None, WHOLE),
    ("eval_every", 0, "a multiple of log_every, which is 100"),
    ("eval_every", -100, "a multiple of log_every, which is 100"),
    ("eval_every", 150, "a multiple of log_every, which is 100"),
    ("eval_every", 500.0, WHOLE),
]


@pytest.mark.parametrize(("field", "value", "expected"), BAD)
def test_bad_values_are_refused(field: str, value: object, expected: str) -> None:
    document = {**SMALL.to_dict(), field: value}
    with pytest.raises(RecipeError, match=rf"^{field} is .*; expected {expected}$") as error:
        Recipe.from_dict(document)
    shown = float(value) if field in FLOATS and type(value) is int else value
    assert f" is {shown!r};" in str(error.value)


@pytest.mark.parametrize(
    "options",
    [None, [], "dropout", {"dropout": "half"}, {"dropout": None}, {"dropout": True}, {"dropout": [0.5]}],
)
def test_network_options_are_names_with_numbers(options: object) -> None:
    with pytest.raises(RecipeError, match=r"^network_options is .*; expected names with numbers$"):
        Recipe.from_dict({**SMALL.to_dict(), "network_options": options})


@pytest.mark.parametrize("augmentation", [None, [], 3, {"mirror": 1}])
def test_augmentation_is_numbers_by_name(augmentation: object) -> None:
    expected = (
        r"^augmentation is .*; expected numbers for rotation, scale, shear, translate, crop, elastic_alpha, "
        r"elastic_sigma$"
    )
    with pytest.raises(RecipeError, match=expected):
        Recipe.from_dict({**SMALL.to_dict(), "augmentation": augmentation})


def test_negative_pools_are_limited_by_their_total_size() -> None:
    assert replace(SMALL, negatives_per_epoch=300_000, negative_pools=3).negative_pools == 3
    with pytest.raises(RecipeError, match=f"^negative_pools is 4; expected {POOLS}$"):
        replace(SMALL, negatives_per_epoch=200_000, redrawn_per_epoch=100_000, negative_pools=4)


def test_degradation_is_numbers_by_name() -> None:
    expected = r"^degradation is .*; expected numbers for probability, stroke, blur, fade, stroke_gap, noise$"
    with pytest.raises(RecipeError, match=expected):
        Recipe.from_dict({**SMALL.to_dict(), "degradation": {"coffee": 1}})


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(
        RecipeError, match=r"^a recipe has no field friction, nesterov; was it written by a newer inklab\?$"
    ):
        Recipe.from_dict({**SMALL.to_dict(), "friction": 0.1, "nesterov": True})


def test_find_recipe() -> None:
    assert find_recipe("lesson-cnn") == RECIPES["lesson-cnn"]
    assert find_recipe("lesson-cnn", steps=5) == replace(RECIPES["lesson-cnn"], steps=5)
    with pytest.raises(RecipeError, match=r"^steps is 0; expected"):
        find_recipe("lesson-cnn", steps=0)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("lesson-cn", "did you mean lesson-cnn?"),
        ("Committee", "did you mean committee?"),
        ("resnet", f"choose one of {', '.join(RECIPES)}"),
    ],
)
def test_a_mistyped_name_gets_a_hint(name: str, hint: str) -> None:
    with pytest.raises(RecipeError, match=f"^there is no recipe '{name}'; {re.escape(hint)}$"):
        find_recipe(name)


def test_count_parameters_adds_the_members() -> None:
    assert count_parameters(RECIPES["lesson-softmax"]) == 7850  # 784 * 10 + 10
    member = count_parameters(RECIPES["mcdnn"].single_recipes[0])
    assert count_parameters(RECIPES["mcdnn"]) == 7 * member
    with pytest.raises(RecipeError, match=r"^lesson-cnn has no option depth; "):
        count_parameters(find_recipe("lesson-cnn", network_options={"depth": 3}))
