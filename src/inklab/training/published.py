"""The published and the reproduced test error of each recipe, from published.json; needs no torch."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from statistics import fmean, stdev

TABLE_HEADINGS = ("recipe", "parameters", "published error", "error here", "error of its parts", "training")


@dataclass(frozen=True, kw_only=True)
class PublishedResult:
    """The test error of a recipe: published by its authors, and measured by `benchmarks/reproduce.py`."""

    name: str
    parameters: int
    """Number of trained parameters, of all ensemble members together."""
    published_error: float | None
    """A fraction; None if nobody published an error of exactly this recipe."""
    selection: str
    """How the published error was selected."""
    source: str
    """The publication, or the origin of the recipe."""
    seeds: tuple[int, ...]
    """Seeds that were trained here; () if the recipe was not."""
    errors: tuple[float, ...]
    """Test error of each seed, a fraction of the 10,000 test images; the test set was read once per seed."""
    component_errors: Mapping[str, float]
    """Mean test error of each simpler system that the model contains, such as "one member"."""
    elapsed_s: float
    """Median training time of a seed in seconds."""
    machine: str
    """Where the seeds were trained."""

    @property
    def mean_error(self) -> float:
        """The mean test error over the seeds, a fraction."""
        return fmean(self.errors)

    @property
    def deviation(self) -> float:
        """The sample standard deviation of the test error over the seeds (n - 1 in the denominator)."""
        return stdev(self.errors)

    @property
    def table_row(self) -> tuple[str, ...]:
        """The cells of a table under `TABLE_HEADINGS`."""
        error, training = "not trained here", "-"
        if self.errors:
            deviation = f" +- {self.deviation:.2%}" if len(self.seeds) > 1 else ""
            error = f"{self.mean_error:.2%}{deviation}, n = {len(self.seeds)}"
            training = f"{self.elapsed_s:,.1f} s, {self.machine.rpartition(', ')[2]}"  # the number of threads
        return (
            self.name,
            f"{self.parameters:,}",
            "-" if self.published_error is None else f"{self.published_error:.2%}",
            error,
            ", ".join(f"{part} {value:.2%}" for part, value in self.component_errors.items()) or "-",
            training,
        )


@cache
def published_results() -> dict[str, PublishedResult]:
    """Return recipe name -> result, in the order of `RECIPES`."""
    document = json.loads((files("inklab.training") / "published.json").read_text(encoding="utf-8"))
    results = {}
    for name, fields in document.items():
        seeds, errors = tuple(fields.pop("seeds")), tuple(fields.pop("errors"))
        results[name] = PublishedResult(name=name, seeds=seeds, errors=errors, **fields)
    return results
