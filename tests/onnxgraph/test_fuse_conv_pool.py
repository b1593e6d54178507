"""Fuse a convolution and its pooling: by hand, against the original, back again, and other networks."""

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
from inklab.export import quantize
from inklab.export.export import to_onnx
from inklab.export.fold_batch_norm import fold_batch_norm
from inklab.export.quantize import quantize_static_int8
from inklab.models import build_network
from inklab.onnxgraph.fuse_conv_pool import fuse_conv_pool, unfuse_conv_pool
from inklab.onnxgraph.remove_quantization import remove_quantization
from inklab.recognition import OnnxModel

Images = NDArray[np.uint8]


@pytest.fixture(scope="module")
def images(mnist: Dataset) -> Images:
    return mnist.train.images[:200]


def quantized(model: nn.Module, images: Images) -> ModelProto:
    """Return a quantized network that is not fused."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quantize, "fuse_conv_pool", lambda model: model)
        return onnx.load_from_string(quantize_static_int8(to_onnx(fold_batch_norm(model)), images))


def network_of(*layers: nn.Module) -> nn.Sequential:
    """Return a network of these layers and a fully connected one."""
    torch.manual_seed(0)
    features = nn.Sequential(*layers, nn.Flatten())(torch.zeros(1, 1, 28, 28)).shape[1]
    named = [(f"layer{number}", layer) for number, layer in enumerate(layers)]
    return nn.Sequential(
        OrderedDict([*named, ("flat", nn.Flatten()), ("fc", nn.Linear(features, 10))])
    ).eval()


def initializers(model: ModelProto) -> dict[str, NDArray[np.generic]]:
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def test_fused_weights_by_hand(images: Images) -> None:
    convolution = nn.Conv2d(1, 1, 5, padding=2, bias=False)
    with torch.no_grad():
        convolution.weight.zero_()
        convolution.weight[0, 0, 0, 0], convolution.weight[0, 0, 2, 3] = 1, -1
    fused = fuse_conv_pool(quantized(network_of(convolution, nn.ReLU(), nn.MaxPool2d(2)), images))
    (weights,) = (values for values in initializers(fused).values() if values.shape == (4, 4, 3, 3))
    # For each pixel of a pool: 1 two rows up and two columns left of it, -1 one column right of it.
    expected = np.zeros((4, 4, 3, 3), np.int8)
    expected[0, 0, 0, 0], expected[0, 1, 1, 1] = 64, -64
    expected[1, 1, 0, 0], expected[1, 0, 1, 2] = 64, -64
    expected[2, 2, 0, 0], expected[2, 3, 1, 1] = 64, -64
    expected[3, 3, 0, 0], expected[3, 2, 1, 2] = 64, -64
    assert_array_equal(weights, expected)


@pytest.mark.parametrize("name", ["deep-cnn", "lesson-cnn"])
def test_the_outputs_are_identical_bit_for_bit(name: str, images: Images) -> None:
    original = quantized(build_network(name, {}, seed=0).eval(), images)
    content = original.SerializeToString(deterministic=True)
    fused = fuse_conv_pool(original)
    assert original.SerializeToString(deterministic=True) == content, "the original is not changed"
    assert {"SpaceToDepth", "Split", "Max"} <= {node.op_type for node in fused.graph.node}
    onnx.checker.check_model(fused, full_check=True)
    expected = OnnxModel(content)(images)
    assert_array_equal(OnnxModel(fused.SerializeToString())(images), expected)
    unfused = unfuse_conv_pool(fused)
    assert [node.op_type for node in unfused.graph.node] == [node.op_type for node in original.graph.node]
    for tensor, values in initializers(original).items():
        assert_array_equal(initializers(unfused)[tensor], values)
    assert_array_equal(OnnxModel(unfused.SerializeToString())(images), expected)


@pytest.mark.parametrize(
    "network",
    [
        network_of(nn.Conv2d(1, 3, 5, padding=2), nn.ReLU()),
        network_of(nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        network_of(nn.Conv2d(1, 3, 5), nn.ReLU(), nn.MaxPool2d(2)),
        network_of(nn.Conv2d(1, 3, 5, padding=2, stride=2), nn.ReLU(), nn.MaxPool2d(2)),
        network_of(nn.Conv2d(1, 3, 5, padding=2, dilation=2), nn.ReLU(), nn.MaxPool2d(2)),
        network_of(nn.Conv2d(1, 3, 5, padding=2), nn.ReLU(), nn.MaxPool2d(4)),
        network_of(nn.Conv2d(1, 3, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2, dilation=2)),
        network_of(nn.MaxPool2d(2), nn.Conv2d(1, 3, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        network_of(nn.Conv2d(1, 1, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        network_of(twice := nn.Conv2d(1, 1, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), twice),
    ],
    ids=[
        "no pool",
        "3 x 3",
        "no padding",
        "stride",
        "dilation",
        "pool of 4",
        "dilated pool",
        "not the image",
        "a single map, whose bias onnxruntime quantizes differently",
        "weights used twice",
    ],
)
def test_another_first_layer_is_not_fused(network: nn.Sequential, images: Images) -> None:
    model = quantized(network, images)
    assert fuse_conv_pool(model) is model
    assert unfuse_conv_pool(model) is model


def change_weight(model: ModelProto) -> None:
    """Change one weight at one position of the pool."""
    (tensor,) = (tensor for tensor in model.graph.initializer if list(tensor.dims[1:]) == [4, 3, 3])
    values = numpy_helper.to_array(tensor).copy()
    values[-1, 0, 1, 1] ^= 1
    tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))


def use_float_weights(model: ModelProto) -> None:
    """Replace the quantized weights by floats."""
    conv = next(node for node in model.graph.node if node.op_type == "Conv")
    conv.input[1] = "floats"
    model.graph.initializer.append(numpy_helper.from_array(np.ones((128, 4, 3, 3), np.float32), "floats"))


def transpose_weights(model: ModelProto) -> None:
    """Insert a transposition of the weights."""
    conv = next(node for node in model.graph.node if node.op_type == "Conv")
    position = list(model.graph.node).index(conv)
    transpose = helper.make_node("Transpose", [conv.input[1]], ["transposed"], perm=[0, 1, 3, 2])
    model.graph.node.insert(position, transpose)
    model.graph.node[position + 1].input[1] = "transposed"


def share_parameter(model: ModelProto) -> None:
    """Let a second layer read a parameter of the first."""
    dequantize = next(node for node in model.graph.node if node.output[0] == "conv2.bias")
    dequantize.input[2] = "conv1.bias_quantized_zero_point"


def read_position(model: ModelProto) -> None:
    """Let another node read one position of the pool."""
    split = next(node for node in model.graph.node if node.op_type == "Split")
    model.graph.node.append(helper.make_node("Identity", [split.output[1]], ["read"]))


@pytest.mark.parametrize(
    "change",
    [change_weight, use_float_weights, transpose_weights, share_parameter, read_position],
    ids=lambda change: change.__name__,
)
def test_a_network_that_no_fusion_made_is_not_unfused(
    change: Callable[[ModelProto], None], images: Images
) -> None:
    model = fuse_conv_pool(quantized(build_network("lesson-cnn", {}, seed=0).eval(), images))
    change(model)
    assert unfuse_conv_pool(model) is model
    with pytest.raises(ArtifactError):
        remove_quantization(model)
