"""Check the parts of a JSON document; every other value raises a `DataError` that says what was expected."""

from reprlib import repr as shortened
from typing import Any

from inklab.errors import DataError


def expect(is_met: bool, name: str, value: object, expected: str) -> None:
    """Raise a `DataError` with the shortened value unless the condition is met."""
    if not is_met:
        raise DataError(f"{name} is {shortened(value)}; expected {expected}")


def as_object(name: str, value: Any, keys: set[str]) -> dict[str, Any]:
    """Return a JSON object that has exactly these keys."""
    expect(isinstance(value, dict), name, value, f"an object with {', '.join(sorted(keys))}")
    if missing := sorted(keys - value.keys()):
        raise DataError(f"{name} lacks {', '.join(missing)}; expected every field")
    if unknown := sorted(map(str, value.keys() - keys)):
        raise DataError(f"{name} has no field {shortened(unknown[0])}; was it written by a newer inklab?")
    return dict(value)


def as_list(name: str, value: Any) -> list[Any]:
    """Return a JSON array."""
    expect(isinstance(value, list), name, value, "a list")
    return list(value)


def as_square(name: str, value: object, size: int) -> list[list[Any]]:
    """Return a JSON array of `size` arrays of `size` values."""
    rows = [as_list(f"a row of {name}", row) for row in as_list(name, value)]
    lengths = [len(row) for row in rows]
    if lengths != [size] * size:
        raise DataError(f"{name} has rows of {shortened(lengths)}; expected {size} rows of {size}")
    return rows


def as_text(name: str, value: object) -> str:
    """Return a JSON string."""
    expect(isinstance(value, str), name, value, "a string")
    return str(value)


def as_count(name: str, value: Any, maximum: int) -> int:
    """Return a whole number in [0, maximum]."""
    expect(type(value) is int and 0 <= value <= maximum, name, value, f"a whole number from 0 to {maximum}")
    return int(value)


def as_number(name: str, value: Any, maximum: float) -> float:
    """Return a number in [0, maximum]; never NaN."""
    is_number = type(value) in {int, float}  # a JSON document may say 1 for 1.0; True is neither
    expect(is_number and 0 <= value <= maximum, name, value, f"a number from 0 to {maximum:g}")
    return float(value)


def format_problem(place: str, version: object, expected: int, remedy: str) -> str:
    """Return the message about a file of another format; the remedy is for an older one."""
    advice = "update inklab" if type(version) is int and version > expected else remedy
    return f"{place} has format {version!r:.20}; this inklab reads format {expected}; {advice}"
