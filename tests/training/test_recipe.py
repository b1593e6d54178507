"""Recipe: what it takes, what it refuses, and the recipes of the lesson."""

import json
from dataclasses import FrozenInstanceError, asdict, replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inklab.data import Dataset
from inklab.errors import RecipeError
from inklab.models import NETWORKS, build_network
from inklab.training import RECIPES, Recipe, Training, find_recipe
from inklab.training.augmentation.degradation import Degradation
from inklab.training.augmentation.geometric import Augmentation
from inklab.training.optimizers import OptimizerName
from inklab.training.precision import Precision
from inklab.training.schedule import Schedule

SMALL = Recipe(name="small", network="softmax-regression", learning_rate=0.5, steps=3)


def test_the_softmax_of_the_lesson() -> None:
    recipe = RECIPES["lesson-softmax"]
    assert (recipe.network, recipe.network_options) == ("softmax-regression", {})
    assert (recipe.optimizer, recipe.learning_rate, recipe.weight_decay) == ("sgd", 0.5, 0)
    assert (recipe.steps, recipe.batch_size, recipe.precision, recipe.seed) == (1000, 50, "float32", 0)


@pytest.mark.parametrize(("name", "steps"), [("lesson-cnn", 1100), ("lesson-cnn-full", 20_000)])
def test_the_cnn_of_the_lesson(name: str, steps: int) -> None:
    recipe = RECIPES[name]
    assert (recipe.network, recipe.network_options) == ("lesson-cnn", {"dropout": 0.5})
    assert (recipe.optimizer, recipe.learning_rate, recipe.weight_decay) == ("adam", 1e-4, 0)
    assert (recipe.steps, recipe.batch_size, recipe.precision, recipe.seed) == (steps, 50, "auto", 0)
    assert recipe.log_every == 100


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_every_recipe_can_be_built_and_written_down(recipe: Recipe) -> None:
    assert RECIPES[recipe.name] is recipe
    build_network(recipe.network, recipe.network_options, seed=recipe.seed)
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


@pytest.mark.parametrize("name", [name for name in RECIPES if name.endswith("-full")])
def test_a_full_size_takes_a_step(name: str, mnist: Dataset) -> None:
    recipe = find_recipe(name, batch_size=4, steps=1, log_every=1)
    *_, last = Training(recipe.member(0) if recipe.members else recipe, mnist.train[:4])
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
        beta2=st.floats(0, 1, exclude_max=True),
        label_smoothing=st.floats(0, 1, exclude_max=True),
        augmentation=st.builds(Augmentation, rotation=st.floats(0, 180), shift=st.floats(0, 28)),
        degradation=st.builds(Degradation, share=st.floats(0, 1), gap=st.floats(0, 8)),
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
def test_json_there_and_back(recipe: Recipe) -> None:
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
        "beta2",
        "weight_decay",
        "label_smoothing",
        "max_weight_norm",
        "ema_decay",
        "augmentation",
        "degradation",
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


def test_a_whole_number_stands_for_a_float() -> None:
    recipe = replace(SMALL, learning_rate=1, momentum=0, weight_decay=2)
    values = (recipe.learning_rate, recipe.momentum, recipe.weight_decay)
    assert values == (1.0, 0.0, 2.0)
    assert {type(value) for value in values} == {float}


def test_only_what_is_needed_must_be_given() -> None:
    needed = {"name": "small", "network": "softmax-regression", "learning_rate": 0.5, "steps": 3}
    assert Recipe.from_dict(needed) == SMALL
    for name in needed:
        with pytest.raises(
            RecipeError,
            match=f"^the recipe has no {name}; a recipe needs name, network, learning_rate, steps$",
        ):
            Recipe.from_dict({key: value for key, value in needed.items() if key != name})


def test_it_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        SMALL.steps = 4  # type: ignore[misc]


