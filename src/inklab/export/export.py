"""Export: a trained network becomes an artifact, which reads without torch."""

import logging
import subprocess
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inklab.constants import N_CLASSES
from inklab.data import Dataset, Split
from inklab.errors import ArtifactError
from inklab.export.quantize import fold_batch_norm, quantize_static_int8, strip_metadata
from inklab.models import predict_logits
from inklab.recognition import OPSET, Artifact, Calibration, Card, OnnxModel, evaluate_artifact
from inklab.runs import Run

COMPARED = 1000
"""On how many images the artifact must answer as the network does."""
LARGEST_DIFFERENCE = 1e-4
"""Of their logits."""
MOST_LOST = 0.001
"""The largest share of valid by which fewer images may be right in eight bits."""
FEW = 5
"""So many fewer may be in any case, and one in a hundred plus one where that is less: it may be chance."""

_LIBRARIES = ("inklab", "torch", "onnx", "onnxscript", "onnxruntime")


def export_run(run: Run, data: Dataset, *, int8: bool = False) -> Artifact:
    """Return the artifact of a run: its network, over all its views, or its committee.

    Args:
        run: its training has ended.
        data: what it was trained on, see `Run.load_data`; of the test split nothing is read.
        eight_bits: whether convolutions compute with such numbers, see `quantize_static_int8`.

    Raises:
        RunError: training has not ended, or the weights are damaged.
        ArtifactError: the exported network does not answer as the run's own does, or not so well in 8 bits.
    """
    recipe = run.recipe
    return export_network(
        run.load_model(),
        data,
        name=recipe.name,
        recipe=recipe.to_dict(),
        source=run.source,
        int8=int8,
    )


def export_network(
    model: nn.Module,
    data: Dataset,
    *,
    name: str,
    recipe: Mapping[str, Any],
    source: str = "mnist",
    int8: bool = False,
) -> Artifact:
    """Return the artifact of a network, compared with it, and calibrated on the valid split.

    Args:
        model: maps float32 images (n, 1, 28, 28) in [0, 1] to logits (n, 10), or (n, 11) with one for
            "no digit".
        data: the network learned from its train split; its valid split calibrates.
        name: what the card calls it.
        recipe: what decided its training, for the card.
        source: where the data came from, for the card.
        eight_bits: whether convolutions compute with such numbers, see `quantize_static_int8`.

    Raises:
        ArtifactError: the exported network does not answer as the model does, or not so well in 8 bits, or
            cannot be run.
    """
    onnx = to_onnx(fold_batch_norm(model) if int8 else model)
    logits = _compared(OnnxModel(onnx).logits(data.valid.images), model, data.valid)
    if int8:
        onnx = quantize_static_int8(onnx, data.train.images)
        logits = _as_good(OnnxModel(onnx).logits(data.valid.images), logits, data.valid)
    calibration = Calibration.fit(logits, data.valid.labels)
    where = f"(from {source}, checksum {data.checksum:08x})"
    card = Card(
        name=name,
        calibration=calibration,
        trained_on=f"{data.name} train, {len(data.train):,} images {where}",
        calibrated_on=f"{data.name} valid, {len(data.valid):,} images {where}",
        metrics={
            "network": {"size_bytes": len(onnx), "bits": 8 if int8 else 32},
            "valid": evaluate_artifact(logits, data.valid.labels, calibration).metrics(),
        },
        recipe=recipe,
        versions={library: version(library) for library in _LIBRARIES},
        commit=_commit(),
    )
    return Artifact(onnx, card)


def _compared(logits: NDArray[np.float32], model: nn.Module, split: Split) -> NDArray[np.float32]:
    """Return the logits, once they are known to be those of the model."""
    expected = predict_logits(model, split.images[:COMPARED])
    difference = float(np.abs(logits[:COMPARED] - expected).max())
    if not difference < LARGEST_DIFFERENCE:
        raise ArtifactError(
            f"the exported network's logits differ by {difference:g} from the trained one's; expected less "
            f"than {LARGEST_DIFFERENCE:g}; nothing is written"
        )
    return logits


def _as_good(logits: NDArray[np.float32], before: NDArray[np.float32], split: Split) -> NDArray[np.float32]:
    """Return the logits of eight bits, once they are known to answer as well as those before."""
    right, was = (int((one[:, :N_CLASSES].argmax(axis=1) == split.labels).sum()) for one in (logits, before))
    allowed = max(int(MOST_LOST * len(split)), min(FEW, 1 + len(split) // 100))
    if was - right > allowed:
        raise ArtifactError(
            f"in 8 bits {right:,} of {len(split):,} {split.name} images are right, {was:,} before; expected "
            f"at most {allowed:,} less; export it without --eight-bits"
        )
    return logits


def to_onnx(model: nn.Module) -> bytes:
    """Return a network as an ONNX file, for any number of images at once.

    The file holds no names of files, lines or folders of this machine, which torch would put in.

    Raises:
        ArtifactError: torch cannot export it.
    """
    was_training = model.training
    images = torch.zeros(2, 1, 28, 28, device=next(model.parameters()).device)
    try:
        with _quiet():
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
    except Exception as error:  # the exporter's own kinds have no common base but this
        why = f"{type(error).__name__}: {error}".splitlines()[0][:300]
        raise ArtifactError(f"the network cannot be exported: {why}") from error
    finally:
        model.train(was_training)
    assert program is not None  # noqa: S101  (what the exporter returns unless it is given a file)
    return strip_metadata(program.model_proto)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter from telling of its own parts: what it deprecates, what is not installed."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _commit() -> str:
    """Return the commit of the checkout that this file is in, with -dirty where it was changed, else ""."""
    root = Path(__file__).parents[3]
    if not (root / ".git").exists():
        return ""
    asked = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        answer = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()
