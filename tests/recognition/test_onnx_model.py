from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from onnx import TensorProto, helper, numpy_helper

from inklab.errors import ArtifactError, DataError
from inklab.recognition import OnnxModel
from inklab.recognition.onnx_model import _MOST_FIELDS, check_onnx

Linear = Callable[..., onnx.ModelProto]


def images(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, 28, 28), np.uint8)


def test_by_hand(linear: Linear) -> None:
    network = OnnxModel(linear(scale=2).SerializeToString())
    assert (network.opset, network.outputs) == (20, 10)
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 14, 9:12] = 255, 51, 0
    assert_allclose(network(image), [[2, 0.4, *[0] * 8]], rtol=1e-6)
    assert OnnxModel(linear(outputs=11).SerializeToString()).outputs == 11


@pytest.mark.parametrize("n", [0, 1, 7, 64])
def test_any_number_of_images(linear: Linear, n: int) -> None:
    logits = OnnxModel(linear().SerializeToString())(images(n))
    assert logits.shape == (n, 10)
    assert logits.dtype == np.float32
    assert_allclose(logits, images(n)[:, 14, 9:19] * np.float32(20 / 255), rtol=1e-5)


@pytest.mark.parametrize("n", [0, 1, 63, 64, 65, 500])
def test_batches_on_every_core_come_back_in_order(linear: Linear, n: int) -> None:
    network = OnnxModel(linear().SerializeToString())
    expected = [network(image[np.newaxis])[0] for image in images(n)]
    assert_array_equal(network.logits(images(n)), np.array(expected, np.float32).reshape(n, 10))


@pytest.mark.parametrize("shape", [(28, 28), (1, 784), (1, 1, 28, 28)])
def test_other_images_are_refused(linear: Linear, shape: tuple[int, ...]) -> None:
    network = OnnxModel(linear().SerializeToString())
    with pytest.raises(DataError, match=r"expected uint8 \(n, 28, 28\), ink 255 on 0"):
        network.logits(np.zeros(shape, np.uint8))
    with pytest.raises(DataError, match=r"the images are float64 \(1, 28, 28\); expected uint8"):
        network.logits(np.zeros((1, 28, 28)))  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"the images are of type list; expected uint8"):
        network.logits([[0]])  # type: ignore[arg-type]


def test_many_threads_at_once(linear: Linear) -> None:
    network = OnnxModel(linear().SerializeToString())
    expected = [network(images(64, seed)) for seed in range(20)]
    with ThreadPoolExecutor(8) as pool:
        for found, right in zip(
            pool.map(lambda seed: network(images(64, seed)), range(20)), expected, strict=True
        ):
            assert_array_equal(found, right)


def custom_operator(model: onnx.ModelProto) -> None:
    model.graph.node[0].domain = "com.microsoft"


def custom_opset(model: onnx.ModelProto) -> None:
    model.opset_import[0].domain = "ai.onnx.ml"


def two_opsets(model: onnx.ModelProto) -> None:
    model.opset_import.append(helper.make_opsetid("", 20))


def no_opset(model: onnx.ModelProto) -> None:
    model.ClearField("opset_import")


def old_opset(model: onnx.ModelProto) -> None:
    model.opset_import[0].version = 9


def newer_opset(model: onnx.ModelProto) -> None:
    model.opset_import[0].version = 21


def weights_elsewhere(model: onnx.ModelProto) -> None:
    weights = model.graph.initializer[0]
    weights.ClearField("raw_data")
    weights.external_data.add(key="location", value="/etc/passwd")
    weights.data_location = TensorProto.EXTERNAL


def weights_elsewhere_without_a_place(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].data_location = TensorProto.EXTERNAL


def constant_elsewhere(model: onnx.ModelProto) -> None:
    constant = numpy_helper.from_array(np.zeros(1, np.float32))
    constant.external_data.add(key="location", value="weights.bin")
    model.graph.node.insert(0, helper.make_node("Constant", [], ["unused"], value=constant))


def a_function(model: onnx.ModelProto) -> None:
    model.functions.add(name="f", domain="mine")


def training_information(model: onnx.ModelProto) -> None:
    model.training_info.add()


def sparse_weights(model: onnx.ModelProto) -> None:
    model.graph.sparse_initializer.add()


def a_loop(model: onnx.ModelProto) -> None:
    model.graph.node.append(
        helper.make_node("Loop", ["", ""], ["x"], body=helper.make_graph([], "b", [], []))
    )


def many_graphs(model: onnx.ModelProto) -> None:
    attribute = model.graph.node[0].attribute.add(name="bodies", type=onnx.AttributeProto.GRAPHS)
    attribute.graphs.append(helper.make_graph([], "b", [], []))


