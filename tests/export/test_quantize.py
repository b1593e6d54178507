"""Quantize to int8: by hand, against the float network, and as artifacts."""

from collections import OrderedDict
from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

from inklab.data import Dataset
from inklab.errors import ArtifactError
from inklab.explain.attribution import saliency
from inklab.explain.layers import LayerInspector
from inklab.export import export, quantize
from inklab.export.export import export_network, to_onnx
from inklab.export.fold_batch_norm import fold_batch_norm
from inklab.export.quantize import quantize_static_int8
from inklab.models import build_network, predict_logits
from inklab.recognition import OnnxModel
from inklab.training import Training, find_recipe


def halving_network() -> nn.Sequential:
    """Return a network whose logit d is half of pixel (14, 9 + d)."""
    conv, linear = nn.Conv2d(1, 1, 1, bias=False), nn.Linear(784, 10)
    with torch.no_grad():
        conv.weight.fill_(0.5)
        linear.weight.zero_()
        linear.bias.zero_()
        linear.weight[range(10), range(14 * 28 + 9, 14 * 28 + 19)] = 1
    layers = OrderedDict(conv=conv, relu=nn.ReLU(), flatten=nn.Flatten(), fc=linear)
    return nn.Sequential(layers).eval()


def test_quantized_logits_by_hand() -> None:
    calibration = np.zeros((1, 28, 28), np.uint8)
    calibration[0, 14, 9] = 128  # the largest activation; larger ones are clipped
    network = OnnxModel(quantize_static_int8(to_onnx(halving_network()), calibration))
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 14, 9:13] = 255, 128, 32, 1
    integers = np.round(np.array([255, 128, 32, 1]) * 255 / 128).clip(0, 255)  # the scale is 128/255/255
    assert_allclose(network(image)[0, :4], integers * 128 / 255 / 255 / 2, rtol=1e-5)
    assert_allclose(network(image)[0, 4:], 0)


@pytest.fixture(scope="module")
def few(mnist: Dataset) -> Dataset:
    return replace(mnist, name="few", train=mnist.train[:1000], valid=mnist.valid[:500])


@pytest.fixture(scope="module")
def trained(few: Dataset) -> nn.Module:
    """A network, trained for a second."""
    recipe = find_recipe("fast-99", network_options={"width": 8}, steps=60, log_every=60, eval_every=60)
    training = Training(recipe, few.train, few.valid)
    for _ in training:
        pass
    return training.model.eval()


def test_convolutions_are_quantized_and_logits_hardly_change(few: Dataset, trained: nn.Module) -> None:
    floats = to_onnx(fold_batch_norm(trained))
    content = quantize_static_int8(floats, few.train.images)
    assert content == quantize_static_int8(floats, few.train.images), "equal networks give equal bytes"
    model = onnx.load_from_string(content)
    producers = {name: node.op_type for node in model.graph.node for name in node.output}
    for node in model.graph.node:
        if node.op_type == "Conv":
            assert {producers[name] for name in node.input} == {"DequantizeLinear"}
    assert [opset.domain for opset in model.opset_import] == [""]
    expected = predict_logits(trained, few.valid.images)
    differences = np.abs(OnnxModel(content).logits(few.valid.images) - expected)
    assert 0 < differences.mean() < 0.02 * np.ptp(expected)


