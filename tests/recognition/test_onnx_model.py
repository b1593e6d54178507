"""Run ONNX networks: logits by hand, batches, threads, and the memory bound."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from onnx import helper, numpy_helper

from inklab.errors import ArtifactError, DataError
from inklab.recognition import OnnxModel

Linear = Callable[..., onnx.ModelProto]


def images(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, 28, 28), np.uint8)


def test_logits_by_hand(linear: Linear) -> None:
    network = OnnxModel(linear(scale=2).SerializeToString())
    assert (network.opset, network.outputs) == (20, 10)
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 14, 9:12] = 255, 51, 0
    assert_allclose(network(image), [[2, 0.4, *[0] * 8]], rtol=1e-6)
    assert OnnxModel(linear(outputs=11).SerializeToString()).outputs == 11


@pytest.mark.parametrize("n", [0, 1, 7, 64])
def test_any_batch_size(linear: Linear, n: int) -> None:
    logits = OnnxModel(linear().SerializeToString())(images(n))
    assert logits.shape == (n, 10)
    assert logits.dtype == np.float32
    assert_allclose(logits, images(n)[:, 14, 9:19] * np.float32(20 / 255), rtol=1e-5)


@pytest.mark.parametrize("n", [0, 1, 63, 64, 65, 500])
def test_batches_of_all_cores_keep_their_order(linear: Linear, n: int) -> None:
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


def test_many_threads_share_one_network(linear: Linear) -> None:
    network = OnnxModel(linear().SerializeToString())
    expected = [network(images(64, seed)) for seed in range(20)]
    with ThreadPoolExecutor(8) as pool:
        for logits, right in zip(
            pool.map(lambda seed: network(images(64, seed)), range(20)), expected, strict=True
        ):
            assert_array_equal(logits, right)


def test_memory_is_bounded(linear: Linear) -> None:
    """A network that expands a single weight to 40,000 x 40,000 fails before it takes the memory."""
    model = linear()
    graph = model.graph
    graph.node[1].output[0] = "unshifted"
    graph.initializer.append(numpy_helper.from_array(np.ones((1, 1), np.float32), "one"))
    graph.initializer.append(numpy_helper.from_array(np.array([40_000, 40_000]), "shape"))
    graph.node.append(helper.make_node("Expand", ["one", "shape"], ["large"]))
    graph.node.append(helper.make_node("ReduceMax", ["large"], ["largest"], keepdims=1))
    graph.node.append(helper.make_node("Add", ["unshifted", "largest"], ["logits"]))
    network = OnnxModel(model.SerializeToString())
    with pytest.raises(ArtifactError, match=r"^the network cannot be run: .*Expand"):
        network(images(1))
    network = OnnxModel(linear().SerializeToString())
    assert len(network(images(3))) == 3, "other networks still run"
