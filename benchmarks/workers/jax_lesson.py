"""The lesson's CNN in JAX: a jitted step, the data on the device, and the state donated."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from protocol import BATCH, STEPS, arrays, serve_turns

data = arrays()
images = jnp.asarray(data["train_images"].astype(np.float32) / 255)[..., None]
targets = jnp.asarray(data["train_labels"].astype(np.int32))
Weights = dict[str, jax.Array]


def initial_weights(key: jax.Array) -> Weights:
    """Return small random weights, and biases of 0.1."""
    shapes = {"conv1": (5, 5, 1, 32), "conv2": (5, 5, 32, 64), "fc1": (3136, 1024), "fc2": (1024, 10)}
    weights = {}
    for name, shape in shapes.items():
        key, subkey = jax.random.split(key)
        weights[name] = 0.1 * jax.random.truncated_normal(subkey, -2.0, 2.0, shape)
        weights[f"{name}_bias"] = jnp.full(shape[-1], 0.1)
    return weights


def conv_block(x: jax.Array, weights: jax.Array, bias: jax.Array) -> jax.Array:
    """Return a same-padded convolution, ReLU, and 2 x 2 max-pooling."""
    x = lax.conv_general_dilated(x, weights, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
    x = jax.nn.relu(x + bias)
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def loss_of(w: Weights, x: jax.Array, y: jax.Array, key: jax.Array) -> jax.Array:
    """Return the mean cross-entropy of a batch, with dropout."""
    x = conv_block(x, w["conv1"], w["conv1_bias"])
    x = conv_block(x, w["conv2"], w["conv2_bias"])
    x = jax.nn.relu(x.reshape(len(x), -1) @ w["fc1"] + w["fc1_bias"])
    x = x * jax.random.bernoulli(key, 0.5, x.shape) * 2
    logits = x @ w["fc2"] + w["fc2_bias"]
    return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()


adam = optax.adam(1e-4)


@partial(jax.jit, donate_argnums=0)
def step(state, indices, images, targets):
    """Return the weights, the optimizer state, and the random key after one step."""
    weights, moments, key = state
    subkey, key = jax.random.split(key)
    gradients = jax.grad(loss_of)(weights, images[indices], targets[indices], subkey)
    updates, moments = adam.update(gradients, moments)
    return optax.apply_updates(weights, updates), moments, key


class Loop:
    """The training state and its turns."""

    def __init__(self) -> None:
        weights = initial_weights(jax.random.key(0))
        self.state = (weights, adam.init(weights), jax.random.key(1))
        self.generator = np.random.default_rng(0)

    def train(self) -> None:
        """Train one turn."""
        order = self.generator.permutation(len(images))
        for start in range(0, STEPS * BATCH, BATCH):
            self.state = step(self.state, order[start : start + BATCH], images, targets)
        jax.block_until_ready(self.state)


serve_turns(Loop().train)
