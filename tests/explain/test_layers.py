"""Networks opened: the layers that every image passes, for every family of networks."""

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
    "dropconnect-cnn": {"samples": 2},  # fewer operators are exported sooner
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


def test_every_number_is_what_its_account_says(network: LayerInspector, mnist: Dataset) -> None:
    seen = network.look(mnist.test.images[0])
    random = np.random.default_rng(0)
    for layer in network.layers:
        maps = seen[layer.output]
        assert maps.shape == layer.shape
        corners = [(0, 0, 0), tuple(size - 1 for size in layer.shape)]
        some = [tuple(int(random.integers(size)) for size in layer.shape) for _ in range(10)]
        for map_, row, column in corners + some:
            found = explain_unit(layer, seen, map_, row, column)
            assert_allclose(found.value, maps[map_, row, column], rtol=1e-4, atol=1e-5)
            if layer.filters is not None:
                assert_allclose(found.parts.sum() + found.bias, found.value, rtol=1e-9, atol=1e-9)


def test_the_last_layer_puts_out_the_logits(network: LayerInspector, mnist: Dataset) -> None:
    image = mnist.test.images[1]
    logits = network.network(image[np.newaxis])[0]
    assert_allclose(network.look(image)[network.layers[-1].output].ravel(), logits, rtol=1e-5, atol=1e-5)


def test_the_last_layer_makes_the_logits_of_the_last_hidden_layer(
    network: LayerInspector, mnist: Dataset
) -> None:
    images, last = mnist.test.images[:101], network.layers[-1]  # more than a batch
    assert last.filters is not None
    assert last.biases is not None
    made = network.penultimate_features(images) @ last.filters.reshape(len(last.filters), -1).T + last.biases
    assert_allclose(made, network.network.logits(images), rtol=1e-4, atol=1e-4)


def test_the_shipped_network_is_all_there() -> None:
    opened = LayerInspector(Recognizer().artifact)
    convolutions = [layer.name for layer in opened.layers if layer.kind == "convolution"]
    assert convolutions == ["conv1", "conv2a", "conv2b", "conv3a", "conv3b"]
    assert [layer.kind for layer in opened.layers].count("rectifying") == 5
    assert [layer.kind for layer in opened.layers].count("pooling") == 3
    assert opened.layers[-1].kind == "fully connected"


def test_what_happens_beside_the_way_is_no_layer() -> None:
    model = build_network("dropconnect-mlp", {"samples": 2}, seed=0)
    opened = LayerInspector(Artifact(to_onnx(model), Recognizer().artifact.card))
    assert [(layer.name, layer.below) for layer in opened.layers] == [("out", (800, 1, 1))]


def test_a_network_of_another_maker_has_layers_too(linear: "Callable[..., ModelProto]") -> None:
    opened = LayerInspector(Artifact(linear().SerializeToString(), Recognizer().artifact.card))
    (layer,) = opened.layers
    assert (layer.name, layer.kind, layer.shape, layer.below) == (
        "fc1",
        "fully connected",
        (10, 1, 1),
        (1, 28, 28),
    )


def test_a_committee_is_opened_column_by_column() -> None:
    columns = [build_network("softmax-regression", {}, seed=seed) for seed in (0, 1)]
    committee = Artifact(to_onnx(Ensemble(columns)), Recognizer().artifact.card)
    with pytest.raises(
        ArtifactError, match=r"has no layer that every image passes, .*; open one of its columns"
    ):
        LayerInspector(committee)


def rounded(model: "ModelProto", *after: float | list[float]) -> Artifact:
    """Return a network whose image is rounded to bytes and made numbers again, with this scale and zero."""
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


def test_bytes_that_are_no_rounded_numbers_are_refused(linear: "Callable[..., ModelProto]") -> None:
    assert LayerInspector(rounded(linear(), 0.5)).layers
    message = "bytes that are no rounded numbers; it cannot be opened"
    for after in ([0.25], [[0.5]], [0.5, 1], [0.5, [0]]):
        with pytest.raises(ArtifactError, match=message):
            LayerInspector(rounded(linear(), *after))
    cast = rounded(linear(), 0.5)
    model = load_from_string(cast.onnx)
    model.graph.node[0].CopyFrom(helper.make_node("Cast", ["images"], ["bytes"], to=TensorProto.UINT8))
    with pytest.raises(ArtifactError, match=message):
        LayerInspector(Artifact(model.SerializeToString(), cast.card))


