"""Export: the artifacts of all networks and ensembles have the logits of the trained network."""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import Tensor, nn

from inklab.data import Dataset
from inklab.errors import ArtifactError, RunError
from inklab.evaluation import negative_log_likelihood
from inklab.export.calibration_images import calibration_images
from inklab.export.export import export_network, export_run, to_onnx
from inklab.models import NETWORKS, Ensemble, TestTimeAugmentation, build_network, predict_logits
from inklab.recognition import Artifact, Calibration, OnnxModel, evaluate_artifact
from inklab.runs import Run, unfinished_trainings
from inklab.training import find_recipe
from inklab.training.augmentation.geometric import Augmentation

SMALL: Mapping[str, Mapping[str, float]] = {
    "dropconnect-cnn": {"samples": 3},
    "dropconnect-mlp": {"units": 40, "samples": 3},
    "fast-cnn": {"width": 4},
    "mcdnn-column": {"digit_width": 12},
    "mlp": {"units": 40, "hidden": 2, "input_dropout": 0.2},
}
"""Options for a network with the same operators that is quick to export."""


def perturbed(name: str) -> nn.Module:
    """Return a network with no weight of 0 and nontrivial batch statistics, so that no terms cancel."""
    model = build_network(name, SMALL.get(name, {}), seed=0)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for values in (
            *model.parameters(),
            *(buffer for buffer in model.buffers() if buffer.is_floating_point()),
        ):
            values.add_(torch.rand(values.shape, generator=generator), alpha=0.05)
    return model


@cache
def model(name: str) -> nn.Module:
    match name:
        case "ensemble":
            return Ensemble([perturbed("softmax-regression"), perturbed("mcdnn-column")])
        case "ensemble with test-time augmentation":
            views = Augmentation(rotation=10, elastic_alpha=20).view_grids(3, seed=0)
            return Ensemble([TestTimeAugmentation(perturbed("fast-cnn"), views), perturbed("mlp")])
        case _:
            return perturbed(name)


@pytest.mark.parametrize("name", [*sorted(NETWORKS), "ensemble", "ensemble with test-time augmentation"])
def test_every_exported_network_has_the_logits_of_the_trained_one(name: str, mnist: Dataset) -> None:
    images = mnist.valid.images[:64]
    expected = predict_logits(model(name), images)
    content = to_onnx(model(name))
    network = OnnxModel(content)
    for batch in (1, 7, 64):
        logits = np.concatenate([network(images[at : at + batch]) for at in range(0, 64, batch)])
        # float32 sums depend on their order
        assert_allclose(logits, expected, rtol=0, atol=1e-5 * max(1, float(np.abs(expected).max())))
    assert np.ptp(expected, axis=0).min() > 1e-4, "different images have different logits"
    assert not re.search(rb"\.py|inklab|/site-packages", content), "the file holds no names of this machine"


def test_an_export_does_not_change_the_network_or_the_logger() -> None:
    network, level = perturbed("mlp").train(), logging.getLogger("torch.onnx").level
    before = [parameter.detach().clone() for parameter in network.parameters()]
    content = to_onnx(network)
    assert network.training
    assert logging.getLogger("torch.onnx").level == level
    for parameter, kept in zip(network.parameters(), before, strict=True):
        assert_array_equal(parameter.detach().numpy(), kept.numpy())
    assert to_onnx(network.eval()) == content, "equal networks give equal bytes"


@pytest.fixture(scope="module")
def few(mnist: Dataset) -> Dataset:
    return replace(
        mnist, name="few", train=mnist.train[:1000], valid=mnist.valid[:1500], test=mnist.test[:10]
    )


