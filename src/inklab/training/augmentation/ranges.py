"""Strengths: how much of each thing happens to an image by chance, from nothing to a most."""

from collections.abc import Mapping

from inklab.errors import RecipeError


def check_strengths(part: object, kind: str, most: Mapping[str, float]) -> None:
    """Make the strengths of a part of a recipe floats.

    Args:
        part: a frozen dataclass that is being made.
        kind: what messages call it.
        most: the name of each strength, and the most that it may be.

    Raises:
        RecipeError: one that is no number, negative, or more than its most.
    """
    for name, limit in most.items():
        value = getattr(part, name)
        if type(value) not in {int, float} or not 0 <= value <= limit:
            raise RecipeError(f"{kind} {name} is {value!r}; expected a number from 0 to {limit:g}")
        object.__setattr__(part, name, float(value))
