"""Export a trained network as an artifact, which reads pictures without torch."""

import logging
import subprocess
import warnings
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inklab.constants import IMAGE_SIZE, N_CLASSES
from inklab.data import Dataset, Split
from inklab.errors import ArtifactError
from inklab.export.calibration_images import calibration_images
from inklab.export.fold_batch_norm import fold_batch_norm
from inklab.export.quantize import quantize_static_int8, strip_metadata
from inklab.models import predict_logits
from inklab.recognition import OPSET, Artifact, Calibration, Card, OnnxModel, evaluate_artifact
from inklab.runs import Run

MAX_COMPARED = 1000  # images on which the logits of the artifact must equal those of the network
MAX_DIFFERENCE = 1e-4  # of these logits
MAX_LOST = 0.001  # fraction of the validation set by which int8 may have fewer correct images
MAX_LOST_IMAGES = 5  # that int8 may lose in any case; in sets of under 400 images, one in a hundred plus one

_LIBRARIES = ("inklab", "torch", "onnx", "onnxscript", "onnxruntime")


def export_run(run: Run, data: Dataset, *, int8: bool = False) -> Artifact:
    """Return the artifact of a finished run: its network, with test-time augmentation, or its ensemble.

    The data are those of `Run.load_data`; for errors see `Run.load_model` and `export_network`.
    """
    name, recipe = run.recipe.name, run.recipe.to_dict()
    return export_network(run.load_model(), data, name=name, recipe=recipe, source=run.source, int8=int8)


def export_network(
    model: nn.Module,
    data: Dataset,
    *,
    name: str,
    recipe: Mapping[str, Any],
    source: str = "mnist",
    int8: bool = False,
) -> Artifact:
    """Return the artifact of a network, compared with the network and calibrated on the validation set.

    Args:
        model: maps float32 images (n, 1, 28, 28) in [0, 1] to logits (n, 10), or (n, 11) with one for
            "no digit".
        data: its train split trained the network; its valid split calibrates the artifact, see
            `calibration_images`.
        name: on the card.
        recipe: on the card.
        source: of the data, on the card.
        int8: whether convolutions compute with 8-bit integers, see `quantize_static_int8`.

    Raises:
        ArtifactError: the exported network cannot be run, its logits differ from the model's, or int8 makes
            it less accurate.
    """
    onnx = to_onnx(fold_batch_norm(model) if int8 else model)
    logits = OnnxModel(onnx).logits(data.valid.images)
    _check_logits(logits, predict_logits(model, data.valid.images[:MAX_COMPARED]))
    if int8:
        onnx, float_logits = quantize_static_int8(onnx, data.train.images), logits
        logits = OnnxModel(onnx).logits(data.valid.images)
        _check_accuracy(logits, float_logits, data.valid)
    images, labels = calibration_images(data.valid)
    calibration = Calibration.fit(OnnxModel(onnx).logits(images), labels)
    provenance = f"(from {source}, checksum {data.checksum:08x})"
    card = Card(
        name=name,
        calibration=calibration,
        trained_on=f"{data.name} train, {len(data.train):,} images {provenance}",
        calibrated_on=f"{data.name} valid, {len(data.valid):,} images {provenance}, each also degraded",
        metrics={
            "network": {"size_bytes": len(onnx), "bits": 8 if int8 else 32},
            "valid": evaluate_artifact(logits, data.valid.labels, calibration).metrics(),
        },
        recipe=recipe,
        versions={library: version(library) for library in _LIBRARIES},
        commit=_commit(),
    )
    return Artifact(onnx, card)


def _check_logits(logits: NDArray[np.float32], expected: NDArray[np.float32]) -> None:
    difference = float(np.abs(logits[: len(expected)] - expected).max())
    if not difference < MAX_DIFFERENCE:
        problem = f"the exported network's logits differ by {difference:g} from the trained one's"
        raise ArtifactError(f"{problem}; expected less than {MAX_DIFFERENCE:g}; nothing is written")


def _check_accuracy(logits: NDArray[np.float32], float_logits: NDArray[np.float32], split: Split) -> None:
    """Raise an error unless int8 is about as accurate as float32."""
    correct, float_correct = (
        int((values[:, :N_CLASSES].argmax(axis=1) == split.labels).sum()) for values in (logits, float_logits)
    )
    allowed = max(int(MAX_LOST * len(split)), min(MAX_LOST_IMAGES, 1 + len(split) // 100))
    if float_correct - correct > allowed:
        raise ArtifactError(
            f"int8 is correct on {correct:,} of {len(split):,} {split.name} images, float32 on "
            f"{float_correct:,}; expected at most {allowed:,} fewer; export it without --int8"
        )


def to_onnx(model: nn.Module) -> bytes:
    """Return a network as an ONNX file for any batch size; raise an ArtifactError if torch cannot export it.

    The file holds no file names, line numbers, or paths of this machine, which torch would include.
    """
    logger = logging.getLogger("torch.onnx")
    was_training, level = model.training, logger.level
    images = torch.zeros(2, 1, IMAGE_SIZE, IMAGE_SIZE, device=next(model.parameters()).device)
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(action="ignore"):  # of the exporter's own parts
            program = torch.onnx.export(
                model.eval(),
                (images,),
                input_names=["images"],
                output_names=["logits"],
                opset_version=OPSET,
                dynamic_shapes=({0: torch.export.Dim("n")},),
                dynamo=True,
                verbose=False,
            )
    except Exception as error:  # the exporter's exceptions have no other common base
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:300]
        raise ArtifactError(f"the network cannot be exported: {reason}") from error
    finally:
        model.train(was_training)
        logger.setLevel(level)
    assert program is not None  # noqa: S101  (only an export to a file returns None)
    return strip_metadata(program.model_proto)


def _commit() -> str:
    """Return the commit of the git checkout of this file, with -dirty if it has changes; else ""."""
    root = Path(__file__).parents[3]
    if not (root / ".git").exists():
        return ""
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.check_output(command, stderr=subprocess.DEVNULL, text=True, timeout=10).strip()  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ""
