"""Relevance: which pixels an answer hangs on, found by asking the network again with some of them changed."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from inklab.constants import N_CLASSES
from inklab.errors import DataError
from inklab.explain.layers import Floats, LayerInspector

STEP = 16
"""By how much of 255 `saliency` changes a pixel, both ways."""
PATCH = 5
"""Pixels on a side of what `occlusion` blanks."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What speaks for and against each digit in a network of a single layer: logit = sum(pixels) + bias."""

    pixels: Floats
    """(10, 28, 28): weight times pixel."""
    biases: Floats
    """(10,)."""


def saliency(network: LayerInspector, image: NDArray[np.uint8], digit: int) -> NDArray[np.float64]:
    """Return how much the log odds of a digit rise with the ink of each pixel.

        s_ij = (l(image + STEP at ij) - l(image - STEP at ij)) / (change of the pixel / 255)
        l = log p / (1 - p)

    Odds tell a sure answer from a surer one, where the probability itself hardly moves. It is a central
    difference, which in an answer without kinks is nearly the gradient; at 0 and 255 it goes one way.

    Args:
        network: with the temperature on its card.
        image: (28, 28) uint8.
        digit: 0 to 9.

    Returns:
        (28, 28) float64, nats for a whole pixel of ink; above 0, more ink makes the digit more probable.

    Raises:
        DataError: no digit, or no image.

    Source: Simonyan et al. 2014, Deep Inside Convolutional Networks, section 3; with differences in place
    of the gradient.
    """
    _check(image, digit)
    pixel = np.arange(image.size)
    changed = np.repeat(image.reshape(1, 1, -1), 2, axis=0).repeat(image.size, axis=1)  # (2, 784, 784)
    ink = image.reshape(-1).astype(np.int64)
    more, less = np.minimum(ink + STEP, 255), np.maximum(ink - STEP, 0)
    changed[0, pixel, pixel], changed[1, pixel, pixel] = more, less
    odds = _log_odds(network, changed.reshape(-1, *image.shape), digit).reshape(2, -1)
    found: NDArray[np.float64] = (odds[0] - odds[1]) / ((more - less) / 255)
    return found.reshape(image.shape)


def occlusion(network: LayerInspector, image: NDArray[np.uint8], digit: int) -> NDArray[np.float64]:
    """Return how probable a digit is once the ink around each pixel is gone.

    Around each pixel a patch of `PATCH` x `PATCH` is blanked, and the network asked again. Where a patch
    holds no ink nothing would change, so it is not asked.

    Args:
        network: with the temperature on its card.
        image: (28, 28) uint8.
        digit: 0 to 9.

    Returns:
        (28, 28) float64 in [0, 1]: small where the answer hangs on the ink.

    Raises:
        DataError: no digit, or no image.

    Source: Zeiler and Fergus 2014, Visualizing and Understanding Convolutional Networks, section 4.2.
    """
    _check(image, digit)
    edge = PATCH // 2
    around = sliding_window_view(np.pad(image, edge), (PATCH, PATCH))  # (28, 28, PATCH, PATCH)
    found = np.full(image.shape, _log_odds(network, image[np.newaxis], digit)[0])
    rows, columns = np.nonzero(around.any(axis=(2, 3)))
    changed = image[np.newaxis].repeat(len(rows), axis=0)
    for one, row, column in zip(changed, rows, columns, strict=True):
        one[max(row - edge, 0) : row + edge + 1, max(column - edge, 0) : column + edge + 1] = 0
    if len(rows):
        found[rows, columns] = _log_odds(network, changed, digit)
    probability: NDArray[np.float64] = 1 / (1 + np.exp(-found))
    return probability


def pixel_contributions(network: LayerInspector, image: NDArray[np.uint8]) -> Evidence | None:
    """Return what each pixel says for and against each digit; None unless the network is a single layer."""
    layers = network.layers
    if len(layers) != 1 or layers[0].filters is None or layers[0].below != (1, *image.shape):
        return None
    weights = layers[0].filters[:N_CLASSES, 0]  # (10, 28, 28)
    biases = layers[0].biases
    none = np.zeros(N_CLASSES, np.float32)
    pixels: Floats = weights * (image.astype(np.float32) / np.float32(255))
    return Evidence(pixels, none if biases is None else biases[:N_CLASSES])


def _log_odds(network: LayerInspector, images: NDArray[np.uint8], digit: int) -> NDArray[np.float64]:
    """Return (n,) log p/(1 - p), from the logits, which are finite where p itself is as good as 0 or 1."""
    temperature = network.artifact.card.calibration.temperature
    logits = network.network.logits(images)[:, :N_CLASSES].astype(np.float64) / temperature
    others = np.delete(logits, digit, axis=1)  # (n, 9)
    most = others.max(axis=1)
    odds: NDArray[np.float64] = logits[:, digit] - most - np.log(np.exp(others.T - most).sum(axis=0))
    return odds


def _check(image: NDArray[np.uint8], digit: int) -> None:
    if image.shape != (28, 28) or not 0 <= digit < N_CLASSES:
        raise DataError(f"asked about {digit} in {image.shape}; expected a digit from 0 to 9 in (28, 28)")
