"""Which ONNX files are refused before onnxruntime sees them, and which it refuses itself."""

from collections.abc import Callable
from contextlib import suppress

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from inklab.errors import ArtifactError
from inklab.recognition import OnnxModel
from inklab.recognition.onnx_check import MAX_FIELDS, check_onnx

Linear = Callable[..., onnx.ModelProto]


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


def external_weights(model: onnx.ModelProto) -> None:
    weights = model.graph.initializer[0]
    weights.ClearField("raw_data")
    weights.external_data.add(key="location", value="/etc/passwd")
    weights.data_location = TensorProto.EXTERNAL


def external_weights_without_location(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].data_location = TensorProto.EXTERNAL


def external_constant(model: onnx.ModelProto) -> None:
    constant = numpy_helper.from_array(np.zeros(1, np.float32))
    constant.external_data.add(key="location", value="weights.bin")
    model.graph.node.insert(0, helper.make_node("Constant", [], ["unused"], value=constant))


def custom_function(model: onnx.ModelProto) -> None:
    model.functions.add(name="f", domain="mine")


def training_information(model: onnx.ModelProto) -> None:
    model.training_info.add()


def sparse_weights(model: onnx.ModelProto) -> None:
    model.graph.sparse_initializer.add()


def loop(model: onnx.ModelProto) -> None:
    model.graph.node.append(
        helper.make_node("Loop", ["", ""], ["x"], body=helper.make_graph([], "b", [], []))
    )


def several_subgraphs(model: onnx.ModelProto) -> None:
    attribute = model.graph.node[0].attribute.add(name="bodies", type=onnx.AttributeProto.GRAPHS)
    attribute.graphs.append(helper.make_graph([], "b", [], []))


def output_without_name(model: onnx.ModelProto) -> None:
    split = helper.make_node("Split", ["flat"], ["", "rest"], axis=1, num_outputs=2)  # crashes onnxruntime
    model.graph.node.append(split)


def unknown_operator(model: onnx.ModelProto) -> None:
    model.graph.node[0].op_type = "Backdoor"


def other_input_size(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[3].dim_value = 32


def fixed_batch_size(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 2


def two_outputs(model: onnx.ModelProto) -> None:
    model.graph.output.append(helper.make_tensor_value_info("flat", TensorProto.FLOAT, ["n", 784]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (custom_operator, "operators of 'com.microsoft'; expected standard ONNX operators only"),
        (custom_opset, "operators of 'ai.onnx.ml'"),
        (two_opsets, "1 graphs and 2 opsets; expected one each"),
        (no_opset, "1 graphs and 0 opsets"),
        (old_opset, "has opset 9; expected 17 to 20"),
        (newer_opset, "has opset 21; expected 17 to 20"),
        (external_weights, "weights in another file"),
        (external_weights_without_location, "weights in another file"),
        (external_constant, "weights in another file"),
        (custom_function, "functions of its own"),
        (training_information, "training information"),
        (sparse_weights, "sparse weights"),
        (loop, "has a subgraph"),
        (several_subgraphs, "has subgraphs"),
        (output_without_name, "a node output without a name"),
        (unknown_operator, "cannot be loaded: .*Backdoor"),
        (other_input_size, r"expected float images \(n, 1, 28, 28\)|cannot be loaded"),
        (fixed_batch_size, r"expected float images \(n, 1, 28, 28\)"),
        (two_outputs, r"expected float images \(n, 1, 28, 28\)"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_unsafe_networks_are_refused(
    linear: Linear, change: Callable[[onnx.ModelProto], None], message: str
) -> None:
    model = linear()
    change(model)
    with pytest.raises(ArtifactError, match=message) as caught:
        OnnxModel(model.SerializeToString())
    assert "\n" not in str(caught.value)


def test_other_numbers_of_classes_are_refused(linear: Linear) -> None:
    with pytest.raises(ArtifactError, match=r"to logits \(n, 10\) or \(n, 11\)"):
        OnnxModel(linear(outputs=12).SerializeToString())


@pytest.mark.parametrize("content", [b"", b"\x00", b"PK\x03\x04", b"\xff" * 100, b"\x3a\xff\xff\xff\xff\x0f"])
def test_other_content_is_refused(content: bytes) -> None:
    with pytest.raises(ArtifactError):
        OnnxModel(content)


@given(data=st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_raises_nothing_but_an_artifact_error(linear: Linear, data: st.DataObject) -> None:
    content = bytearray(linear().SerializeToString())
    position = data.draw(st.sampled_from([*range(60), *range(len(content) - 150, len(content))]))
    content[position] = data.draw(st.integers(0, 255))
    with suppress(ArtifactError):
        OnnxModel(bytes(content[: data.draw(st.integers(position, len(content)))]))(
            np.zeros((1, 28, 28), np.uint8)
        )


@pytest.mark.parametrize("name", ["images", "n"])
def test_names_that_are_not_utf8_are_refused(linear: Linear, name: str) -> None:
    model = linear()
    encoded = name.encode()
    model.graph.input[0].name = model.graph.node[0].input[0] = "images"
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "n"
    content = model.SerializeToString()
    field = bytes([len(encoded)]) + encoded
    assert field in content
    with pytest.raises(ArtifactError):
        OnnxModel(content.replace(field, bytes([len(encoded)]) + b"\xff" * len(encoded)))


def test_the_number_of_fields_is_bounded() -> None:
    with pytest.raises(ArtifactError, match=f"has over {MAX_FIELDS:,} fields"):
        check_onnx(b"\x08\x01" * (MAX_FIELDS + 1))
    with pytest.raises(ArtifactError, match="over ten bytes"):
        check_onnx(b"\x08" + b"\xff" * 100)
