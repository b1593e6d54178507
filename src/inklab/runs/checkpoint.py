"""The state of a training as a file: written while it runs, and all that a resume needs."""

from collections.abc import Mapping
from pathlib import Path

import torch

from inklab.errors import RunError, TrainingError
from inklab.runs.tensors import read_tensors, write_tensors
from inklab.training.loop import Training


def save_checkpoint(training: Training, path: Path) -> None:
    """Write the network, its average if it has one, the optimiser, the step and the seconds spent.

    The file is whole or not there.

    Raises:
        InklabError: the file cannot be written.
        TrainingError: a weight is no longer a number; an earlier checkpoint is better.
    """
    if not all(bool(weights.isfinite().all()) for weights in training.learner.parameters()):
        trouble = f"a weight is no longer a number after step {training.step}"
        raise TrainingError(f"{trouble}; start anew with a smaller learning rate")
    tensors = {f"model.{name}": tensor for name, tensor in training.learner.state_dict().items()}
    if training.average:
        average = training.average.model.state_dict()
        tensors |= {f"average.{name}": tensor for name, tensor in average.items()}
    for index, state in training.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{key}": value for key, value in state.items() if value is not None}
    write_tensors(path, tensors, step=training.step, elapsed_s=training.elapsed_s)


def restore_checkpoint(training: Training, path: Path) -> None:
    """Bring a new training of the same recipe to where `save_checkpoint` left the old one, bit for bit.

    Raises:
        RunError: the file is missing, damaged, of another network, or past the recipe's last step.
    """
    tensors, facts = read_tensors(path)
    state: dict[int, dict[str, torch.Tensor]] = {}
    parameters = list(training.learner.parameters())
    groups = training.optimizer.state_dict()["param_groups"]
    try:
        step, elapsed_s = int(facts["step"]), facts["elapsed_s"]
        for name, value in tensors.items():
            if name.startswith("optimizer."):
                _, index, key = name.split(".")
                state.setdefault(int(index), {})[key] = _laid_out_like(parameters[int(index)], value)
        training.learner.load_state_dict(_under("model.", tensors))
        if training.average:
            training.average.model.load_state_dict(_under("average.", tensors))
        training.optimizer.load_state_dict({"state": state, "param_groups": groups})
    except (RuntimeError, ValueError, IndexError, KeyError):
        raise RunError(f"{path} holds another network than its recipe names") from None
    if step > training.recipe.steps:
        raise RunError(f"{path} is at step {step}, past the {training.recipe.steps} steps of its recipe")
    training.step, training.elapsed_s = step, elapsed_s


def _under(prefix: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the tensors whose names begin so, without that beginning."""
    return {name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)}


def _laid_out_like(parameter: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """Return the value in the parameter's memory order, which a fused optimiser takes for granted."""
    return torch.empty_like(parameter).copy_(value) if value.shape == parameter.shape else value
