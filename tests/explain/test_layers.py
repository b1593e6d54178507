"""LayerInspector: the layers of every family of networks, and malformed ONNX files."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from onnx import TensorProto, helper, load_from_string, numpy_helper

from inklab.data import Dataset
from inklab.errors import ArtifactError
from inklab.explain.layers import LayerInspector
from inklab.explain.unit import explain_unit
from inklab.export.export import to_onnx
from inklab.models import NETWORKS, Ensemble, build_network
from inklab.recognition import Artifact, Recognizer

if TYPE_CHECKING:
    from onnx import ModelProto

OPTIONS = {
    "mcdnn-column": {"digit_width": 14},
    "dropconnect-cnn": {"samples": 2},  # fewer operators export faster
    "dropconnect-mlp": {"samples": 2},
}


@pytest.fixture(scope="module", params=sorted(NETWORKS))
def network(request: pytest.FixtureRequest) -> LayerInspector:
    name = request.param
    if name == "deep-cnn":
        return LayerInspector(Recognizer().artifact)  # the shipped network is one
    model = build_network(name, OPTIONS.get(name, {}), seed=0)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1, generator=torch.Generator().manual_seed(parameter.numel()))
    return LayerInspector(Artifact(to_onnx(model), Recognizer().artifact.card))


def test_every_value_equals_its_explanation(network: LayerInspector, mnist: Dataset) -> None:
    activations = network.activations(mnist.test.images[0])
    random = np.random.default_rng(0)
    for layer in network.layers:
        maps = activations[layer.output]
        assert maps.shape == layer.shape
        corners = [(0, 0, 0), tuple(size - 1 for size in layer.shape)]
        sampled = [tuple(int(random.integers(size)) for size in layer.shape) for _ in range(10)]
        for map_, row, column in corners + sampled:
            explanation = explain_unit(layer, activations, map_, row, column)
            assert_allclose(explanation.value, maps[map_, row, column], rtol=1e-4, atol=1e-5)
            if layer.filters is not None:
                assert_allclose(
                    explanation.parts.sum() + explanation.bias, explanation.value, rtol=1e-9, atol=1e-9
                )


def test_the_output_of_the_last_layer_is_the_logits(network: LayerInspector, mnist: Dataset) -> None:
    image = mnist.test.images[1]
    logits = network.network(image[np.newaxis])[0]
    assert_allclose(
        network.activations(image)[network.layers[-1].output].ravel(), logits, rtol=1e-5, atol=1e-5
    )


def test_the_last_layer_maps_penultimate_features_to_logits(network: LayerInspector, mnist: Dataset) -> None:
    images, last = mnist.test.images[:101], network.layers[-1]  # more than a batch
    assert last.filters is not None
    assert last.biases is not None
    logits = (
        network.penultimate_features(images) @ last.filters.reshape(len(last.filters), -1).T + last.biases
    )
    assert_allclose(logits, network.network.logits(images), rtol=1e-4, atol=1e-4)


def test_the_layers_of_the_shipped_network() -> None:
    inspector = LayerInspector(Recognizer().artifact)
    convolutions = [layer.name for layer in inspector.layers if layer.kind == "convolution"]
    assert convolutions == ["conv1", "conv2a", "conv2b", "conv3a", "conv3b"]
    assert [layer.kind for layer in inspector.layers].count("ReLU") == 5
    assert [layer.kind for layer in inspector.layers].count("pooling") == 3
    assert inspector.layers[-1].kind == "fully connected"


def test_parallel_branches_are_not_listed() -> None:
    model = build_network("dropconnect-mlp", {"samples": 2}, seed=0)
    inspector = LayerInspector(Artifact(to_onnx(model), Recognizer().artifact.card))
    assert [(layer.name, layer.input_shape) for layer in inspector.layers] == [("out", (800, 1, 1))]


def test_a_network_not_made_by_inklab_can_be_inspected(linear: "Callable[..., ModelProto]") -> None:
    inspector = LayerInspector(Artifact(linear().SerializeToString(), Recognizer().artifact.card))
    (layer,) = inspector.layers
    assert (layer.name, layer.kind, layer.shape, layer.input_shape) == (
        "fc1",
        "fully connected",
        (10, 1, 1),
        (1, 28, 28),
    )


def test_an_ensemble_cannot_be_inspected() -> None:
    members = [build_network("softmax-regression", {}, seed=seed) for seed in (0, 1)]
    ensemble = Artifact(to_onnx(Ensemble(members)), Recognizer().artifact.card)
    with pytest.raises(
        ArtifactError, match=r"has no layer on every path from image to logits; .* Inspect a single member"
    ):
        LayerInspector(ensemble)


def quantized(model: "ModelProto", *after: float | list[float]) -> Artifact:
    """Return a network that quantizes its input and dequantizes it with this scale and zero point."""
    graph, first = model.graph, model.graph.node[0]
    names = ["scale", "zero"][: len(after)]
    graph.initializer.append(numpy_helper.from_array(np.array(0.5, np.float32), "half"))
    for name, value, kind in zip(names, after, (np.float32, np.uint8), strict=False):
        graph.initializer.append(numpy_helper.from_array(np.array(value, kind), name))
    into = helper.make_node("QuantizeLinear", [first.input[0], "half"], ["bytes"])
    out_of = helper.make_node("DequantizeLinear", ["bytes", *names], ["numbers"])
    first.input[0] = "numbers"
    nodes = [into, out_of, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    return Artifact(model.SerializeToString(), Recognizer().artifact.card)


def test_dequantized_bytes_that_were_not_quantized_are_refused(linear: "Callable[..., ModelProto]") -> None:
    assert LayerInspector(quantized(linear(), 0.5)).layers
    message = "dequantizes integers that no node quantized"
    for after in ([0.25], [[0.5]], [0.5, 1], [0.5, [0]]):
        with pytest.raises(ArtifactError, match=message):
            LayerInspector(quantized(linear(), *after))
    cast = quantized(linear(), 0.5)
    model = load_from_string(cast.onnx)
    model.graph.node[0].CopyFrom(helper.make_node("Cast", ["images"], ["bytes"], to=TensorProto.UINT8))
    with pytest.raises(ArtifactError, match=message):
        LayerInspector(Artifact(model.SerializeToString(), cast.card))


def invalid_utf8(model: "ModelProto") -> None:
    content = model.SerializeToString().replace(b"flat", b"\xff\xfe\xfd\xfc")
    model.ParseFromString(content)


def too_few_bytes(model: "ModelProto") -> None:
    model.graph.initializer.add(name="unused", dims=[5], data_type=TensorProto.FLOAT, raw_data=b"ab")


def negative_dimension(model: "ModelProto") -> None:
    model.graph.initializer.add(name="unused", dims=[-1, 3], data_type=TensorProto.FLOAT, raw_data=bytes(20))


def scalar_input(model: "ModelProto") -> None:
    """Give a layer a scalar as input."""
    nodes = [
        helper.make_node("ReduceSum", ["images"], ["sum"], keepdims=0),
        helper.make_node("Relu", ["sum"], ["positive"]),
        helper.make_node("Expand", ["positive", "ten"], ["logits"]),
    ]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.append(numpy_helper.from_array(np.array([1, 10]), "ten"))


@pytest.mark.parametrize("spoil", [invalid_utf8, too_few_bytes, negative_dimension, scalar_input])
def test_malformed_files_are_refused(
    spoil: "Callable[[ModelProto], None]", linear: "Callable[..., ModelProto]"
) -> None:
    model = linear()
    spoil(model)
    with pytest.raises(ArtifactError):
        LayerInspector(Artifact(model.SerializeToString(), Recognizer().artifact.card))


@pytest.mark.parametrize("shape", [(), (1,), (10,), (1, 10)])
def test_a_bias_may_have_any_shape_that_onnx_allows(
    shape: tuple[int, ...], linear: "Callable[..., ModelProto]", mnist: Dataset
) -> None:
    model = linear()
    product = next(node for node in model.graph.node if node.op_type == "MatMul")
    product.op_type = "Gemm"
    product.input.append("bias")
    bias = np.arange(np.prod(shape, dtype=int), dtype=np.float32).reshape(shape) + 1
    model.graph.initializer.append(numpy_helper.from_array(bias, "bias"))
    inspector = LayerInspector(Artifact(model.SerializeToString(), Recognizer().artifact.card))
    activations, layer = inspector.activations(mnist.test.images[0]), inspector.layers[-1]
    assert_allclose(
        explain_unit(layer, activations, 9, 0, 0).value, activations[layer.output][9, 0, 0], rtol=1e-5
    )
    assert explain_unit(layer, activations, 9, 0, 0).bias == np.broadcast_to(bias, (1, 10))[0, 9]


def test_a_wrong_number_of_scales_is_refused(linear: "Callable[..., ModelProto]") -> None:
    for axis, scales in ((7, [1.0, 1.0]), (0, [1.0, 1.0, 1.0])):
        model = linear()
        for name, value in (("q", np.zeros((2, 2), np.int8)), ("scales", np.array(scales, np.float32))):
            model.graph.initializer.append(numpy_helper.from_array(value, name))
        node = helper.make_node("DequantizeLinear", ["q", "scales"], ["unused"], axis=axis)
        model.graph.node.insert(0, node)
        with pytest.raises(
            ArtifactError, match=f"lacks a scale for each slice along axis {axis}|cannot be loaded"
        ):
            LayerInspector(Artifact(model.SerializeToString(), Recognizer().artifact.card))


def test_a_node_without_inputs_is_allowed(linear: "Callable[..., ModelProto]") -> None:
    model = linear()
    value = numpy_helper.from_array(np.array(0, np.float32))
    nodes = [helper.make_node("Constant", [], ["unused"], value=value), *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    inspector = LayerInspector(Artifact(model.SerializeToString(), Recognizer().artifact.card))
    assert [layer.name for layer in inspector.layers] == ["fc1"]
