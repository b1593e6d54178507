"""Eight bits: by hand, against the network of floats, and as artifacts."""

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
from inklab.export import export
from inklab.export import quantize as int8
from inklab.export.export import export_network, to_onnx
from inklab.export.quantize import fold_batch_norm, quantize_static_int8
from inklab.models import NETWORKS, Ensemble, build_network, predict_logits
from inklab.recognition import OnnxModel
from inklab.training import Training, find_recipe

CONVOLUTIONS = sorted(set(NETWORKS) - {"softmax-regression", "mlp", "dropconnect-mlp"})


def stirred(name: str) -> nn.Module:
    """Return a network whose normalisations do something, and some of them turn the numbers around."""
    model = build_network(name, {"samples": 2} if name == "dropconnect-cnn" else {}, seed=0).eval()
    generator = torch.Generator().manual_seed(1)
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for values in (layer.weight, layer.bias, layer.running_mean):
                assert values is not None
                nn.init.normal_(values, generator=generator)
    return model


def selecting() -> nn.Sequential:
    """Return a network that halves each pixel; logit d is half of pixel 9 + d of row 14."""
    halving, picking = nn.Conv2d(1, 1, 1, bias=False), nn.Linear(784, 10)
    with torch.no_grad():
        halving.weight.fill_(0.5)
        picking.weight.zero_()
        picking.bias.zero_()
        picking.weight[range(10), range(14 * 28 + 9, 14 * 28 + 19)] = 1
    layers = OrderedDict(halve=halving, relu=nn.ReLU(), flatten=nn.Flatten(), fc=picking)
    return nn.Sequential(layers).eval()


def test_by_hand() -> None:
    seen = np.zeros((1, 28, 28), np.uint8)
    seen[0, 14, 9] = 128  # the largest: more than that is not held
    network = OnnxModel(quantize_static_int8(to_onnx(selecting()), seen))
    asked = np.zeros((1, 28, 28), np.uint8)
    asked[0, 14, 9:13] = 255, 128, 32, 1
    steps = np.round(np.array([255, 128, 32, 1]) * 255 / 128).clip(0, 255)  # of 128/255/255 of a whole pixel
    assert_allclose(network(asked)[0, :4], steps * 128 / 255 / 255 / 2, rtol=1e-5)
    assert_allclose(network(asked)[0, 4:], 0)


@pytest.mark.parametrize("name", [*CONVOLUTIONS, "committee"])
def test_a_folded_network_answers_as_before(name: str, mnist: Dataset) -> None:
    images = mnist.valid.images[:16]
    model = Ensemble([stirred("deep-cnn"), stirred("mcdnn-column")]) if name == "committee" else stirred(name)
    expected = predict_logits(model, images)
    found = predict_logits(fold_batch_norm(model), images)
    assert_allclose(found, expected, rtol=0, atol=1e-4 * float(np.abs(expected).max()))
    assert_allclose(predict_logits(model, images), expected, rtol=0, atol=0)


def test_what_rises_is_folded_and_what_falls_is_not() -> None:
    model = build_network("deep-cnn", {"width": 4}, seed=0).eval()
    names = ["conv1", "relu1", "pool1", "conv2a", "relu2a", "conv2b", "relu2b", "pool2"]
    assert [name for name, _ in fold_batch_norm(model).named_children()][:8] == names
    falling = model.get_submodule("norm1")
    assert isinstance(falling, nn.BatchNorm2d)
    with torch.no_grad():
        falling.weight[1] = -1
    assert [name for name, _ in fold_batch_norm(model).named_children()][:4] == [
        "conv1",
        "pool1",
        "norm1",
        "relu1",
    ]


@pytest.fixture(scope="module")
def few(mnist: Dataset) -> Dataset:
    return replace(mnist, name="few", train=mnist.train[:1000], valid=mnist.valid[:500])


@pytest.fixture(scope="module")
def learned(few: Dataset) -> nn.Module:
    """A network that has learned for a second."""
    recipe = find_recipe("fast-99", network_options={"width": 8}, steps=60, log_every=60, eval_every=60)
    training = Training(recipe, few.train, few.valid)
    for _ in training:
        pass
    return training.model.eval()


def test_convolutions_compute_with_bytes_and_answers_hardly_change(few: Dataset, learned: nn.Module) -> None:
    floats = to_onnx(fold_batch_norm(learned))
    content = quantize_static_int8(floats, few.train.images)
    assert content == quantize_static_int8(floats, few.train.images), "the same network gives the same bytes"
    found = onnx.load_from_string(content)
    makers = {name: node.op_type for node in found.graph.node for name in node.output}
    for node in found.graph.node:
        if node.op_type == "Conv":
            assert {makers[name] for name in node.input} == {"DequantizeLinear"}
    assert [one.domain for one in found.opset_import] == [""]
    expected = predict_logits(learned, few.valid.images)
    differences = np.abs(OnnxModel(content).logits(few.valid.images) - expected)
    assert 0 < differences.mean() < 0.02 * np.ptp(expected)


