"""Live: what a network looks like while it learns, in the folder of its run for as long as somebody watches.

A page that shows a run touches its file `watched`; the training looks for that a few times a second, between
two steps, and while it is fresh writes `live.safetensors`, whole or not at all. Nothing of it changes the
training: the network is asked as for a report, and answers without dropout.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inklab.constants import IMAGE_SIZE
from inklab.errors import RunError
from inklab.models import DropConnect, as_input
from inklab.runs.tensors import packed_tensors, read_tensors
from inklab.training.loop import Training
from inklab.utils.atomic import PARTIAL_SUFFIX

MOMENT_S = 0.1
"""Seconds between two looks for whoever watches."""
EVERY_S = 0.2
"""The least that lies between two snapshots."""
MOST_SHARE = 0.04
"""The part of the time that looking may take: after a look that took long, the next one waits."""
IMAGES = 16
"""Of the batch that comes next, so many are asked in a look; a whole batch would cost too much."""
MOST_MAPS = 64
"""So many filters and maps of a layer are written."""
MOST_UNITS = 1024
FRESH_S = 5.0
"""Somebody watches for so long after `watched` was touched."""

_WATCHED = "watched"
_LIVE = "live.safetensors"


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A network between two steps of its training."""

    step: int
    loss: float
    """Of the first 16 images of the batch that comes next, without dropout."""
    accuracy: float
    elapsed_s: float
    images_per_s: float
    """Since the snapshot before; 0 in the first one."""
    arrays: Mapping[str, NDArray[np.float32]]
    """`image` (h, w): a digit of the valid split. `filters` (c, h, w): what the first layer looks for.
    `maps.03.NAME` (c, h, w), or (n,) for units: what layer 3 makes of the image. `logits` (k,)."""


class SnapshotWriter:
    """Writes snapshots of a training into the folder of its run while somebody watches.

    Args:
        folder: of the run.
        training: which is asked between its steps.
    """

    def __init__(self, folder: Path, training: Training) -> None:
        self._folder, self._training = folder, training
        self._not_before = 0.0
        self._last: tuple[int, float] = (training.step, training.elapsed_s)
        (folder / _LIVE).unlink(missing_ok=True)  # of a training that was killed

    def look(self) -> None:
        """Write a snapshot, if somebody watches and the last one is not too recent for what it took.

        A folder that nothing can be written to is left alone: the training itself will tell of it.
        """
        began = time.perf_counter()
        if began < self._not_before or not _is_watched(self._folder):
            return
        try:
            self._write()
        except OSError:
            return
        finally:
            ended = time.perf_counter()
            self._not_before = ended + max(EVERY_S, (ended - began) / MOST_SHARE)

    def close(self) -> None:
        """Take away what was only for whoever watched."""
        for name in (_WATCHED, _LIVE):
            (self._folder / name).unlink(missing_ok=True)

    def _write(self) -> None:
        training = self._training
        loss, accuracy = training.batch_metrics(IMAGES)
        step, elapsed_s = self._last
        seconds = training.elapsed_s - elapsed_s
        images = (training.step - step) * training.recipe.batch_size
        self._last = (training.step, training.elapsed_s)
        content = packed_tensors(
            seen(training.model, _digit(training)),
            step=training.step,
            loss=loss,
            accuracy=accuracy,
            elapsed_s=training.elapsed_s,
            images_per_s=images / seconds if seconds else 0.0,
        )
        partial = self._folder / f".{_LIVE}{PARTIAL_SUFFIX}"  # not flushed to the disk: a crash may lose it
        partial.write_bytes(content)
        partial.replace(self._folder / _LIVE)


def request_snapshots(folder: Path) -> None:
    """Let a run's training know that somebody watches, for the next `FRESH_S` seconds."""
    try:
        (folder / _WATCHED).touch()
    except OSError:
        return  # the run has just been moved or deleted


def read_snapshot(folder: Path) -> Snapshot | None:
    """Return the latest snapshot of a run that trains; None where there is none yet, or it was damaged."""
    try:
        tensors, facts = read_tensors(folder / _LIVE)
        arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
        return Snapshot(**{**facts, "step": int(facts["step"]), "arrays": arrays})  # type: ignore[arg-type]
    except (RunError, KeyError, TypeError):
        return None


def seen(model: nn.Sequential, image: Tensor) -> dict[str, Tensor]:
    """Return what a network's first layer looks for and what its layers make of an image; see `Snapshot`.

    Args:
        model: answers without dropout, as in evaluation, from here on.
        image: (h, w) uint8.
    """
    found = {"image": image.float() / 255}
    layer = next(one for one in model.modules() if isinstance(one, nn.Conv2d | nn.Linear))
    weights = layer.weight.detach()[:MOST_MAPS]
    if isinstance(layer, nn.Conv2d):
        found["filters"] = weights[:, 0]  # an image has one channel
    elif layer.in_features == IMAGE_SIZE * IMAGE_SIZE:
        found["filters"] = weights.unflatten(1, (IMAGE_SIZE, IMAGE_SIZE))
    model.eval()
    with torch.inference_mode():
        x = as_input(image.unsqueeze(0))
        for number, (name, child) in enumerate(model.named_children()):
            x = child(x)
            if isinstance(child, nn.ReLU | DropConnect):
                are_units = x[0].ndim == 1
                found[f"maps.{number:02d}.{name}"] = x[0, : MOST_UNITS if are_units else MOST_MAPS].clone()
    return {**found, "logits": x[0].clone()}


def _digit(training: Training) -> Tensor:
    """Return the image (h, w) that is looked at: the first of the valid split."""
    if training.valid is None or not len(training.valid):
        return torch.zeros(IMAGE_SIZE, IMAGE_SIZE, dtype=torch.uint8, device=training.device)
    return torch.tensor(training.valid.images[0], device=training.device)


def _is_watched(folder: Path) -> bool:
    try:
        return time.time() - (folder / _WATCHED).stat().st_mtime < FRESH_S
    except OSError:
        return False