FLOATS = {"learning_rate", "momentum", "beta2", "label_smoothing", "ema_decay"}
WHOLE = "a whole number"
FRACTION = r"a fraction in \[0, 1\)"
SEEDS = "a whole number from 0 to 4294967295"
SETS = "at least 1, with at most 1,000,000 images in all its sets, or 1 where there are none"
MANY = "a whole number from 1 to 1000000000"
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
    ("beta2", 1, FRACTION),
    ("warmup_ratio", 1.0, FRACTION),
    ("warmup_ratio", -0.1, FRACTION),
    ("label_smoothing", 1, FRACTION),
    ("schedule", "cosine", "one of constant, one-cycle"),
    ("schedule", None, "a name"),
    ("ema_decay", 1, FRACTION),
    ("ema_decay", "much", "a number"),
    ("max_weight_norm", -1.0, "a number of at least 0"),
    ("max_weight_norm", float("inf"), "a number of at least 0"),
    ("negative_pools", 0, SETS),
    ("negative_pools", 2, SETS),
    ("tta_views", 0, "a whole number from 1 to 1000"),
    ("tta_views", 1001, "a whole number from 1 to 1000"),
    ("tta_views", 2.0, WHOLE),
    ("tta_views", 2, "1, for without augmentation they are all the same"),
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
    ("steps", 0, MANY),
    ("steps", 10**9 + 1, MANY),
    ("steps", 1e3, WHOLE),
    ("seed", -1, SEEDS),
    ("seed", 2**32, SEEDS),
    ("seed", "0", WHOLE),
    ("log_every", 0, MANY),
    ("log_every", None, WHOLE),
    ("eval_every", 0, "a multiple of report_every, which is 100"),
    ("eval_every", -100, "a multiple of report_every, which is 100"),
    ("eval_every", 150, "a multiple of report_every, which is 100"),
    ("eval_every", 500.0, WHOLE),
]


@pytest.mark.parametrize(("field", "value", "expected"), BAD)
def test_a_bad_value_is_refused(field: str, value: object, expected: str) -> None:
    document = {**SMALL.to_dict(), field: value}
    with pytest.raises(RecipeError, match=rf"^{field} is .*; expected {expected}$") as refusal:
        Recipe.from_dict(document)
    came = float(value) if field in FLOATS and type(value) is int else value
    assert f" is {came!r};" in str(refusal.value)


@pytest.mark.parametrize(
    "options",
    [None, [], "dropout", {"dropout": "half"}, {"dropout": None}, {"dropout": True}, {"dropout": [0.5]}],
)
def test_network_options_are_names_with_numbers(options: object) -> None:
    with pytest.raises(RecipeError, match=r"^network_options is .*; expected names with numbers$"):
        Recipe.from_dict({**SMALL.to_dict(), "network_options": options})


@pytest.mark.parametrize("augmentation", [None, [], 3, {"mirror": 1}])
def test_augmentation_is_strengths_by_name(augmentation: object) -> None:
    expected = (
        r"^augmentation is .*; expected numbers for rotation, scale, shear, shift, crop, elastic, smoothness$"
    )
    with pytest.raises(RecipeError, match=expected):
        Recipe.from_dict({**SMALL.to_dict(), "augmentation": augmentation})


def test_sets_of_nothing_are_bounded_by_how_many_they_have() -> None:
    assert replace(SMALL, negatives_per_epoch=300_000, negative_pools=3).negative_pools == 3
    with pytest.raises(RecipeError, match=f"^nothing_sets is 4; expected {SETS}$"):
        replace(SMALL, negatives_per_epoch=300_000, negative_pools=4)


def test_wear_is_strengths_by_name() -> None:
    expected = r"^wear is .*; expected numbers for share, stroke, blur, fading, gap, noise$"
    with pytest.raises(RecipeError, match=expected):
        Recipe.from_dict({**SMALL.to_dict(), "degradation": {"coffee": 1}})


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(
        RecipeError, match=r"^a recipe has no field friction, nesterov; was it written by a newer inklab\?$"
    ):
        Recipe.from_dict({**SMALL.to_dict(), "friction": 0.1, "nesterov": True})


def test_find_recipe() -> None:
    assert find_recipe("lesson-cnn") == RECIPES["lesson-cnn"]
    assert find_recipe("lesson-cnn", steps=5) == replace(RECIPES["lesson-cnn"], steps=5)
    with pytest.raises(
        RecipeError,
        match=rf"^no recipe is called 'cnn'; choose one of {', '.join(RECIPES)}$",
    ):
        find_recipe("cnn")
    with pytest.raises(RecipeError, match=r"^steps is 0; expected"):
        find_recipe("lesson-cnn", steps=0)
