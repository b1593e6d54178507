"""Check the numbers of `Augmentation` and `Degradation`."""

from collections.abc import Mapping

from inklab.errors import RecipeError


def check_ranges(amounts: object, kind: str, limits: Mapping[str, float]) -> None:
    """Check that each field is a number from 0 to its limit, and make it a float.

    Args:
        amounts: the frozen dataclass that is being created.
        kind: its name in error messages.
        limits: field name -> largest allowed value.

    Raises:
        RecipeError: a field is not a number, negative, or above its limit.
    """
    for name, limit in limits.items():
        value = getattr(amounts, name)
        if type(value) not in {int, float} or not 0 <= value <= limit:
            raise RecipeError(f"{kind} {name} is {value!r}; expected a number from 0 to {limit:g}")
        object.__setattr__(amounts, name, float(value))
