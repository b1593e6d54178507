"""Phases: against the whole convolution, there and back."""

from collections import OrderedDict

import numpy as np
import onnx
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from torch import nn

from inklab.data import DataSet
from inklab.eight_bits import folded, in_eight_bits
from inklab.errors import ArtifactError
from inklab.export import to_onnx
from inklab.models import build_network
from inklab.opened.unrounded import unrounded
from inklab.phases import in_phases, whole
from inklab.recognition import Network


@pytest.fixture(scope="module")
def images(mnist: DataSet) -> NDArray[np.uint8]:
    return mnist.train.images[:200]


def rounded(model: nn.Module, images: NDArray[np.uint8]) -> onnx.ModelProto:
    """Return a network in eight bits."""
    return onnx.load_from_string(in_eight_bits(to_onnx(folded(model)), images))


def operators(model: onnx.ModelProto) -> set[str]:
    return {node.op_type for node in model.graph.node}


def first_of(*layers: nn.Module) -> nn.Sequential:
    """Return a network that begins with these layers, for images of one map."""
    torch.manual_seed(0)
    numbers = nn.Sequential(*layers, nn.Flatten())(torch.zeros(1, 1, 28, 28)).shape[1]
    named = [(f"layer{number}", layer) for number, layer in enumerate(layers)]
    return nn.Sequential(OrderedDict([*named, ("flat", nn.Flatten()), ("fc", nn.Linear(numbers, 10))]))


@pytest.mark.parametrize("name", ["deep-cnn", "lesson-cnn"])
def test_no_answer_changes_by_a_bit(name: str, images: NDArray[np.uint8]) -> None:
    model = rounded(build_network(name, {}, seed=0).eval(), images)
    before = whole(model)
    assert {"SpaceToDepth", "Split", "Max"} <= operators(model)
    assert not {"SpaceToDepth", "Split", "Max"} & operators(before)
    for one in (model, before):
        onnx.checker.check_model(one, full_check=True)
    assert in_phases(before) == model, "there and back"
    found, expected = (Network(one.SerializeToString())(images) for one in (model, before))
    assert_array_equal(found, expected)


def test_what_is_whole_again_has_the_filters_of_before(images: NDArray[np.uint8]) -> None:
    network = build_network("lesson-cnn", {}, seed=0).eval()
    learned = {
        one.name: onnx.numpy_helper.to_array(one)
        for one in unrounded(rounded(network, images)).graph.initializer
    }
    found, expected = (
        learned["conv1.weight_DequantizeLinear_Output"],
        network.get_parameter("conv1.weight").detach().numpy(),
    )
    largest = np.abs(expected).max(axis=(1, 2, 3), keepdims=True)
    assert found.shape == expected.shape
    assert_allclose(found / largest, expected / largest, rtol=0, atol=0.5 / 63)  # seven bits hold -64 to 64


@pytest.mark.parametrize(
    "network",
    [
        first_of(nn.Conv2d(1, 3, 5, padding=2), nn.ReLU()),
        first_of(nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        first_of(nn.Conv2d(1, 3, 5), nn.ReLU(), nn.MaxPool2d(2)),
        first_of(nn.Conv2d(1, 3, 5, padding=2, stride=2), nn.ReLU(), nn.MaxPool2d(2)),
        first_of(nn.Conv2d(1, 3, 5, padding=2), nn.ReLU(), nn.MaxPool2d(4)),
        first_of(nn.MaxPool2d(2), nn.Conv2d(1, 3, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
    ],
    ids=["no pool", "3 x 3", "no margin", "stride", "pool of 4", "not the image"],
)
def test_another_first_layer_stays_as_it_is(network: nn.Sequential, images: NDArray[np.uint8]) -> None:
    model = rounded(network.eval(), images)
    assert "SpaceToDepth" not in operators(model)
    assert in_phases(model) is model
    assert whole(model) is model


def test_phases_that_are_not_one_convolution_are_not_taken_for_one(images: NDArray[np.uint8]) -> None:
    model = rounded(build_network("lesson-cnn", {}, seed=0).eval(), images)
    for one in model.graph.initializer:
        if one.name == "conv1.weight_quantized":
            filters = onnx.numpy_helper.to_array(one).copy()
            filters[-1, 0, 1, 1] += 1
            one.CopyFrom(onnx.numpy_helper.from_array(filters, one.name))
    assert whole(model) is model
    with pytest.raises(ArtifactError, match="bytes that are no rounded numbers"):
        unrounded(model)
