"""Attribution: saliency against torch's gradient; occlusion and contributions by hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from inklab.data import Dataset
from inklab.errors import DataError
from inklab.explain.attribution import occlusion, pixel_contributions, saliency
from inklab.explain.layers import LayerInspector
from inklab.export.export import to_onnx
from inklab.models import build_network
from inklab.recognition import Artifact, Recognizer

if TYPE_CHECKING:
    from onnx import ModelProto


def test_saliency_is_close_to_the_gradient_of_the_log_odds(mnist: Dataset) -> None:
    model = build_network("softmax-regression", seed=0)
    torch.nn.init.normal_(model.linear.weight, std=0.2, generator=torch.Generator().manual_seed(0))  # type: ignore[union-attr, arg-type]
    card = Recognizer().artifact.card
    artifact = Artifact(to_onnx(model), replace(card, calibration=replace(card.calibration, temperature=2.0)))
    image = mnist.test.images[3]
    pixels = torch.tensor(image[None, None] / 255, dtype=torch.float32, requires_grad=True)
    logs = (model(pixels) / 2.0).log_softmax(dim=1)[0, 4]
    (logs - torch.log1p(-logs.exp())).backward()
    assert pixels.grad is not None
    assert_allclose(
        saliency(LayerInspector(artifact), image, 4), pixels.grad[0, 0].numpy(), rtol=0.02, atol=2e-3
    )


def test_occlusion_is_the_probability_without_a_patch(artifact: Artifact) -> None:
    image = np.zeros((28, 28), np.uint8)
    image[14, 12] = 255  # the pixel that raises the logit of 3
    network = LayerInspector(artifact)
    probability = occlusion(network, image, 3)
    around = np.zeros((28, 28), bool)
    around[12:17, 10:15] = True
    assert_allclose(probability[around], 0.1)  # without it all digits are equally probable
    assert_allclose(
        probability[~around], artifact.card.calibration.probabilities(artifact.network(image[None]))[0, 3]
    )
    assert_allclose(occlusion(network, np.zeros_like(image), 3), 0.1)


def test_pixel_contributions_are_weight_times_pixel(linear: "Callable[..., ModelProto]") -> None:
    network = LayerInspector(Artifact(linear(11, 20.0).SerializeToString(), Recognizer().artifact.card))
    image = np.zeros((28, 28), np.uint8)
    image[14, 9:20] = 51
    contributions = pixel_contributions(network, image)
    assert contributions is not None
    assert_allclose(contributions.pixels.sum(axis=(1, 2)), 4.0)  # a fifth of 20
    assert_allclose(contributions.pixels[3, 14, 12], 4.0)
    assert_array_equal(contributions.biases, 0)
    assert pixel_contributions(LayerInspector(Recognizer().artifact), image) is None


@pytest.mark.parametrize("find", [saliency, occlusion])
def test_a_digit_out_of_range_is_refused(artifact: Artifact, find: Callable[..., object]) -> None:
    with pytest.raises(DataError, match=r"digit 10, image of shape .*; expected a digit from 0 to 9"):
        find(LayerInspector(artifact), np.zeros((28, 28), np.uint8), 10)
