"""Diagnostics: check everything that the lesson needs, and say how to repair it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Any

from inklab.data import Dataset, load_mnist
from inklab.errors import InklabError
from inklab.utils.hardware import this_machine

STEPS = 300
MIN_ACCURACY = 0.85
INSTALL = "install it with: pip install 'inklab[learn]'"
REINSTALL = f"expected at least {MIN_ACCURACY:.0%}; reinstall torch in the version of constraints.txt"


@dataclass(frozen=True)
class Check:
    """The result of one check."""

    name: str
    finding: str
    remedy: str = ""
    """How to repair it; empty if the check passed."""

    @property
    def is_ok(self) -> bool:
        """Whether the check passed."""
        return not self.remedy

    def to_dict(self) -> dict[str, Any]:
        """Return the check as a JSON object."""
        return {"ok": self.is_ok, **asdict(self)}

    def __str__(self) -> str:
        line = f"{'ok  ' if self.is_ok else 'FAIL'}  {self.name:<12}{self.finding}"
        return line if self.is_ok else f"{line}\n      -> {self.remedy}"


def run_checks() -> Iterator[Check]:
    """Yield the checks one by one, the cheap ones first."""
    machine = this_machine()
    yield Check("versions", ", ".join(f"{name} {number}" for name, number in machine.versions.items()))
    yield Check("processor", str(machine))
    try:
        data = load_mnist()
    except InklabError as error:
        finding, _, remedy = str(error).rpartition("; ")
        yield Check("data", finding, remedy)
        return
    counts = ", ".join(f"{split.name} {len(split):,}" for split in (data.train, data.valid, data.test))
    yield Check("data", f"MNIST is complete: {counts}")
    missing = [name for name in ("torch", "safetensors", "matplotlib", "jinja2") if find_spec(name) is None]
    if missing:
        yield Check("training", f"{', '.join(missing)} not installed", INSTALL)
        return
    import torch

    threads = torch.get_num_threads()
    capability = torch.backends.cpu.get_cpu_capability()
    yield Check("torch", f"computes with {capability} on {threads} thread{'s' * (threads > 1)}")
    has_cuda = torch.cuda.is_available()
    accelerator = torch.cuda.get_device_name() if has_cuda else "none; inklab does not need one"
    yield Check("accelerator", accelerator)
    yield _check_training(data)


def _check_training(data: Dataset) -> Check:
    from inklab.training import Training, find_recipe

    recipe = find_recipe("lesson-softmax", steps=STEPS, log_every=STEPS, eval_every=STEPS)
    try:
        *_, last = Training(recipe, data.train, data.valid)
    except (InklabError, RuntimeError) as error:
        return Check("training", f"softmax regression could not be trained: {error}", REINSTALL)
    accuracy = last.valid_accuracy or 0.0
    finding = f"softmax regression reaches {accuracy:.2%} on the validation set in {last.elapsed_s:.1f} s"
    return Check("training", finding, "" if accuracy >= MIN_ACCURACY else REINSTALL)
