"""Checkpoint: the state of a training in one file, which is all that a resume needs."""

from collections.abc import Mapping
from pathlib import Path

import torch

from inklab.errors import RunError, TrainingError
from inklab.runs.tensors import read_tensors, write_tensors
from inklab.training.loop import Training


def save_checkpoint(training: Training, path: Path) -> None:
    """Write network, weight average, optimizer state, step, and elapsed seconds, atomically.

    Raise a TrainingError if a weight is no longer a number; the earlier checkpoint stays.
    """
    if not all(bool(weights.isfinite().all()) for weights in training.network.parameters()):
        problem = f"a weight is no longer a number after step {training.step}"
        raise TrainingError(f"{problem}; start again with a smaller learning rate")
    tensors = {f"model.{name}": tensor for name, tensor in training.network.state_dict().items()}
    if training.ema:
        tensors |= {f"average.{name}": tensor for name, tensor in training.ema.model.state_dict().items()}
    for index, state in training.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{key}": value for key, value in state.items() if value is not None}
    write_tensors(path, tensors, step=training.step, elapsed_s=training.elapsed_s)


def restore_checkpoint(training: Training, path: Path) -> None:
    """Set a new training of the same recipe to the state in a file, bit for bit.

    Raise a RunError if the file is missing, damaged, of another network, or beyond the recipe's last step.
    """
    tensors, numbers = read_tensors(path)
    parameters = list(training.network.parameters())
    optimizer: dict[int, dict[str, torch.Tensor]] = {}
    try:
        step, elapsed_s = int(numbers["step"]), numbers["elapsed_s"]
        for name, value in _with_prefix("optimizer.", tensors).items():
            index, _, key = name.partition(".")
            parameter = parameters[int(index)]
            is_alike = (
                value.shape == parameter.shape
            )  # then a fused optimizer requires the same memory layout
            state = torch.empty_like(parameter).copy_(value) if is_alike else value
            optimizer.setdefault(int(index), {})[key] = state
        training.network.load_state_dict(_with_prefix("model.", tensors))
        if training.ema:
            training.ema.model.load_state_dict(_with_prefix("average.", tensors))
        groups = training.optimizer.state_dict()["param_groups"]
        training.optimizer.load_state_dict({"state": optimizer, "param_groups": groups})
    except (RuntimeError, ValueError, IndexError, KeyError):
        raise RunError(f"{path} holds another network than its recipe names") from None
    if step > training.recipe.steps:
        raise RunError(f"{path} is at step {step}, past the {training.recipe.steps} steps of its recipe")
    training.step, training.elapsed_s = step, elapsed_s


def _with_prefix(prefix: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the tensors whose names start with the prefix, without it."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
