"""activations: the outputs of the layers, and hooks that are always removed."""

import pytest
import torch
from numpy.testing import assert_array_equal
from torch import nn

from inklab.data import Dataset
from inklab.models import as_input, build_network, summary
from inklab.models.activations import activations


@pytest.fixture(scope="module")
def lesson() -> nn.Sequential:
    model = build_network("lesson-cnn", seed=0).eval()
    assert isinstance(model, nn.Sequential)
    return model


def hooks(model: nn.Module) -> int:
    return sum(len(module._forward_hooks) for module in model.modules())


def test_an_output_equals_the_network_cut_after_that_layer(lesson: nn.Sequential, mnist: Dataset) -> None:
    x = as_input(torch.tensor(mnist.test.images[:2]))
    layers = summary(lesson)
    with activations(lesson, [layer.name for layer in layers]) as outputs, torch.no_grad():
        assert outputs == {}
        lesson(x)
    assert list(outputs) == [layer.name for layer in layers]
    for place, layer in enumerate(layers, start=1):
        assert outputs[layer.name].shape == (2, *layer.shape)
        with torch.no_grad():
            assert_array_equal(outputs[layer.name].numpy(), lesson[:place](x).numpy(), strict=True)


def test_hooks_are_removed_after_the_block(lesson: nn.Sequential) -> None:
    x = torch.zeros(1, 1, 28, 28)
    with activations(lesson, ["conv1", "fc2"]) as outputs:
        assert hooks(lesson) == 2
    assert hooks(lesson) == 0
    lesson(x)
    assert outputs == {}


def test_hooks_are_removed_after_an_exception(lesson: nn.Sequential) -> None:
    with pytest.raises(KeyboardInterrupt), activations(lesson, ["conv1"]):
        raise KeyboardInterrupt
    assert hooks(lesson) == 0


def test_an_unknown_layer_raises(lesson: nn.Sequential) -> None:
    with pytest.raises(AttributeError, match="conv9"), activations(lesson, ["conv1", "conv9"]):
        pass
    assert hooks(lesson) == 0  # the hook of conv1 is removed too


def test_the_latest_call_is_kept(lesson: nn.Sequential) -> None:
    with activations(lesson, ["fc2"]) as outputs:
        lesson(torch.zeros(3, 1, 28, 28))
        latest = lesson(torch.ones(1, 1, 28, 28))
    assert_array_equal(outputs["fc2"].numpy(), latest.detach().numpy())
    assert not outputs["fc2"].requires_grad


def test_a_later_in_place_layer_does_not_change_an_output() -> None:
    model = nn.Sequential(nn.Identity(), nn.ReLU(inplace=True))
    with activations(model, ["0"]) as outputs:
        model(torch.tensor([-1.0, 2]))
    assert outputs["0"].tolist() == [-1, 2]
