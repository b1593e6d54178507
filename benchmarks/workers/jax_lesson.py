"""The lesson's network in JAX, a whole step jitted, the data on the device and the state donated."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from protocol import BATCH, STEPS, answer_turns, arrays

data = arrays()
pictures = jnp.asarray(data["train_images"].astype(np.float32) / 255)[..., None]
targets = jnp.asarray(data["train_labels"].astype(np.int32))
Weights = dict[str, jax.Array]


def initialised(key: jax.Array) -> Weights:
    """Return weights, small and random, and biases of 0.1."""
    shapes = {"conv1": (5, 5, 1, 32), "conv2": (5, 5, 32, 64), "fc1": (3136, 1024), "fc2": (1024, 10)}
    weights = {}
    for name, shape in shapes.items():
        key, drawn = jax.random.split(key)
        weights[name] = 0.1 * jax.random.truncated_normal(drawn, -2.0, 2.0, shape)
        weights[f"{name}_bias"] = jnp.full(shape[-1], 0.1)
    return weights


def convolved(x: jax.Array, weights: jax.Array, bias: jax.Array) -> jax.Array:
    """Return a same-padded convolution, ReLU, and the largest of each 2 x 2."""
    x = lax.conv_general_dilated(x, weights, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
    x = jax.nn.relu(x + bias)
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def loss_of(w: Weights, x: jax.Array, y: jax.Array, key: jax.Array) -> jax.Array:
    """Return the mean cross-entropy of a batch, with dropout."""
    x = convolved(x, w["conv1"], w["conv1_bias"])
    x = convolved(x, w["conv2"], w["conv2_bias"])
    x = jax.nn.relu(x.reshape(len(x), -1) @ w["fc1"] + w["fc1_bias"])
    x = x * jax.random.bernoulli(key, 0.5, x.shape) * 2
    logits = x @ w["fc2"] + w["fc2_bias"]
    return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()


adam = optax.adam(1e-4)


@partial(jax.jit, donate_argnums=0)
def step(state, chosen, pictures, targets):
    """Return the weights, the optimiser's state and the random key after one step."""
    weights, moments, key = state
    drawn, key = jax.random.split(key)
    gradients = jax.grad(loss_of)(weights, pictures[chosen], targets[chosen], drawn)
    updates, moments = adam.update(gradients, moments)
    return optax.apply_updates(weights, updates), moments, key


class Loop:
    """The state of the training, and turns of it."""

    def __init__(self) -> None:
        weights = initialised(jax.random.key(0))
        self.state = (weights, adam.init(weights), jax.random.key(1))
        self.generator = np.random.default_rng(0)

    def train(self) -> None:
        """Train one turn."""
        order = self.generator.permutation(len(pictures))
        for start in range(0, STEPS * BATCH, BATCH):
            self.state = step(self.state, order[start : start + BATCH], pictures, targets)
        jax.block_until_ready(self.state)


answer_turns(Loop().train)
