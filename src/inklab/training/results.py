"""Results: what the authors of each recipe published, and what was measured here (results.json)."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.resources import files
from statistics import fmean, stdev
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Result:
    """The test error of a recipe, published and reproduced."""

    published_error: float | None
    """A fraction; None where nobody published one for exactly this recipe."""
    selection: str
    """How the published error was chosen among others."""
    source: str
    """Who published it, or what the recipe comes from."""
    seeds: tuple[int, ...] = ()
    """The seeds that were run here."""
    errors: tuple[float, ...] = ()
    """The error of each of them on the 10,000 test images, a fraction; test was read once a seed."""
    alone: Mapping[str, float] = field(default_factory=dict)
    """The mean error of the simpler systems that it is made of, such as "one column"."""
    elapsed_s: float = 0.0
    """Seconds of training a seed, the median."""
    machine: str = ""
    """What they were measured on."""

    def to_dict(self) -> dict[str, Any]:
        """Return the result as what a JSON document can hold."""
        return asdict(self)

    @property
    def mean_error(self) -> float:
        """The mean error over the seeds, a fraction."""
        return fmean(self.errors)

    @property
    def deviation(self) -> float:
        """The standard deviation of the error over the seeds, n - 1 in the denominator."""
        return stdev(self.errors)


@cache
def read_results() -> dict[str, Result]:
    """Return recipe name -> result, as `benchmarks/reproduce.py` wrote them last."""
    document = json.loads((files("inklab.training") / "results.json").read_text(encoding="utf-8"))
    return {
        name: Result(**{**one, "seeds": tuple(one["seeds"]), "errors": tuple(one["errors"])})
        for name, one in document.items()
    }
