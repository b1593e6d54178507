"""Recipe: every setting that decides a training."""

from collections.abc import Mapping, Sequence
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

MAX_DRAWN = 1_000_000
"""The most redrawn digits and images without a digit that are kept in memory, 784 MB of them."""

_EXPECTED = {float: "a number", int: "a whole number", str: "a name", bool: "true or false"}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Every setting that decides a training: the same recipe gives the same bits on the same machine.

    Raises:
        RecipeError: a value that cannot be trained with.
    """

    name: str
    network: str
    """A name in `inklab.models.NETWORKS`."""
    network_options: Mapping[str, float] = field(default_factory=dict)
    """Keyword arguments of the network's builder, such as `dropout`."""
    optimizer: OptimizerName = "sgd"
    learning_rate: float
    """The learning rate; with the `linear` schedule, its peak."""
    schedule: Schedule = "constant"
    warmup_ratio: float = 0.3
    """Fraction of the steps in which the `linear` schedule rises."""
    momentum: float = 0.9
    """Momentum of the optimizer `momentum`."""
    beta1: float = 0.9
    """Decay rate of the first moment, of `adam` and `adamw`."""
    beta2: float = 0.999
    """Decay rate of the second moment, of `adam` and `adamw`."""
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    """Fraction of the target that is spread evenly over all classes."""
    max_weight_norm: float = 0.0
    """Largest L2 norm of the weights into a unit of a fully connected layer; 0 is no limit."""
    ema_decay: float = 0.0
    """Decay of the moving average of the weights, which predicts in their place; 0 is no average."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    """Random deformations of each training image."""
    degradation: Degradation = field(default_factory=Degradation)
    """Random changes of the ink, after the deformations."""
    redrawn_per_epoch: int = 0
    """Digits in other ways of writing, such as a 1 with a flag, that are added to each epoch."""
    negatives_per_epoch: int = 0
    """Images without a digit that are added to each epoch, as an eleventh class."""
    negative_pools: int = 1
    """Number of pools of negatives and redrawn digits; epoch e uses pool e modulo this number."""
    tta_views: int = 1
    """Test-time augmentation: number of views of an image that are averaged; 1 is the image alone."""
    members: tuple[Mapping[str, float], ...] = ()
    """Network options of each ensemble member, added to `network_options`; () is a single network."""
    distillation: bool = False
    """Whether digit images are trained on the teachers' probabilities instead of their labels."""
    batch_size: int = 50
    steps: int
    precision: Precision = "float32"
    """Arithmetic of convolutions and matrix products; `auto` is bfloat16 where the device has it."""
    seed: int = 0
    log_every: int = 100
    """Steps between two progress lines."""
    eval_every: int = 500
    """Steps between two evaluations on the validation set; a multiple of `log_every`."""

    def __post_init__(self) -> None:
        for name, kind in _KINDS.items():
            value = getattr(self, name)
            if kind is float and type(value) is int:
                object.__setattr__(self, name, float(value))  # JSON may hold 1 for 1.0
            elif type(value) is not kind:
                raise RecipeError(f"{name} is {value!r}; expected {_EXPECTED[kind]}")
        for name, choices in _CHOICES.items():
            self._expect(name, getattr(self, name) in choices, f"one of {', '.join(choices)}")
        self._expect("learning_rate", 0 < self.learning_rate < float("inf"), "a positive number")
        for name in ("warmup_ratio", "momentum", "beta1", "beta2", "label_smoothing", "ema_decay"):
            self._expect(name, 0 <= getattr(self, name) < 1, "a fraction in [0, 1)")
        for name in ("weight_decay", "max_weight_norm"):
            self._expect(name, 0 <= getattr(self, name) < float("inf"), "a number of at least 0")
        for name, (least, most) in _COUNTS.items():
            expected = f"a whole number from {least} to {most}"
            self._expect(name, least <= getattr(self, name) <= most, expected)
        most = MAX_DRAWN // self.drawn_per_epoch if self.drawn_per_epoch else 1
        expected = f"at least 1, with at most {MAX_DRAWN:,} images in all pools, or 1 without added images"
        self._expect("negative_pools", 1 <= self.negative_pools <= most, expected)
        is_random = self.tta_views == 1 or self.augmentation.is_random
        self._expect("tta_views", is_random, "1, since all views are equal without augmentation")
        is_multiple = self.eval_every >= 1 and self.eval_every % self.log_every == 0
        self._expect("eval_every", is_multiple, f"a multiple of log_every, which is {self.log_every}")

    @property
    def drawn_per_epoch(self) -> int:
        """The number of redrawn digits and of images without a digit that are added to each epoch."""
        return self.redrawn_per_epoch + self.negatives_per_epoch

    @property
    def single_recipes(self) -> "list[Recipe]":
        """The recipes to train: one for each ensemble member, or this recipe itself."""
        return [self.member(number) for number in range(len(self.members))] or [self]

    def member(self, number: int) -> "Recipe":
        """Return the recipe of one ensemble member, with options, name, and seed of its own.

        Raises:
            IndexError: there is no member of that number.
        """
        options = {**self.network_options, **self.members[number]}
        seed = int(SeedSequence(self.seed, spawn_key=(number,)).generate_state(1)[0])
        return replace(self, name=f"{self.name}-{number:02d}", network_options=options, members=(), seed=seed)

    def _expect(self, name: str, is_met: bool, expected: str) -> None:
        if not is_met:
            raise RecipeError(f"{name} is {getattr(self, name)!r}; expected {expected}")

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as a JSON document."""
        return {**asdict(self), "members": [dict(options) for options in self.members]}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Return the recipe of a document that `to_dict` made.

        Raises:
            RecipeError: a field that is unknown, missing, or of the wrong kind.
        """
        if extra := sorted(set(document) - {field_.name for field_ in fields(cls)}):
            raise RecipeError(f"a recipe has no field {', '.join(extra)}; was it written by a newer inklab?")
        options, members = document.get("network_options", {}), document.get("members", [])
        if not _are_options(options):
            raise RecipeError(f"network_options is {options!r}; expected names with numbers")
        if not isinstance(members, list | tuple) or not all(map(_are_options, members)):
            raise RecipeError(f"members is {members!r}; expected a list of names with numbers")
        parts: dict[str, Any] = {"members": tuple(members)}
        for name, part in (("augmentation", Augmentation), ("degradation", Degradation)):
            amounts, names = document.get(name, {}), [field_.name for field_ in fields(part)]
            if not isinstance(amounts, dict) or not set(amounts) <= set(names):
                raise RecipeError(f"{name} is {amounts!r}; expected numbers for {', '.join(names)}")
            parts[name] = part(**amounts)
        try:
            return cls(**{**document, **parts})
        except TypeError:
            needed = ("name", "network", "learning_rate", "steps")
            missing = ", ".join(name for name in needed if name not in document)
            raise RecipeError(f"the recipe has no {missing}; a recipe needs {', '.join(needed)}") from None


def _are_options(value: object) -> bool:
    return isinstance(value, dict) and all(type(number) in {int, float} for number in value.values())


_KINDS: Mapping[str, type] = {
    field_.name: field_.type if isinstance(field_.type, type) else str
    for field_ in fields(Recipe)
    if field_.name not in {"network_options", "augmentation", "degradation", "members"}
}
_CHOICES: Mapping[str, Sequence[str]] = {
    "network": sorted(NETWORKS),
    "optimizer": get_args(OptimizerName),
    "schedule": get_args(Schedule),
    "precision": get_args(Precision),
}
_COUNTS = {
    "seed": (0, 2**32 - 1),
    "redrawn_per_epoch": (0, MAX_DRAWN),
    "negatives_per_epoch": (0, MAX_DRAWN),
    "batch_size": (1, 100_000),
    "steps": (1, 10**9),
    "log_every": (1, 10**9),
    "tta_views": (1, 1000),
}