def no_text(model: "ModelProto") -> None:
    content = model.SerializeToString().replace(b"flat", b"\xff\xfe\xfd\xfc")
    model.ParseFromString(content)


def too_few_bytes(model: "ModelProto") -> None:
    model.graph.initializer.add(name="unused", dims=[5], data_type=TensorProto.FLOAT, raw_data=b"ab")


def a_negative_side(model: "ModelProto") -> None:
    model.graph.initializer.add(name="unused", dims=[-1, 3], data_type=TensorProto.FLOAT, raw_data=bytes(20))


def no_rows(model: "ModelProto") -> None:
    """Let a layer look at a number alone, without an image's axes."""
    nodes = [
        helper.make_node("ReduceSum", ["images"], ["sum"], keepdims=0),
        helper.make_node("Relu", ["sum"], ["positive"]),
        helper.make_node("Expand", ["positive", "ten"], ["logits"]),
    ]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.append(numpy_helper.from_array(np.array([1, 10]), "ten"))


@pytest.mark.parametrize("spoil", [no_text, too_few_bytes, a_negative_side, no_rows])
def test_what_is_not_as_it_should_be_is_an_error(
    spoil: "Callable[[ModelProto], None]", linear: "Callable[..., ModelProto]"
) -> None:
    model = linear()
    spoil(model)
    with pytest.raises(ArtifactError):
        LayerInspector(Artifact(model.SerializeToString(), Recognizer().artifact.card))


@pytest.mark.parametrize("shape", [(), (1,), (10,), (1, 10)])
def test_a_bias_may_have_any_shape_that_onnx_gives_it(
    shape: tuple[int, ...], linear: "Callable[..., ModelProto]", mnist: Dataset
) -> None:
    model = linear()
    product = next(node for node in model.graph.node if node.op_type == "MatMul")
    product.op_type = "Gemm"
    product.input.append("bias")
    bias = np.arange(np.prod(shape, dtype=int), dtype=np.float32).reshape(shape) + 1
    model.graph.initializer.append(numpy_helper.from_array(bias, "bias"))
    opened = LayerInspector(Artifact(model.SerializeToString(), Recognizer().artifact.card))
    seen, layer = opened.look(mnist.test.images[0]), opened.layers[-1]
    assert_allclose(explain_unit(layer, seen, 9, 0, 0).value, seen[layer.output][9, 0, 0], rtol=1e-5)
    assert explain_unit(layer, seen, 9, 0, 0).bias == np.broadcast_to(bias, (1, 10))[0, 9]


def test_weights_with_scales_of_another_number_are_refused(linear: "Callable[..., ModelProto]") -> None:
    for axis, scales in ((7, [1.0, 1.0]), (0, [1.0, 1.0, 1.0])):
        model = linear()
        for name, value in (("q", np.zeros((2, 2), np.int8)), ("scales", np.array(scales, np.float32))):
            model.graph.initializer.append(numpy_helper.from_array(value, name))
        node = helper.make_node("DequantizeLinear", ["q", "scales"], ["unused"], axis=axis)
        model.graph.node.insert(0, node)
        with pytest.raises(
            ArtifactError, match=f"no scale for each slice along axis {axis}|cannot be loaded"
        ):
            LayerInspector(Artifact(model.SerializeToString(), Recognizer().artifact.card))


def test_a_node_may_look_at_nothing(linear: "Callable[..., ModelProto]") -> None:
    model = linear()
    value = numpy_helper.from_array(np.array(0, np.float32))
    nodes = [helper.make_node("Constant", [], ["unused"], value=value), *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    opened = LayerInspector(Artifact(model.SerializeToString(), Recognizer().artifact.card))
    assert [layer.name for layer in opened.layers] == ["fc1"]
