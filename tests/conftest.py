"""Fixtures and settings that several test folders share."""

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import settings

from inklab.data import Dataset, load_mnist
from inklab.recognition import Artifact, Calibration, Card

if TYPE_CHECKING:
    from onnx import ModelProto

os.environ.setdefault("GOMP_SPINCOUNT", "20000")  # before torch loads: parallel tests share the cores
os.environ.setdefault("SCIPY_ARRAY_API", "1")  # before scipy loads, or scikit-learn skips a check
os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # before Ray loads: it binds to 127.0.0.1

settings.register_profile("untimed", deadline=None)  # a busy machine must not fail a test
settings.load_profile("untimed")
pytest.register_assert_rewrite("drawn_digits", "small_runs", "cli_runner", "web_visits")


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    """The bundled MNIST, loaded once."""
    return load_mnist()


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Run torch on one thread: faster for small steps if other processes use the cores."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def linear() -> "Callable[..., ModelProto]":
    """Return a function that builds a network: logit d is `scale` times pixel (14, 9 + d)."""
    from onnx import TensorProto, helper, numpy_helper

    def build(outputs: int = 10, scale: float = 20.0) -> "ModelProto":
        weights = np.zeros((784, outputs), np.float32)
        weights[range(14 * 28 + 9, 14 * 28 + 9 + outputs), range(outputs)] = scale
        graph = helper.make_graph(
            [
                helper.make_node("Flatten", ["images"], ["flat"]),
                helper.make_node("MatMul", ["flat", "weights"], ["logits"]),
            ],
            "linear",
            [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 1, 28, 28])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", outputs])],
            [numpy_helper.from_array(weights, "weights")],
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)

    return build


@pytest.fixture
def artifact(linear: "Callable[..., ModelProto]") -> Artifact:
    """An artifact whose logits are ten pixels in the middle of an image."""
    thresholds = {0.01: 0.5, 0.005: 0.2, 0.001: 0.01}
    card = Card(
        name="linear",
        calibration=Calibration(temperature=2.0, thresholds=thresholds, rejection_threshold=0.6),
        trained_on="nothing",
        calibrated_on="nothing",
        metrics={"valid": {"accuracy": 0.5}},
    )
    return Artifact(linear().SerializeToString(), card)
