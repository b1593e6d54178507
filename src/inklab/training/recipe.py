"""Recipe: everything that decides a run."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Self, get_args

from numpy.random import SeedSequence

from inklab.errors import RecipeError
from inklab.models import NETWORKS
from inklab.training.augmentation.degradation import Degradation
from inklab.training.augmentation.geometric import Augmentation
from inklab.training.optimizers import OptimizerName
from inklab.training.precision import Precision
from inklab.training.schedule import Schedule

_EXPECTED = {float: "a number", int: "a whole number", str: "a name", bool: "true or false"}

MOST_OF_NOTHING = 1_000_000
"""So many images without a digit are kept at most, 784 MB of them."""


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
    warmup_ratio: float = 0.3
    """The part of the run in which a `one-cycle` rate rises."""
    momentum: float = 0.9
    """The share of the last steps' direction that is kept; used by `momentum`, `adam` and `adamw`."""
    beta2: float = 0.999
    """The share of the last steps' squared gradients that is kept; used by `adam` and `adamw`."""
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    """The part of the target that is spread evenly over the ten classes."""
    max_weight_norm: float = 0.0
    """The most that the weights coming into a unit of a fully connected layer may measure; 0 is no bound."""
    ema_decay: float = 0.0
    """The share of the averaged weights that stays in each step; the average answers. 0 is no averaging."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    """How images are deformed while training."""
    degradation: Degradation = field(default_factory=Degradation)
    """What happens to their ink after that."""
    negatives_per_epoch: int = 0
    """How many images without a digit each epoch has beside the digits, as an eleventh class; 0 is none."""
    negative_pools: int = 1
    """How many epochs have others of those images each, before the same come again."""
    views: int = 1
    """Over how many views of an image the network decides: itself, and deformed as while training."""
    columns: tuple[Mapping[str, float], ...] = ()
    """The columns of a committee, each with the options that set its network apart; () is one network."""
    distillation: bool = False
    """Whether teachers, handed to `Training`, say how probable each digit is; else the labels do."""
    batch_size: int = 50
    steps: int
    precision: Precision = "float32"
    """The arithmetic of convolutions and matrix products; `auto` is bfloat16 where the device has it fast."""
    seed: int = 0
    log_every: int = 100
    """Steps between two reports of the loop."""
    eval_every: int = 500
    """Steps between two measurements on the valid split; a multiple of `log_every`."""

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
        for name in ("warmup", "momentum", "beta2", "label_smoothing", "averaging"):
            self._expect(name, 0 <= getattr(self, name) < 1, "a fraction in [0, 1)")
        for name in ("weight_decay", "max_weight_norm"):
            self._expect(name, 0 <= getattr(self, name) < float("inf"), "a number of at least 0")
        self._expect("seed", 0 <= self.seed < 2**32, "a whole number from 0 to 4294967295")
        some = f"a whole number from 0 to {MOST_OF_NOTHING}"
        self._expect("nothing", 0 <= self.negatives_per_epoch <= MOST_OF_NOTHING, some)
        for name, most in (
            ("batch_size", 100_000),
            ("steps", 10**9),
            ("log_every", 10**9),
            ("views", 1000),
        ):
            self._expect(name, 1 <= getattr(self, name) <= most, f"a whole number from 1 to {most}")
        for_all = (
            f"at least 1, with at most {MOST_OF_NOTHING:,} images in all its sets, or 1 where there are none"
        )
        most = MOST_OF_NOTHING // self.negatives_per_epoch if self.negatives_per_epoch else 1
        self._expect("negative_pools", 1 <= self.negative_pools <= most, for_all)
        differ = self.views == 1 or self.augmentation.is_random
        self._expect("views", differ, "1, for without augmentation they are all the same")
        whole = self.eval_every >= 1 and self.eval_every % self.log_every == 0
        self._expect("eval_every", whole, f"a multiple of report_every, which is {self.log_every}")

    @property
    def networks(self) -> "list[Recipe]":
        """What is trained: each column of a committee, or the recipe itself."""
        return [self.column(number) for number in range(len(self.columns))] or [self]

    def column(self, number: int) -> "Recipe":
        """Return what a column of this committee trains: its own options, name and seed.

        Raises:
            IndexError: there is no such column.
        """
        own = self.columns[number]
        mixed = SeedSequence(self.seed, spawn_key=(number,)).generate_state(1)
        return replace(
            self,
            name=f"{self.name}-{number:02d}",
            network_options={**self.network_options, **own},
            columns=(),
            seed=int(mixed[0]),
        )

    def _expect(self, name: str, is_met: bool, expected: str) -> None:
        if not is_met:
            raise RecipeError(f"{name} is {getattr(self, name)!r}; expected {expected}")

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as what a JSON document can hold."""
        plain = {
            "network_options": dict(self.network_options),
            "columns": [dict(one) for one in self.columns],
        }
        return {**asdict(self), **plain}

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
        if not _are_options(options):
            raise RecipeError(f"network_options is {options!r}; expected names with numbers")
        columns = document.get("columns", [])
        if not isinstance(columns, list | tuple) or not all(map(_are_options, columns)):
            raise RecipeError(f"columns is {columns!r}; expected a list of names with numbers")
        augmentation = Augmentation(**_strengths("augmentation", document, asdict(Augmentation())))
        degradation = Degradation(**_strengths("wear", document, asdict(Degradation())))
        try:
            return cls(
                **{**document, "augmentation": augmentation, "wear": degradation, "columns": tuple(columns)}
            )
        except TypeError:
            needed = ("name", "network", "learning_rate", "steps")
            missing = ", ".join(name for name in needed if name not in document)
            raise RecipeError(f"the recipe has no {missing}; a recipe needs {', '.join(needed)}") from None


def _strengths(name: str, document: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers of a part of a recipe."""
    said = document.get(name, {})
    if not isinstance(said, dict) or not set(said) <= set(known):
        raise RecipeError(f"{name} is {said!r}; expected numbers for {', '.join(known)}")
    return said


def _are_options(value: object) -> bool:
    return isinstance(value, dict) and all(type(one) in {int, float} for one in value.values())


_KINDS: Mapping[str, type] = {
    one.name: one.type if isinstance(one.type, type) else str
    for one in fields(Recipe)
    if one.name not in {"network_options", "augmentation", "wear", "columns"}
}
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "optimizer": get_args(OptimizerName),
    "schedule": get_args(Schedule),
    "precision": get_args(Precision),
}
