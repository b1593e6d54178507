"""Recipe: everything that decides a run."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self, get_args

from inklab.errors import RecipeError
from inklab.models import NETWORKS
from inklab.training.augment import Augmentation
from inklab.training.optimizers import OptimizerName
from inklab.training.precision import Precision
from inklab.training.schedule import Schedule

_EXPECTED = {float: "a number", int: "a whole number", str: "a name"}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides a run: two runs of one recipe on one machine are equal bit for bit.

    Full-batch, mini-batch and single-example descent differ in nothing but `batch_size`.

    Raises:
        RecipeError: a value that cannot be trained with.
    """

    name: str
    network: str
    """A name in `inklab.models.NETWORKS`."""
    network_options: Mapping[str, float] = field(default_factory=dict)
    """What the network's builder takes by name, such as `keep`."""
    optimizer: OptimizerName = "sgd"
    learning_rate: float
    """The size of a step; with a schedule, the largest."""
    schedule: Schedule = "constant"
    warmup: float = 0.3
    """The part of the run in which a `one-cycle` rate rises."""
    momentum: float = 0.9
    """The share of the last steps' direction that is kept; used by `momentum`, `adam` and `adamw`."""
    second_momentum: float = 0.999
    """The share of the last steps' squared gradients that is kept; used by `adam` and `adamw`."""
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    """The part of the target that is spread evenly over the ten classes."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    """How images are deformed while training."""
    batch_size: int = 50
    steps: int
    precision: Precision = "float32"
    """The arithmetic of convolutions and matrix products; `auto` is bfloat16 where the device has it fast."""
    seed: int = 0
    report_every: int = 100
    """Steps between two reports of the loop."""
    valid_every: int = 500
    """Steps between two measurements on the valid split; a multiple of `report_every`."""

    def __post_init__(self) -> None:
        for name, kind in _KINDS.items():
            value = getattr(self, name)
            if kind is float and type(value) is int:
                object.__setattr__(self, name, float(value))  # JSON may say 1 for 1.0
            elif type(value) is not kind:
                raise RecipeError(f"{name} is {value!r}; expected {_EXPECTED[kind]}")
        self._expect("network", self.network in NETWORKS, f"one of {', '.join(sorted(NETWORKS))}")
        for name, choices in _CHOICES.items():
            self._expect(name, getattr(self, name) in choices, f"one of {', '.join(choices)}")
        self._expect("learning_rate", 0 < self.learning_rate < float("inf"), "a positive number")
        for name in ("warmup", "momentum", "second_momentum", "label_smoothing"):
            self._expect(name, 0 <= getattr(self, name) < 1, "a fraction in [0, 1)")
        self._expect("weight_decay", 0 <= self.weight_decay < float("inf"), "a number of at least 0")
        self._expect("seed", 0 <= self.seed < 2**32, "a whole number from 0 to 4294967295")
        for name, most in (("batch_size", 100_000), ("steps", 10**9), ("report_every", 10**9)):
            self._expect(name, 1 <= getattr(self, name) <= most, f"a whole number from 1 to {most}")
        whole = self.valid_every >= 1 and self.valid_every % self.report_every == 0
        self._expect("valid_every", whole, f"a multiple of report_every, which is {self.report_every}")

    def _expect(self, name: str, is_met: bool, expected: str) -> None:
        if not is_met:
            raise RecipeError(f"{name} is {getattr(self, name)!r}; expected {expected}")

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as what a JSON document can hold."""
        return {**asdict(self), "network_options": dict(self.network_options)}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Return the recipe that `to_dict` gave.

        Raises:
            RecipeError: a field that is unknown, missing or of the wrong kind.
        """
        unknown = sorted(set(document) - {one.name for one in fields(cls)})
        if unknown:
            raise RecipeError(
                f"a recipe has no field {', '.join(unknown)}; was it written by a newer inklab?"
            )
        options = document.get("network_options", {})
        if not isinstance(options, dict) or not all(
            type(value) in {int, float} for value in options.values()
        ):
            raise RecipeError(f"network_options is {options!r}; expected names with numbers")
        augmentation = document.get("augmentation", {})
        if not isinstance(augmentation, dict) or not set(augmentation) <= set(asdict(Augmentation())):
            known = ", ".join(asdict(Augmentation()))
            raise RecipeError(f"augmentation is {augmentation!r}; expected numbers for {known}")
        try:
            return cls(**{**document, "augmentation": Augmentation(**augmentation)})
        except TypeError:
            needed = ("name", "network", "learning_rate", "steps")
            missing = ", ".join(name for name in needed if name not in document)
            raise RecipeError(f"the recipe has no {missing}; a recipe needs {', '.join(needed)}") from None


_KINDS: Mapping[str, type] = {
    one.name: one.type if isinstance(one.type, type) else str
    for one in fields(Recipe)
    if one.name not in {"network_options", "augmentation"}
}
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "optimizer": get_args(OptimizerName),
    "schedule": get_args(Schedule),
    "precision": get_args(Precision),
}
