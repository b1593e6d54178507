"""The training loop gives the same network as a plain PyTorch loop."""

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
    network_options={"dropout": 0.0},  # the two loops would draw different masks
    precision="float32",
    batch_size=16,
    steps=STEPS,
    log_every=STEPS,
    eval_every=STEPS,
)
FAST = replace(
    RECIPES["fast-99"],
    learning_rate=1e-3,  # at 1e-2 Adam turns rounding errors into full steps
    precision="float32",
    steps=4,
    log_every=4,
    eval_every=4,
)


def train_with_plain_pytorch(recipe: Recipe, train: Split) -> nn.Module:
    """Return the network after the recipe's steps in a loop such as that of the PyTorch examples."""
    model = build_network(recipe.network, recipe.network_options, seed=recipe.seed)
    betas = (recipe.beta1, recipe.beta2)
    optimizer = torch.optim.Adam(model.parameters(), recipe.learning_rate, betas, foreach=False, fused=False)
    batches = BatchSampler(len(train), recipe.batch_size, seed=recipe.seed)
    warmup_steps = recipe.warmup_ratio * recipe.steps
    for step in range(recipe.steps):
        if recipe.schedule == "linear":
            middle = step + 0.5
            decay = (recipe.steps - middle) / (recipe.steps - warmup_steps)
            optimizer.param_groups[0]["lr"] = recipe.learning_rate * min(middle / warmup_steps, decay)
        batch = train[batches[step]]
        logits = model(as_input(torch.tensor(batch.images)))
        optimizer.zero_grad()
        labels = torch.tensor(batch.labels)
        cross_entropy(logits, labels, label_smoothing=recipe.label_smoothing).backward()
        optimizer.step()
    return model


@pytest.mark.parametrize("recipe", [CNN, FAST], ids=lambda recipe: recipe.name)
def test_same_network_as_plain_pytorch(recipe: Recipe, mnist: Dataset) -> None:
    training = Training(recipe, mnist.train)
    training.run()
    plain = train_with_plain_pytorch(recipe, mnist.train).eval()
    images = as_input(torch.tensor(mnist.valid.images[:300]))
    with torch.inference_mode():
        ours, theirs = training.model.eval()(images).numpy(), plain(images).numpy()
    # Sums are computed in another order; Adam amplifies the difference where gradients are small.
    assert_allclose(ours, theirs, atol=0.02 * float(np.abs(theirs).max()))
    assert (ours.argmax(axis=1) == theirs.argmax(axis=1)).mean() > 0.98


def test_fast_99_exceeds_96_percent_after_50_steps(mnist: Dataset) -> None:
    recipe = replace(RECIPES["fast-99"], steps=50, log_every=50, eval_every=50)
    last = Training(recipe, mnist.train, mnist.valid).run()
    assert last.valid_accuracy is not None
    assert last.valid_accuracy > 0.96
