"""Attribution: how much each pixel contributes to a prediction, found by changing pixels of the image."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from inklab.constants import IMAGE_SIZE, N_CLASSES
from inklab.errors import DataError
from inklab.explain.layers import Floats, LayerInspector

STEP = 16
"""How much `saliency` changes a pixel, of 255, in both directions."""
PATCH = 5
"""The side of the square that `occlusion` blanks, in pixels."""


@dataclass(frozen=True, eq=False)
class PixelContributions:
    """The terms of a single layer's logits: logit = sum(pixels) + bias."""

    pixels: Floats
    """(10, 28, 28): weight times pixel."""
    biases: Floats
    """(10,)."""


def saliency(network: LayerInspector, image: NDArray[np.uint8], digit: int) -> NDArray[np.float64]:
    """Return the derivative of a digit's log odds with respect to each pixel, by central differences.

        s_ij = (l(image + STEP at ij) - l(image - STEP at ij)) / (change of the pixel / 255)
        l = log p / (1 - p)

    Log odds still change where the probability is almost 0 or 1. At pixel values 0 and 255 the difference is
    one-sided. The image is (28, 28) uint8, the digit 0 to 9.

    Returns:
        (28, 28) float64, nats per full pixel of ink; where positive, more ink makes the digit more probable.

    Raises:
        DataError: no digit, or no image.

    Source: Simonyan et al. 2014, Deep Inside Convolutional Networks, section 3, which uses the gradient.
    """
    _check(image, digit)
    ink, pixel = image.ravel().astype(np.int64), np.arange(image.size)
    more, less = np.minimum(ink + STEP, 255), np.maximum(ink - STEP, 0)
    changed = np.tile(image.ravel(), (2, image.size, 1))  # (2, 784, 784)
    changed[:, pixel, pixel] = more, less
    odds = _log_odds(network, changed.reshape(-1, *image.shape), digit).reshape(2, -1)
    slope: NDArray[np.float64] = (odds[0] - odds[1]) / ((more - less) / 255)
    return slope.reshape(image.shape)


def occlusion(network: LayerInspector, image: NDArray[np.uint8], digit: int) -> NDArray[np.float64]:
    """Return the probability of a digit after the ink around each pixel is removed.

    A patch of `PATCH` x `PATCH` pixels around each pixel is set to 0. The network is run only where the
    patch has ink. The image is (28, 28) uint8, the digit 0 to 9.

    Returns:
        (28, 28) float64 in [0, 1]; small where the prediction depends on the ink.

    Raises:
        DataError: no digit, or no image.

    Source: Zeiler and Fergus 2014, Visualizing and Understanding Convolutional Networks, section 4.2.
    """
    _check(image, digit)
    edge = PATCH // 2
    patches = sliding_window_view(np.pad(image, edge), (PATCH, PATCH))  # (28, 28, PATCH, PATCH)
    odds = np.full(image.shape, _log_odds(network, image[np.newaxis], digit)[0])
    rows, columns = np.nonzero(patches.any(axis=(2, 3)))
    blanked = image[np.newaxis].repeat(len(rows), axis=0)
    for copy, row, column in zip(blanked, rows, columns, strict=True):
        copy[max(row - edge, 0) : row + edge + 1, max(column - edge, 0) : column + edge + 1] = 0
    if len(rows):
        odds[rows, columns] = _log_odds(network, blanked, digit)
    probability: NDArray[np.float64] = 1 / (1 + np.exp(-odds))
    return probability


def pixel_contributions(network: LayerInspector, image: NDArray[np.uint8]) -> PixelContributions | None:
    """Return what each pixel adds to each digit's logit; None unless the network is a single layer."""
    layers = network.layers
    if len(layers) != 1 or layers[0].filters is None or layers[0].input_shape != (1, *image.shape):
        return None
    weights, biases = layers[0].filters[:N_CLASSES, 0], layers[0].biases  # (10, 28, 28)
    if biases is None:
        biases = np.zeros(N_CLASSES, np.float32)
    return PixelContributions(weights * (image.astype(np.float32) / np.float32(255)), biases[:N_CLASSES])


def _log_odds(network: LayerInspector, images: NDArray[np.uint8], digit: int) -> NDArray[np.float64]:
    """Return (n,) log p/(1 - p), from the logits, so that it stays finite where p rounds to 0 or 1."""
    logits = network.artifact.card.calibration.scale(network.network.logits(images))  # (n, 10)
    others = np.delete(logits, digit, axis=1)  # (n, 9)
    largest = others.max(axis=1)
    odds: NDArray[np.float64] = logits[:, digit] - largest - np.log(np.exp(others.T - largest).sum(axis=0))
    return odds


def _check(image: NDArray[np.uint8], digit: int) -> None:
    shape = (IMAGE_SIZE, IMAGE_SIZE)
    if image.shape != shape or not 0 <= digit < N_CLASSES:
        raise DataError(
            f"digit {digit}, image of shape {image.shape}; expected a digit from 0 to 9 and shape {shape}"
        )