def test_shifted_zero_points_change_no_logit(
    few: Dataset, trained: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    floats = to_onnx(fold_batch_norm(trained))
    content = quantize_static_int8(floats, few.train.images)
    monkeypatch.setattr(quantize, "_MIN_PRODUCTS", 1e9)
    unshifted = quantize_static_int8(floats, few.train.images)
    values = {
        tensor.name: onnx.numpy_helper.to_array(tensor)
        for tensor in onnx.load_from_string(content).graph.initializer
    }
    weights = [name for name in values if name.endswith(".weight_quantized")]
    zero_points = {name: set(values[name.replace("quantized", "zero_point")]) for name in weights}
    large = {name for name in weights if values[name][0].size >= 64}
    assert 0 < len(large) < len(weights), "the network has small and large convolutions"
    assert all(zero_points[name] == {0} for name in set(weights) - large)
    assert any(zero_points[name] == {1} for name in large)
    images = few.valid.images[:64]
    assert_array_equal(OnnxModel(content)(images), OnnxModel(unshifted)(images))


@pytest.mark.parametrize(
    ("pair", "shift"), [((63, 63), 1), ((64, 62), 1), ((64, 63), -1), ((-64, -64), 1), ((64, -64), 1)]
)
def test_the_sum_of_two_products_fits_int16(pair: tuple[int, int], shift: int) -> None:
    weights = np.zeros((2, 4, 3, 3), np.int8)
    weights[1, 2:, 2, 0] = pair
    assert quantize._weight_shift(weights) == shift
    assert 255 * int(np.sum(pair) + 2 * shift) <= np.iinfo(np.int16).max
    weights[0, :2, 1, 1] = -64
    assert quantize._weight_shift(weights) == (1 if shift == 1 else 0), "neither shift fits"
    apart = np.zeros((1, 4, 3, 3), np.int8)
    apart[0, 1:3, 0, 0] = 64
    assert quantize._weight_shift(apart) == 1, "the products of these two are not added"


def test_explanations_use_the_network_without_quantization(few: Dataset, trained: nn.Module) -> None:
    int8 = export_network(trained, few, name="small", recipe={}, int8=True)
    float32 = export_network(trained, few, name="small", recipe={})
    assert [artifact.card.metrics["network"]["bits"] for artifact in (int8, float32)] == [8, 32]
    assert int8.card.metrics["network"]["size_bytes"] == len(int8.onnx)
    inspector, image = LayerInspector(int8), few.valid.images[0]
    kinds = [layer.kind for layer in LayerInspector(float32).layers if layer.kind != "batch norm"]
    assert sorted(layer.kind for layer in inspector.layers) == sorted(kinds)
    quantized, unquantized = int8.network(image[np.newaxis]), inspector.network(image[np.newaxis])
    assert 0 < np.abs(quantized - unquantized).max() < 0.1 * np.ptp(unquantized)
    logits = inspector.activations(image)[inspector.layers[-1].output].ravel()
    assert_allclose(logits, unquantized[0], rtol=1e-4, atol=1e-5)
    maps = np.stack([saliency(network, image, 3).ravel() for network in (inspector, LayerInspector(float32))])
    assert np.corrcoef(maps).min() > 0.9, "quantization would drown the effect of a single pixel"


def test_the_images_that_set_the_ranges_are_evenly_spaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantize, "MAX_IMAGES", 10)
    dark, bright = np.zeros((14, 28, 28), np.uint8), np.zeros((14, 28, 28), np.uint8)
    dark[:, 14, 9] = 32
    bright[:-1, 14, 9], bright[-1, 14, 9] = 32, 255
    content = to_onnx(halving_network())
    assert quantize_static_int8(content, dark) != quantize_static_int8(content, bright), (
        "the last image is one of them"
    )


def test_a_network_that_int8_makes_less_accurate_is_not_exported(
    few: Dataset, trained: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    always_nine = nn.Linear(784, 10)
    with torch.no_grad():
        always_nine.weight.zero_()
        always_nine.bias.copy_(torch.arange(10))
    replacement = to_onnx(nn.Sequential(nn.Flatten(), always_nine).eval())
    monkeypatch.setattr(export, "quantize_static_int8", lambda *_: replacement)
    expected = (
        r"int8 is correct on \d+ of 500 valid images, float32 on \d+; expected at most 5 fewer; .* --int8"
    )
    with pytest.raises(ArtifactError, match=expected):
        export_network(trained, few, name="small", recipe={}, int8=True)
    valid = few.valid
    not_nine = np.flatnonzero(valid.labels != 9)[:5]
    tiny = replace(few, valid=replace(valid, images=valid.images[not_nine], labels=valid.labels[not_nine]))
    with pytest.raises(
        ArtifactError, match=r"int8 is correct on 0 of 5 valid images, float32 on \d; .* at most 1 fewer"
    ):
        export_network(trained, tiny, name="small", recipe={}, int8=True)


def test_a_network_without_a_convolution_is_not_quantized(few: Dataset) -> None:
    content = to_onnx(build_network("softmax-regression", {}, seed=0).eval())
    with pytest.raises(
        ArtifactError, match="the network has no convolution to quantize; export it without --int8"
    ):
        quantize_static_int8(content, few.train.images)
