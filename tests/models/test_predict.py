"""as_input and predict_logits: from images to logits."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

from inklab.data import Dataset
from inklab.models import NETWORKS, as_input, build_network, predict_logits
from inklab.models.predict import BATCH_SIZE


def first_pixels(count: int) -> nn.Module:
    """Return a linear network whose first logits are an image's first pixels, in [0, 1]."""
    model = build_network("softmax-regression", seed=0)
    with torch.no_grad():
        model.get_parameter("linear.weight")[:count, :count] = torch.eye(count)
    return model


def test_as_input_by_hand() -> None:
    images = torch.zeros(2, 28, 28, dtype=torch.uint8)
    images[1, 0, :3] = torch.tensor([51, 102, 255])
    x = as_input(images)
    assert x.shape == (2, 1, 28, 28)
    assert x.dtype == torch.float32
    assert_allclose(x[1, 0, 0, :4].numpy(), [0.2, 0.4, 1, 0], rtol=1e-7)
    assert images[1, 0, 2] == 255  # the input array is unchanged
    assert float(as_input(torch.full((1, 28, 28), 255, dtype=torch.uint8)).max()) == 1


def test_float_images_are_not_scaled() -> None:
    images = torch.tensor([[[0.5, -3]], [[7, 0]]])  # (2, 1, 2)
    assert_array_equal(as_input(images).numpy(), [[[[0.5, -3]]], [[[7, 0]]]], strict=False)
    model = build_network("softmax-regression", seed=0, inputs=2, classes=3)
    with torch.no_grad():
        model.get_parameter("linear.weight").copy_(torch.tensor([[1, 0], [0, 1], [1, 1]]))
    assert_array_equal(predict_logits(model, images.numpy()), [[0.5, -3, -2.5], [7, 0, 7]])


def test_computes_in_the_dtype_of_the_weights() -> None:
    # 2^24 + 1 is not a float32: in float32 the 1 is lost before 2^24 is subtracted again.
    images = np.array([[[2**24, 1, -(2**24)]]], np.float32)
    model = build_network("softmax-regression", seed=0, inputs=3, classes=1)
    nn.init.ones_(model.get_parameter("linear.weight"))
    logits = predict_logits(model.double(), images)
    assert logits.dtype == np.float32
    assert logits == 1


def test_logits_by_hand() -> None:
    images = np.zeros((2, 28, 28), np.uint8)
    images[0, 0, :2] = 255, 51
    expected = np.zeros((2, 10), np.float32)
    expected[0, :2] = 1, 0.2
    assert_allclose(predict_logits(first_pixels(2), images), expected, rtol=1e-6)


@pytest.mark.parametrize("n", [1, BATCH_SIZE - 1, BATCH_SIZE, BATCH_SIZE + 1, 2 * BATCH_SIZE + 7])
def test_logits_are_in_the_order_of_the_images(n: int) -> None:
    images = np.zeros((n, 28, 28), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = np.arange(n) % 256, np.arange(n) // 256
    logits = predict_logits(first_pixels(2), images)
    assert logits.shape == (n, 10)
    assert_array_equal(np.rint(logits[:, 0] * 255) + np.rint(logits[:, 1] * 255) * 256, np.arange(n))


@pytest.mark.parametrize("name", sorted(NETWORKS))
@pytest.mark.parametrize("n", [0, 2])
def test_shape_and_dtype(name: str, n: int) -> None:
    logits = predict_logits(build_network(name, seed=0), np.zeros((n, 28, 28), np.uint8))
    assert logits.shape == (n, 10)
    assert logits.dtype == np.float32
    logits += 1  # the array is writable


@pytest.mark.parametrize("is_training", [True, False])
def test_training_mode_is_restored(is_training: bool) -> None:
    model = build_network("lesson-cnn", seed=0).train(is_training)
    for n in (0, 1):
        predict_logits(model, np.zeros((n, 28, 28), np.uint8))
        assert all(module.training is is_training for module in model.modules())
    with pytest.raises(RuntimeError):
        predict_logits(model, np.zeros((1, 5, 5), np.uint8))
    assert all(module.training is is_training for module in model.modules())


def test_dropout_is_off(mnist: Dataset) -> None:
    model = build_network("lesson-cnn", seed=0).train()
    first, second = (predict_logits(model, mnist.test.images[:3]) for _ in range(2))
    assert_array_equal(first, second)


def test_read_only_and_strided_images(mnist: Dataset) -> None:
    model = first_pixels(10)
    images = mnist.test.images[:6]
    assert not images.flags.writeable
    expected = predict_logits(model, images)
    assert_array_equal(predict_logits(model, images[::2]), expected[::2])
    assert_array_equal(predict_logits(model, images[::-1]), expected[::-1])
    mirrored = predict_logits(model, images[:, ::-1, ::-1])
    assert_array_equal(mirrored, predict_logits(model, images[:, ::-1, ::-1].copy()))


def test_no_gradients_are_recorded(mnist: Dataset) -> None:
    model = build_network("softmax-regression", seed=0)
    predict_logits(model, mnist.test.images[:2])
    assert all(parameter.grad is None for parameter in model.parameters())
    model(torch.zeros(1, 1, 28, 28)).sum().backward()  # the model can still be trained
