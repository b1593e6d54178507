"""Fold batch norm: the logits stay, and a negative scale is not moved before a pooling."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch import nn

from inklab.data import Dataset
from inklab.export.fold_batch_norm import fold_batch_norm
from inklab.models import NETWORKS, Ensemble, build_network, predict_logits

CONVOLUTIONS = sorted(set(NETWORKS) - {"softmax-regression", "mlp", "dropconnect-mlp"})


def perturbed(name: str) -> nn.Module:
    """Return a network with random batch norm parameters, some of them with a negative scale."""
    model = build_network(name, {"samples": 2} if name == "dropconnect-cnn" else {}, seed=0).eval()
    generator = torch.Generator().manual_seed(1)
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for values in (layer.weight, layer.bias, layer.running_mean):
                assert values is not None
                nn.init.normal_(values, generator=generator)
    return model


@pytest.mark.parametrize("name", [*CONVOLUTIONS, "ensemble"])
def test_a_folded_network_has_the_same_logits(name: str, mnist: Dataset) -> None:
    images = mnist.valid.images[:16]
    model = (
        Ensemble([perturbed("deep-cnn"), perturbed("mcdnn-column")])
        if name == "ensemble"
        else perturbed(name)
    )
    expected = predict_logits(model, images)
    assert_allclose(
        predict_logits(fold_batch_norm(model), images),
        expected,
        rtol=0,
        atol=1e-4 * float(np.abs(expected).max()),
    )
    assert_allclose(predict_logits(model, images), expected, rtol=0, atol=0)


def test_a_batch_norm_with_a_negative_scale_stays_after_its_pooling() -> None:
    model = build_network("deep-cnn", {"width": 4}, seed=0).eval()
    names = ["conv1", "relu1", "pool1", "conv2a", "relu2a", "conv2b", "relu2b", "pool2"]
    assert [name for name, _ in fold_batch_norm(model).named_children()][:8] == names
    batch_norm = model.get_submodule("norm1")
    assert isinstance(batch_norm, nn.BatchNorm2d)
    with torch.no_grad():
        batch_norm.weight[1] = -1
    assert [name for name, _ in fold_batch_norm(model).named_children()][:4] == [
        "conv1",
        "pool1",
        "norm1",
        "relu1",
    ]
