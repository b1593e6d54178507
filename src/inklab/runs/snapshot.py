"""Snapshot: what a network looks like during training, for a page that shows it.

A page touches the file `snapshot-request`. While that file is fresh, the training writes
`snapshot.safetensors` between two steps, atomically. Snapshots do not change the training: the network
answers as for a report, without dropout.
"""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inklab.constants import IMAGE_SIZE, N_PIXELS
from inklab.errors import RunError
from inklab.models import DropConnect, as_input
from inklab.runs.tensors import pack_tensors, read_tensors
from inklab.training.loop import Training
from inklab.utils.atomic import PARTIAL_SUFFIX

TICK_S = 0.1  # between two looks for requests
MIN_PAUSE_S = 0.2  # between two snapshots
MAX_TIME_FRACTION = 0.04  # of the time that snapshots may take; a slow one is followed by a longer pause
BATCH_IMAGES = 16  # of the next batch, to measure loss and accuracy; a whole batch would cost too much
MAX_MAPS = 64  # kernels and feature maps of a layer that are written
MAX_UNITS = 1024  # of a fully connected layer that are written
REQUEST_S = 5.0  # for which a request is valid

_REQUEST, _SNAPSHOT = "snapshot-request", "snapshot.safetensors"


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A network between two steps of its training."""

    step: int
    loss: float  # on the first 16 images of the next batch, without dropout
    accuracy: float
    elapsed_s: float
    images_per_s: float  # since the previous snapshot; 0 in the first one
    arrays: Mapping[str, NDArray[np.float32]]
    """`image` (h, w): a validation image. `filters` (c, h, w): the kernels of the first layer.
    `maps.03.NAME`: the feature maps (c, h, w) or units (n,) of layer 3 for the image. `logits` (k,)."""


class SnapshotWriter:
    """Writes snapshots of a training into its run folder while they are requested."""

    def __init__(self, folder: Path, training: Training) -> None:
        self._folder, self._training, self._next_time = folder, training, 0.0
        self._last = training.step, training.elapsed_s
        (folder / _SNAPSHOT).unlink(missing_ok=True)  # of a training that was killed

    def write_if_due(self) -> None:
        """Write a snapshot if one is requested and the last one is old enough."""
        start = time.perf_counter()
        if start < self._next_time or not _is_requested(self._folder):
            return
        with suppress(OSError):  # the training itself reports a folder that cannot be written to
            self._write()
        end = time.perf_counter()
        self._next_time = end + max(MIN_PAUSE_S, (end - start) / MAX_TIME_FRACTION)

    def close(self) -> None:
        """Remove request and snapshot."""
        for name in (_REQUEST, _SNAPSHOT):
            (self._folder / name).unlink(missing_ok=True)

    def _write(self) -> None:
        training, (step, elapsed_s) = self._training, self._last
        self._last = training.step, training.elapsed_s
        loss, accuracy = training.batch_metrics(BATCH_IMAGES)
        seconds = training.elapsed_s - elapsed_s
        images = (training.step - step) * training.recipe.batch_size
        partial = self._folder / f".{_SNAPSHOT}{PARTIAL_SUFFIX}"  # not flushed to disk: a crash may lose it
        content = pack_tensors(
            layer_snapshot(training.model, _valid_image(training)),
            step=training.step,
            loss=loss,
            accuracy=accuracy,
            elapsed_s=training.elapsed_s,
            images_per_s=images / seconds if seconds else 0.0,
        )
        partial.write_bytes(content)
        partial.replace(self._folder / _SNAPSHOT)


def request_snapshots(folder: Path) -> None:
    """Request snapshots from the training in a run folder, for the next `REQUEST_S` seconds."""
    with suppress(OSError):  # the run was just moved or deleted
        (folder / _REQUEST).touch()


def read_snapshot(folder: Path) -> Snapshot | None:
    """Return the latest snapshot of a training; None if there is none, or if it is damaged."""
    try:
        tensors, numbers = read_tensors(folder / _SNAPSHOT)
        arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
        return Snapshot(**{**numbers, "step": int(numbers["step"]), "arrays": arrays})  # type: ignore[arg-type]
    except (RunError, KeyError, TypeError):
        return None


def layer_snapshot(model: nn.Sequential, image: Tensor) -> dict[str, Tensor]:
    """Return the first layer's kernels and the feature maps of all layers for an image; see `Snapshot`.

    The model is set to evaluation mode. The image is (h, w) uint8.
    """
    arrays = {"image": image.float() / 255}
    layer = next(module for module in model.modules() if isinstance(module, nn.Conv2d | nn.Linear))
    weights = layer.weight.detach()[:MAX_MAPS]
    if isinstance(layer, nn.Conv2d):
        arrays["filters"] = weights[:, 0]  # an image has one channel
    elif layer.in_features == N_PIXELS:
        arrays["filters"] = weights.unflatten(1, (IMAGE_SIZE, IMAGE_SIZE))
    model.eval()
    with torch.inference_mode():
        x = as_input(image.unsqueeze(0))
        for number, (name, child) in enumerate(model.named_children()):
            x = child(x)
            if isinstance(child, nn.ReLU | DropConnect):
                limit = MAX_UNITS if x[0].ndim == 1 else MAX_MAPS
                arrays[f"maps.{number:02d}.{name}"] = x[0, :limit].clone()
    return {**arrays, "logits": x[0].clone()}


def _valid_image(training: Training) -> Tensor:
    """Return the first validation image (h, w); a blank image if there is none."""
    if training.valid is None or not len(training.valid):
        return torch.zeros(IMAGE_SIZE, IMAGE_SIZE, dtype=torch.uint8, device=training.device)
    return torch.tensor(training.valid.images[0], device=training.device)


def _is_requested(folder: Path) -> bool:
    with suppress(OSError):
        return time.time() - (folder / _REQUEST).stat().st_mtime < REQUEST_S
    return False