def an_output_without_a_name(model: onnx.ModelProto) -> None:
    parts = helper.make_node("Split", ["flat"], ["", "rest"], axis=1, num_outputs=2)  # onnxruntime dies of it
    model.graph.node.append(parts)


def unknown_operator(model: onnx.ModelProto) -> None:
    model.graph.node[0].op_type = "Backdoor"


def other_input(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[3].dim_value = 32


def fixed_batch(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 2


def two_outputs(model: onnx.ModelProto) -> None:
    model.graph.output.append(helper.make_tensor_value_info("flat", TensorProto.FLOAT, ["n", 784]))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (custom_operator, "operators of 'com.microsoft'; expected ONNX's own only"),
        (custom_opset, "operators of 'ai.onnx.ml'"),
        (two_opsets, "1 graphs and 2 opsets; expected one each"),
        (no_opset, "1 graphs and 0 opsets"),
        (old_opset, "opset 9; expected 17 to 20"),
        (newer_opset, "opset 21; expected 17 to 20"),
        (weights_elsewhere, "weights in another file"),
        (weights_elsewhere_without_a_place, "weights in another file"),
        (constant_elsewhere, "weights in another file"),
        (a_function, "functions of its own"),
        (training_information, "training information"),
        (sparse_weights, "sparse weights"),
        (a_loop, "a graph within the graph"),
        (many_graphs, "graphs within the graph"),
        (an_output_without_a_name, "an output that has no name"),
        (unknown_operator, "cannot be loaded: .*Backdoor"),
        (other_input, r"expected float images \(n, 1, 28, 28\)|cannot be loaded"),
        (fixed_batch, r"expected float images \(n, 1, 28, 28\)"),
        (two_outputs, r"expected float images \(n, 1, 28, 28\)"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_refused(linear: Linear, spoil: Callable[[onnx.ModelProto], None], message: str) -> None:
    model = linear()
    spoil(model)
    with pytest.raises(ArtifactError, match=message) as refused:
        OnnxModel(model.SerializeToString())
    assert "\n" not in str(refused.value)


def test_other_numbers_of_classes_are_refused(linear: Linear) -> None:
    with pytest.raises(ArtifactError, match=r"to logits \(n, 10\) or \(n, 11\)"):
        OnnxModel(linear(outputs=12).SerializeToString())


@pytest.mark.parametrize("content", [b"", b"\x00", b"PK\x03\x04", b"\xff" * 100, b"\x3a\xff\xff\xff\xff\x0f"])
def test_what_is_no_network(content: bytes) -> None:
    with pytest.raises(ArtifactError):
        OnnxModel(content)


@given(data=st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_never_gets_further_than_an_error(linear: Linear, data: st.DataObject) -> None:
    content = bytearray(linear().SerializeToString())
    place = data.draw(st.sampled_from([*range(60), *range(len(content) - 150, len(content))]))
    content[place] = data.draw(st.integers(0, 255))
    with suppress(ArtifactError):
        OnnxModel(bytes(content[: data.draw(st.integers(place, len(content)))]))(images(1))


@pytest.mark.parametrize("name", ["images", "n"])
def test_names_that_are_no_text_are_refused(linear: Linear, name: str) -> None:
    model = linear()
    letters = name.encode()
    model.graph.input[0].name = model.graph.node[0].input[0] = "images"
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "n"
    content = model.SerializeToString()
    field = bytes([len(letters)]) + letters
    assert field in content
    with pytest.raises(ArtifactError):
        OnnxModel(content.replace(field, bytes([len(letters)]) + b"\xff" * len(letters)))


def test_the_walk_ends() -> None:
    with pytest.raises(ArtifactError, match=f"has over {_MOST_FIELDS:,} parts"):
        check_onnx(b"\x08\x01" * (_MOST_FIELDS + 1))
    with pytest.raises(ArtifactError, match="over ten bytes"):
        check_onnx(b"\x08" + b"\xff" * 100)


def test_memory_is_bounded(linear: Linear) -> None:
    """A network that makes a table of 40,000 x 40,000 of a single weight is stopped in time."""
    model = linear()
    graph = model.graph
    graph.node[1].output[0] = "answer"
    graph.initializer.append(numpy_helper.from_array(np.ones((1, 1), np.float32), "one"))
    graph.initializer.append(numpy_helper.from_array(np.array([40_000, 40_000]), "shape"))
    graph.node.append(helper.make_node("Expand", ["one", "shape"], ["large"]))
    graph.node.append(helper.make_node("ReduceMax", ["large"], ["largest"], keepdims=1))
    graph.node.append(helper.make_node("Add", ["answer", "largest"], ["logits"]))
    network = OnnxModel(model.SerializeToString())
    with pytest.raises(ArtifactError, match=r"^the network cannot be run: .*Expand"):
        network(images(1))
    network = OnnxModel(linear().SerializeToString())
    assert len(network(images(3))) == 3, "another goes on"
