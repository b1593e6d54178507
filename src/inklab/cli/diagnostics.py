"""Is it working? Everything that a lesson needs, tried out, with what to do where it is not right."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec

from inklab.data import Dataset, load_mnist
from inklab.errors import InklabError
from inklab.utils.hardware import this_machine

STEPS = 300
LEAST_ACCURACY = 0.85
INSTALL = "install it with: pip install 'inklab[learn]'"
REINSTALL = f"expected at least {LEAST_ACCURACY:.0%}; install torch anew, in the version of constraints.txt"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    found: str
    remedy: str = ""
    """What to do about it; empty if it is as it should be."""

    @property
    def is_right(self) -> bool:
        """Whether nothing needs to be done."""
        return not self.remedy

    def __str__(self) -> str:
        line = f"{'ok  ' if self.is_right else 'FAIL'}  {self.name:<12}{self.found}"
        return line if self.is_right else f"{line}\n      -> {self.remedy}"


def examine() -> Iterator[Check]:
    """Look at one thing after the other, the cheap ones first."""
    machine = this_machine()
    yield Check("versions", ", ".join(f"{name} {number}" for name, number in machine.versions.items()))
    yield Check("processor", str(machine))
    try:
        data = load_mnist()
    except InklabError as error:
        found, _, remedy = str(error).rpartition("; ")
        yield Check("data", found, remedy)
        return
    counts = ", ".join(f"{split.name} {len(split):,}" for split in (data.train, data.valid, data.test))
    yield Check("data", f"MNIST is whole: {counts}")
    missing = [name for name in ("torch", "safetensors", "matplotlib", "jinja2") if find_spec(name) is None]
    if missing:
        yield Check("learning", f"{', '.join(missing)} not installed", INSTALL)
        return
    yield _arithmetic()
    yield _accelerator()
    yield _training(data)


def _arithmetic() -> Check:
    import torch

    threads = torch.get_num_threads()
    on = f"{threads} thread{'s' * (threads > 1)}"
    return Check("arithmetic", f"torch computes with {torch.backends.cpu.get_cpu_capability()} on {on}")


def _accelerator() -> Check:
    import torch

    if torch.cuda.is_available():
        return Check("accelerator", torch.cuda.get_device_name())
    return Check("accelerator", "none, and none is needed")


def _training(data: Dataset) -> Check:
    from inklab.training import Training, find_recipe

    recipe = find_recipe("lesson-softmax", steps=STEPS, log_every=STEPS, eval_every=STEPS)
    try:
        *_, last = Training(recipe, data.train, data.valid)
    except (InklabError, RuntimeError) as error:
        return Check("training", f"a single layer could not be trained: {error}", REINSTALL)
    accuracy = last.valid_accuracy or 0.0
    found = f"a single layer reads {accuracy:.1%} of valid after {last.elapsed_s:.2f} s"
    return Check("training", found, "" if accuracy >= LEAST_ACCURACY else REINSTALL)