@pytest.fixture(scope="module")
def run(few: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A softmax regression, trained for a second."""
    run = Run.create(tmp_path_factory.mktemp("runs") / "run", find_recipe("lesson-softmax", steps=200), few)
    for member, training in unfinished_trainings(run, few):
        for _ in member.train(training):
            pass
    return run


@pytest.fixture(scope="module")
def exported(run: Run, few: Dataset) -> Artifact:
    return export_run(run, few)


def test_the_artifact_of_a_run(run: Run, few: Dataset, exported: Artifact, tmp_path: Path) -> None:
    logits = exported.network.logits(few.valid.images)
    assert_allclose(logits, predict_logits(run.load_model(), few.valid.images), rtol=0, atol=1e-5)
    card = exported.card
    assert card.name == "lesson-softmax"
    assert card.recipe == run.recipe.to_dict()
    images, labels = calibration_images(few.valid)
    assert card.calibration == Calibration.fit(exported.network.logits(images), labels)
    assert card.trained_on == f"few train, 1,000 images (from mnist, checksum {few.checksum:08x})"
    provenance = f"few valid, 1,500 images (from mnist, checksum {few.checksum:08x})"
    assert card.calibrated_on == f"{provenance}, each also degraded"
    assert set(card.versions) == {"inklab", "torch", "onnx", "onnxscript", "onnxruntime"}
    exported.save(tmp_path / "softmax.inklab")
    assert Artifact.load(tmp_path / "softmax.inklab").card == card


def test_the_metrics_of_the_card_are_those_of_the_calibrated_logits(few: Dataset, exported: Artifact) -> None:
    logits = exported.network.logits(few.valid.images)
    expected = evaluate_artifact(logits, few.valid.labels, exported.card.calibration).metrics()
    size = {"size_bytes": len(exported.onnx), "bits": 32}
    assert exported.card.metrics == {"network": size, "valid": expected}
    images, labels = calibration_images(few.valid)
    logits = exported.network.logits(images)
    scaled = exported.card.calibration.scale(logits)
    assert negative_log_likelihood(scaled, labels) <= negative_log_likelihood(logits, labels)


class LinearNetwork(nn.Module):
    """A network of `k` logits; if `odd`, its exported logits differ from those in torch."""

    def __init__(self, k: int, *, odd: bool = False) -> None:
        super().__init__()
        self.linear = nn.Linear(784, k)
        self.odd = odd

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.linear(images.flatten(1))
        if self.odd and not torch.compiler.is_exporting():
            logits = logits + 2e-4
        return logits


def export_of(network: nn.Module) -> Callable[[Dataset], Artifact]:
    return lambda data: export_network(network.eval(), data, name="odd", recipe={})


def test_a_network_with_other_logits_is_not_exported(few: Dataset) -> None:
    with pytest.raises(ArtifactError, match=r"differ by 0.0002.*; nothing is written"):
        export_of(LinearNetwork(10, odd=True))(few)


class DataDependent(nn.Module):
    """A network that torch cannot export: its control flow depends on its values."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(784, 10)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.linear(images.flatten(1))
        return logits if logits.sum() > 0 else -logits


def test_an_export_error_of_torch_is_one_line(few: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    network = DataDependent().train()
    with pytest.raises(ArtifactError, match=r"^the network cannot be exported: .+") as caught:
        to_onnx(network)
    assert "\n" not in str(caught.value)
    assert network.training

    def raise_empty_error(*_arguments: object, **_options: object) -> NoReturn:
        raise RuntimeError

    monkeypatch.setattr(torch.onnx, "export", raise_empty_error)
    with pytest.raises(ArtifactError, match=r"^the network cannot be exported: RuntimeError: $"):
        export_of(LinearNetwork(10))(few)


def test_a_network_may_have_a_logit_for_no_digit(few: Dataset) -> None:
    artifact = export_of(LinearNetwork(11))(few)
    assert artifact.network.outputs == 11
    images, _ = calibration_images(few.valid)
    accepted = artifact.card.calibration.is_accepted(artifact.network.logits(images))
    assert (~accepted).sum() == 30  # int(0.01 * 3000)


def test_a_network_of_other_shapes_is_not_exported(few: Dataset) -> None:
    with pytest.raises(ArtifactError, match=r"to logits \(n, 10\) or \(n, 11\)"):
        export_of(LinearNetwork(12))(few)


def test_an_unfinished_run_is_not_exported(few: Dataset, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", find_recipe("lesson-softmax"), few)
    with pytest.raises(RunError, match="its training has not ended"):
        export_run(run, few)
