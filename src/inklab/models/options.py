"""Network options: numbers, as a recipe's JSON and the command line give them, checked here."""

from inklab.errors import RecipeError


def whole_option(name: str, value: float, minimum: int, maximum: int, *, unit: str = "") -> int:
    """Return an option that counts something, or raise a `RecipeError` if it is not whole or out of range.

    >>> whole_option("width", 16.0, 1, 256, unit="channels")
    16
    """
    if value not in range(minimum, maximum + 1):
        expected = f"a whole number of {unit}" if unit else "a whole number"
        raise RecipeError(f"{name} is {value:g}; expected {expected} from {minimum} to {maximum}")
    return int(value)


def dropout_option(name: str, value: float) -> float:
    """Return a fraction to drop, or raise a `RecipeError` if it is outside [0, 1)."""
    if not 0 <= value < 1:
        raise RecipeError(f"{name} is {value:g}; expected a fraction in [0, 1); 0 drops nothing")
    return value
