"""Phases: by hand, against the whole convolution, there and back, and what must stay as it is."""

from collections import OrderedDict
from collections.abc import Callable

import numpy as np
import onnx
import pytest
import torch
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from onnx import ModelProto, helper, numpy_helper
from torch import nn

from inklab.data import Dataset
from inklab.errors import ArtifactError
from inklab.export import quantize as int8
from inklab.export.export import to_onnx
from inklab.export.quantize import fold_batch_norm, quantize_static_int8
from inklab.models import build_network
from inklab.onnxgraph.fuse_conv_pool import fuse_conv_pool, unfuse_conv_pool
from inklab.onnxgraph.remove_quantization import remove_quantization
from inklab.recognition import OnnxModel

Images = NDArray[np.uint8]


@pytest.fixture(scope="module")
def images(mnist: Dataset) -> Images:
    return mnist.train.images[:200]


def rounded(model: nn.Module, images: Images) -> ModelProto:
    """Return a network in eight bits, whole."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(int8, "fuse_conv_pool", lambda model: model)
        return onnx.load_from_string(quantize_static_int8(to_onnx(fold_batch_norm(model)), images))


def first_of(*layers: nn.Module) -> nn.Sequential:
    """Return a network that begins with these layers."""
    torch.manual_seed(0)
    numbers = nn.Sequential(*layers, nn.Flatten())(torch.zeros(1, 1, 28, 28)).shape[1]
    named = [(f"layer{number}", layer) for number, layer in enumerate(layers)]
    return nn.Sequential(OrderedDict([*named, ("flat", nn.Flatten()), ("fc", nn.Linear(numbers, 10))])).eval()


def learned(model: ModelProto) -> dict[str, NDArray[np.generic]]:
    return {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}


def test_by_hand(images: Images) -> None:
    convolution = nn.Conv2d(1, 1, 5, padding=2, bias=False)
    with torch.no_grad():
        convolution.weight.zero_()
        convolution.weight[0, 0, 0, 0], convolution.weight[0, 0, 2, 3] = 1, -1
    made = fuse_conv_pool(rounded(first_of(convolution, nn.ReLU(), nn.MaxPool2d(2)), images))
    (filters,) = (one for name, one in learned(made).items() if one.shape == (4, 4, 3, 3))
    # Two up and two left of each pixel of a pool, and one to the right of it:
    expected = np.zeros((4, 4, 3, 3), np.int8)
    expected[0, 0, 0, 0], expected[0, 1, 1, 1] = 64, -64
    expected[1, 1, 0, 0], expected[1, 0, 1, 2] = 64, -64
    expected[2, 2, 0, 0], expected[2, 3, 1, 1] = 64, -64
    expected[3, 3, 0, 0], expected[3, 2, 1, 2] = 64, -64
    assert_array_equal(filters, expected)


@pytest.mark.parametrize("name", ["deep-cnn", "lesson-cnn"])
def test_no_answer_changes_by_a_bit(name: str, images: Images) -> None:
    before = rounded(build_network(name, {}, seed=0).eval(), images)
    kept = before.SerializeToString(deterministic=True)
    made = fuse_conv_pool(before)
    assert before.SerializeToString(deterministic=True) == kept, "what is given stays as it is"
    assert {"SpaceToDepth", "Split", "Max"} <= {node.op_type for node in made.graph.node}
    onnx.checker.check_model(made, full_check=True)
    found, expected = (OnnxModel(one.SerializeToString())(images) for one in (made, before))
    assert_array_equal(found, expected)
    again = unfuse_conv_pool(made)
    assert [node.op_type for node in again.graph.node] == [node.op_type for node in before.graph.node]
    for one, values in learned(before).items():
        assert_array_equal(learned(again)[one], values)
    assert_array_equal(OnnxModel(again.SerializeToString())(images), expected)


@pytest.mark.parametrize(
    "network",
    [
        first_of(nn.Conv2d(1, 3, 5, padding=2), nn.ReLU()),
        first_of(nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        first_of(nn.Conv2d(1, 3, 5), nn.ReLU(), nn.MaxPool2d(2)),
        first_of(nn.Conv2d(1, 3, 5, padding=2, stride=2), nn.ReLU(), nn.MaxPool2d(2)),
        first_of(nn.Conv2d(1, 3, 5, padding=2, dilation=2), nn.ReLU(), nn.MaxPool2d(2)),
        first_of(nn.Conv2d(1, 3, 5, padding=2), nn.ReLU(), nn.MaxPool2d(4)),
        first_of(nn.Conv2d(1, 3, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2, dilation=2)),
        first_of(nn.MaxPool2d(2), nn.Conv2d(1, 3, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        first_of(nn.Conv2d(1, 1, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        first_of(twice := nn.Conv2d(1, 1, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), twice),
    ],
    ids=[
        "no pool",
        "3 x 3",
        "no margin",
        "stride",
        "dilation",
        "pool of 4",
        "dilated pool",
        "not the image",
        "a map alone, of which onnxruntime rounds the bias otherwise",
        "filters that are used twice",
    ],
)
def test_another_first_layer_stays_as_it_is(network: nn.Sequential, images: Images) -> None:
    model = rounded(network, images)
    assert fuse_conv_pool(model) is model
    assert unfuse_conv_pool(model) is model


def other_filter(model: ModelProto) -> None:
    """Change one phase of one map."""
    (filters,) = (one for one in model.graph.initializer if list(one.dims[1:]) == [4, 3, 3])
    values = numpy_helper.to_array(filters).copy()
    values[-1, 0, 1, 1] ^= 1
    filters.CopyFrom(numpy_helper.from_array(values, filters.name))


def floats(model: ModelProto) -> None:
    """Give the filters as floats, not rounded."""
    node = next(one for one in model.graph.node if one.op_type == "Conv")
    node.input[1] = "filters"
    model.graph.initializer.append(numpy_helper.from_array(np.ones((128, 4, 3, 3), np.float32), "filters"))


def turned(model: ModelProto) -> None:
    """Turn the filters on their way."""
    node = next(one for one in model.graph.node if one.op_type == "Conv")
    at = list(model.graph.node).index(node)
    model.graph.node.insert(at, helper.make_node("Transpose", [node.input[1]], ["turned"], perm=[0, 1, 3, 2]))
    model.graph.node[at + 1].input[1] = "turned"


def shared(model: ModelProto) -> None:
    """Let another layer read what the first has learned."""
    other = next(one for one in model.graph.node if one.output[0] == "conv2.bias")
    other.input[2] = "conv1.bias_quantized_zero_point"


def seen(model: ModelProto) -> None:
    """Let another node read a phase."""
    split = next(one for one in model.graph.node if one.op_type == "Split")
    model.graph.node.append(helper.make_node("Identity", [split.output[1]], ["seen"]))


@pytest.mark.parametrize("change", [other_filter, floats, turned, shared, seen], ids=lambda one: one.__name__)
def test_what_was_not_made_of_one_convolution_is_not_taken_for_one(
    change: Callable[[ModelProto], None], images: Images
) -> None:
    model = fuse_conv_pool(rounded(build_network("lesson-cnn", {}, seed=0).eval(), images))
    change(model)
    assert unfuse_conv_pool(model) is model
    with pytest.raises(ArtifactError):
        remove_quantization(model)
