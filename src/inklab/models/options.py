"""Options of a network: numbers, as a recipe's JSON and a command line have them, some of them counts."""

from inklab.errors import RecipeError


def whole(name: str, value: float, least: int, most: int, *, of: str = "") -> int:
    """Return an option that counts something, such as channels.

    Raises:
        RecipeError: it is no whole number from `least` to `most`.

    >>> whole("width", 16.0, 1, 256, of="channels")
    16
    """
    if value not in range(least, most + 1):
        what = f"a whole number of {of}" if of else "a whole number"
        raise RecipeError(f"{name} is {value:g}; expected {what} from {least} to {most}")
    return int(value)
