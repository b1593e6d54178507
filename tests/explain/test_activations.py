"""activations and maps: what the layers of a network put out."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

from inklab.data import Dataset
from inklab.explain.activations import activations, feature_maps
from inklab.models import as_input, build_network, summary


@pytest.fixture(scope="module")
def lesson() -> nn.Sequential:
    model = build_network("lesson-cnn", seed=0).eval()
    assert isinstance(model, nn.Sequential)
    return model


def hooks(model: nn.Module) -> int:
    return sum(len(module._forward_hooks) for module in model.modules())


def test_every_layer_equals_the_network_up_to_it(lesson: nn.Sequential, mnist: Dataset) -> None:
    x = as_input(torch.tensor(mnist.test.images[:2]))
    layers = summary(lesson)
    with activations(lesson, [layer.name for layer in layers]) as seen, torch.no_grad():
        assert seen == {}
        lesson(x)
    assert list(seen) == [layer.name for layer in layers]
    for place, layer in enumerate(layers, start=1):
        assert seen[layer.name].shape == (2, *layer.shape)
        with torch.no_grad():
            assert_array_equal(seen[layer.name].numpy(), lesson[:place](x).numpy(), strict=True)


def test_the_hooks_end_with_the_block(lesson: nn.Sequential) -> None:
    x = torch.zeros(1, 1, 28, 28)
    with activations(lesson, ["conv1", "fc2"]) as seen:
        assert hooks(lesson) == 2
    assert hooks(lesson) == 0
    lesson(x)
    assert seen == {}


def test_the_hooks_end_with_an_exception(lesson: nn.Sequential) -> None:
    with pytest.raises(KeyboardInterrupt), activations(lesson, ["conv1"]):
        raise KeyboardInterrupt
    assert hooks(lesson) == 0


def test_a_name_that_no_layer_has(lesson: nn.Sequential) -> None:
    with pytest.raises(AttributeError, match="conv9"), activations(lesson, ["conv1", "conv9"]):
        pass
    assert hooks(lesson) == 0  # the first one's is gone too


def test_the_latest_call_stays(lesson: nn.Sequential) -> None:
    with activations(lesson, ["fc2"]) as seen:
        lesson(torch.zeros(3, 1, 28, 28))
        latest = lesson(torch.ones(1, 1, 28, 28))
    assert_array_equal(seen["fc2"].numpy(), latest.detach().numpy())
    assert not seen["fc2"].requires_grad


def test_a_layer_that_works_in_place_does_not_change_what_was_seen() -> None:
    model = nn.Sequential(nn.Identity(), nn.ReLU(inplace=True))
    with activations(model, ["0"]) as seen:
        model(torch.tensor([-1.0, 2]))
    assert seen["0"].tolist() == [-1, 2]


@pytest.mark.parametrize(("name", "place"), [("conv1", 1), ("conv2", 4)])
def test_maps_are_taken_before_relu(lesson: nn.Sequential, mnist: Dataset, name: str, place: int) -> None:
    image, _ = mnist.test[0]
    found = feature_maps(lesson, image, name)
    with torch.no_grad():
        expected = lesson[:place](as_input(torch.tensor(image[np.newaxis])))[0].numpy()
    assert_allclose(found, expected, rtol=0, atol=1e-6 * np.abs(expected).max(), strict=True)
    assert (found < 0).any()
    assert (found > 0).any()


def test_maps_leave_the_network_as_it_was(mnist: Dataset) -> None:
    model = build_network("lesson-cnn", seed=0).train()
    found = feature_maps(model, mnist.test.images[0], "conv1")
    assert model.training
    assert hooks(model) == 0
    found += 1  # it is the caller's own
