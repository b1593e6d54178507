"""summary and summary_table: the layers of a network in the order in which they run."""

import pytest
import torch
from torch import nn

from inklab.models import (
    NETWORKS,
    Ensemble,
    Layer,
    build_network,
    parameter_count,
    summary,
    summary_table,
)


def test_lesson_cnn() -> None:
    assert summary(build_network("lesson-cnn", seed=0)) == [
        Layer("conv1", "Conv2d 5x5", (32, 28, 28), 832),
        Layer("relu1", "ReLU", (32, 28, 28), 0),
        Layer("pool1", "MaxPool2d 2", (32, 14, 14), 0),
        Layer("conv2", "Conv2d 5x5", (64, 14, 14), 51_264),
        Layer("relu2", "ReLU", (64, 14, 14), 0),
        Layer("pool2", "MaxPool2d 2", (64, 7, 7), 0),
        Layer("flatten", "Flatten", (3136,), 0),
        Layer("fc1", "Linear", (1024,), 3_212_288),
        Layer("relu3", "ReLU", (1024,), 0),
        Layer("dropout", "Dropout", (1024,), 0),
        Layer("fc2", "Linear", (10,), 10_250),
    ]


def test_softmax_regression() -> None:
    assert summary(build_network("softmax-regression", seed=0)) == [
        Layer("flatten", "Flatten", (784,), 0),
        Layer("linear", "Linear", (10,), 7_850),
    ]


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_parameters_add_up_and_names_are_submodules(name: str) -> None:
    model = build_network(name, seed=0)
    layers = summary(model)
    assert sum(layer.parameters for layer in layers) == parameter_count(model)
    assert layers[-1].shape == (10,)
    for layer in layers:
        assert layer.kind.startswith(type(model.get_submodule(layer.name)).__name__)


@pytest.mark.parametrize("is_training", [True, False])
def test_summary_leaves_the_network_unchanged(is_training: bool) -> None:
    model = build_network("lesson-cnn", seed=0).train(is_training)
    state, before = torch.get_rng_state(), {key: value.clone() for key, value in model.state_dict().items()}
    summary(model)
    assert model.training is is_training
    assert all(module.training is is_training for module in model.modules())
    assert not any(module._forward_hooks for module in model.modules())
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


def test_failed_summary_leaves_the_network_unchanged() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(3, 10)).train()  # an image has 784 pixels
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        summary(model)
    assert model.training
    assert not any(module._forward_hooks for module in model.modules())


def test_nested_modules_are_listed_by_their_leaves() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Sequential(nn.Linear(784, 4), nn.Tanh()))
    assert [(layer.name, layer.kind, layer.shape) for layer in summary(model)] == [
        ("0", "Flatten", (784,)),
        ("1.0", "Linear", (4,)),
        ("1.1", "Tanh", (4,)),
    ]


def test_table_ends_with_the_total() -> None:
    assert summary_table(build_network("softmax-regression", seed=0)) == (
        ("Layer", "Type", "Output shape", "Parameters"),
        ("flatten", "Flatten", "784", "0"),
        ("linear", "Linear", "10", "7,850"),
        ("Total", "", "", "7,850"),
    )


def test_sizes_have_a_comma_between_thousands() -> None:
    rows = {name: shape for name, _, shape, _ in summary_table(build_network("lesson-cnn", seed=0))}
    assert (rows["flatten"], rows["conv2"]) == ("3,136", "64 x 14 x 14")


def test_table_of_an_ensemble_shows_its_first_member() -> None:
    members = [build_network("mlp", {"units": units}, seed=0) for units in (2, 3)]
    *_, first, total = summary_table(Ensemble(members))
    assert first == ("Total, first member", "", "", "1,600")  # 785 * 2 + 3 * 10
    assert total == ("Total, 2 members", "", "", "3,995")  # and 785 * 3 + 4 * 10
