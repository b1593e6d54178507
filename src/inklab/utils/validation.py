"""The parts of a JSON document, each refused unless it is what was expected."""

from reprlib import repr as shortened
from typing import Any

from inklab.errors import DataError


def expect(is_met: bool, name: str, value: object, expected: str) -> None:
    """Raise a `DataError` that names the value, cut short, and what was expected."""
    if not is_met:
        raise DataError(f"{name} is {shortened(value)}; expected {expected}")


def as_object(name: str, value: object, keys: set[str]) -> dict[str, Any]:
    """Return a JSON object that has these keys and no others."""
    if not isinstance(value, dict):
        raise DataError(f"{name} is {shortened(value)}; expected an object with {', '.join(sorted(keys))}")
    missing = sorted(keys - value.keys())
    if missing:
        raise DataError(f"{name} lacks {', '.join(missing)}; expected every field")
    unknown = sorted(map(str, value.keys() - keys))
    if unknown:
        raise DataError(f"{name} has no field {shortened(unknown[0])}; was it written by a newer inklab?")
    return value


def as_list(name: str, value: object) -> list[Any]:
    """Return a JSON array."""
    if not isinstance(value, list):
        raise DataError(f"{name} is {shortened(value)}; expected a list")
    return value


def as_square(name: str, value: object, side: int) -> list[list[Any]]:
    """Return a JSON array of `side` arrays of `side` things."""
    rows = [as_list(f"a row of {name}", row) for row in as_list(name, value)]
    if [len(row) for row in rows] != [side] * side:
        raise DataError(
            f"{name} has rows of {shortened([len(row) for row in rows])}; expected {side} rows of {side}"
        )
    return rows


def as_text(name: str, value: object) -> str:
    """Return a JSON string."""
    if not isinstance(value, str):
        raise DataError(f"{name} is {shortened(value)}; expected a text")
    return value


def as_count(name: str, value: Any, most: int) -> int:
    """Return a whole number in [0, most]."""
    expect(type(value) is int and 0 <= value <= most, name, value, f"a whole number from 0 to {most}")
    return int(value)


def as_number(name: str, value: Any, most: float) -> float:
    """Return a number in [0, most]; never NaN."""
    is_number = type(value) in {int, float}  # a JSON document may say 1 for 1.0; True is neither
    expect(is_number and 0 <= value <= most, name, value, f"a number from 0 to {most:g}")
    return float(value)
