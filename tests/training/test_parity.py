"""The fast loop does the work of a plain one: the same outcome as PyTorch the way its example writes it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch import nn
from torch.nn.functional import cross_entropy

from inklab.data import BatchSampler, Dataset, Split
from inklab.models import as_input, build_network
from inklab.training import RECIPES, Recipe, Training

pytestmark = pytest.mark.usefixtures("one_thread")

STEPS = 12
CNN = replace(
    RECIPES["lesson-cnn"],
    network_options={"dropout": 0.0},  # dropout draws its own masks there and here; the rest must agree
    precision="float32",
    batch_size=16,
    steps=STEPS,
    log_every=STEPS,
    eval_every=STEPS,
)
FAST = replace(
    RECIPES["fast-99"],
    learning_rate=1e-3,  # at 1e-2 Adam makes whole steps out of roundings
    precision="float32",
    steps=4,
    log_every=4,
    eval_every=4,
)


def plainly_trained(recipe: Recipe, train: Split) -> nn.Module:
    """Return the network after the recipe's steps in PyTorch as its example writes it, rate by rate."""
    model = build_network(recipe.network, recipe.network_options, seed=recipe.seed)
    betas = (recipe.momentum, recipe.beta2)
    optimizer = torch.optim.Adam(model.parameters(), recipe.learning_rate, betas, foreach=False, fused=False)
    batches = BatchSampler(len(train), recipe.batch_size, seed=recipe.seed)
    rising = recipe.warmup_ratio * recipe.steps
    for step in range(recipe.steps):
        if recipe.schedule == "linear":
            middle = step + 0.5
            falling = (recipe.steps - middle) / (recipe.steps - rising)
            optimizer.param_groups[0]["lr"] = recipe.learning_rate * min(middle / rising, falling)
        batch = train[batches[step]]
        logits = model(as_input(torch.tensor(batch.images)))
        optimizer.zero_grad()
        labels = torch.tensor(batch.labels)
        cross_entropy(logits, labels, label_smoothing=recipe.label_smoothing).backward()
        optimizer.step()
    return model


@pytest.mark.parametrize("recipe", [CNN, FAST], ids=lambda recipe: recipe.name)
def test_the_same_network_comes_out(recipe: Recipe, mnist: Dataset) -> None:
    training = Training(recipe, mnist.train)
    for _ in training:
        pass
    plain = plainly_trained(recipe, mnist.train).eval()
    images = as_input(torch.tensor(mnist.valid.images[:300]))
    with torch.inference_mode():
        ours, theirs = training.model.eval()(images).numpy(), plain(images).numpy()
    # Sums are added up in another order; Adam divides small gradients by small roots, which enlarges that.
    assert_allclose(ours, theirs, atol=0.02 * float(np.abs(theirs).max()))
    assert (ours.argmax(axis=1) == theirs.argmax(axis=1)).mean() > 0.98


def test_a_second_of_the_fast_recipe_reads_most_digits(mnist: Dataset) -> None:
    recipe = replace(RECIPES["fast-99"], steps=50, log_every=50, eval_every=50)
    *_, last = Training(recipe, mnist.train, mnist.valid)
    assert last.valid_accuracy is not None
    assert last.valid_accuracy > 0.96