def test_where_many_products_are_added_up_the_zero_of_weights_is_moved_and_no_answer_with_it(
    few: Dataset, learned: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    floats = to_onnx(fold_batch_norm(learned))
    content = quantize_static_int8(floats, few.train.images)
    monkeypatch.setattr(int8, "_MANY", 1e9)
    plain = quantize_static_int8(floats, few.train.images)
    moved, before = (
        {one.name: onnx.numpy_helper.to_array(one) for one in onnx.load_from_string(one).graph.initializer}
        for one in (content, plain)
    )
    filters = [name for name in before if name.endswith(".weight_quantized")]
    zeros = {name: set(moved[name.replace("quantized", "zero_point")]) for name in filters}
    many = {name for name in filters if before[name][0].size >= 64}
    assert 0 < len(many) < len(filters), "both are tried"
    assert all(zeros[name] == {0} for name in set(filters) - many)
    assert any(zeros[name] == {1} for name in many)
    images = few.valid.images[:64]
    assert_array_equal(OnnxModel(content)(images), OnnxModel(plain)(images))


@pytest.mark.parametrize(
    ("pair", "move"), [((63, 63), 1), ((64, 62), 1), ((64, 63), -1), ((-64, -64), 1), ((64, -64), 1)]
)
def test_two_products_stay_within_sixteen_bits(pair: tuple[int, int], move: int) -> None:
    filters = np.zeros((2, 4, 3, 3), np.int8)
    filters[1, 2:, 2, 0] = pair
    assert int8._move(filters) == move
    assert 255 * int(np.sum(pair) + 2 * move) <= np.iinfo(np.int16).max
    filters[0, :2, 1, 1] = -64
    assert int8._move(filters) == (1 if move == 1 else 0), "no way is left where both ends are full"
    apart = np.zeros((1, 4, 3, 3), np.int8)
    apart[0, 1:3, 0, 0] = 64
    assert int8._move(apart) == 1, "these two are not added up"


def test_an_artifact_says_so_and_is_shown_as_it_is_before_rounding(few: Dataset, learned: nn.Module) -> None:
    made = export_network(learned, few, name="small", recipe={}, int8=True)
    plain = export_network(learned, few, name="small", recipe={})
    assert [one.card.metrics["network"]["bits"] for one in (made, plain)] == [8, 32]
    assert made.card.metrics["network"]["size_bytes"] == len(made.onnx)
    opened, image = LayerInspector(made), few.valid.images[0]
    kinds = [layer.kind for layer in LayerInspector(plain).layers if layer.kind != "normalising"]
    assert sorted(layer.kind for layer in opened.layers) == sorted(kinds)
    rounded, before = made.network(image[np.newaxis]), opened.network(image[np.newaxis])
    assert 0 < np.abs(rounded - before).max() < 0.1 * np.ptp(before)
    assert_allclose(opened.activations(image)[opened.layers[-1].output].ravel(), before[0], rtol=1e-4, atol=1e-5)
    either = np.stack([saliency(one, image, 3).ravel() for one in (opened, LayerInspector(plain))])
    likeness = np.corrcoef(either)
    assert likeness.min() > 0.9, "rounding would drown what one pixel does"


def test_what_sets_the_scales_is_spread_over_all_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(int8, "SEEN", 10)
    dark, bright = np.zeros((14, 28, 28), np.uint8), np.zeros((14, 28, 28), np.uint8)
    dark[:, 14, 9] = 32
    bright[:-1, 14, 9], bright[-1, 14, 9] = 32, 255
    content = to_onnx(selecting())
    assert quantize_static_int8(content, dark) != quantize_static_int8(content, bright), (
        "the last image is among those seen"
    )


def test_a_network_that_loses_by_it_is_not_exported(
    few: Dataset, learned: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    always_nine = nn.Linear(784, 10)
    with torch.no_grad():
        always_nine.weight.zero_()
        always_nine.bias.copy_(torch.arange(10))
    spoilt = to_onnx(nn.Sequential(nn.Flatten(), always_nine).eval())
    monkeypatch.setattr(export, "quantize_static_int8", lambda *_: spoilt)
    expected = (
        r"in 8 bits \d+ of 500 valid images are right, \d+ before; expected at most 5 less; .* --eight-bits"
    )
    with pytest.raises(ArtifactError, match=expected):
        export_network(learned, few, name="small", recipe={}, int8=True)
    valid = few.valid
    others = np.flatnonzero(valid.labels != 9)[:5]
    tiny = replace(few, valid=replace(valid, images=valid.images[others], labels=valid.labels[others]))
    with pytest.raises(
        ArtifactError, match=r"in 8 bits 0 of 5 valid images are right, \d before; .* at most 1 less"
    ):
        export_network(learned, tiny, name="small", recipe={}, int8=True)


def test_what_has_no_convolution_gains_nothing(few: Dataset) -> None:
    content = to_onnx(build_network("softmax-regression", {}, seed=0).eval())
    with pytest.raises(ArtifactError, match="the network has no convolution, so eight bits gain nothing"):
        quantize_static_int8(content, few.train.images)
