"""A small thread-safe cache."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Cache(Generic[Value]):
    """The most recent values by key; each is computed once, by the first thread that needs it.

    Args:
        max_size: the number of values to keep; the oldest is dropped first.
    """

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size
        self._values: dict[object, Future[Value]] = {}
        self._lock = Lock()

    def get(self, key: object, compute: Callable[[], Value]) -> Value:
        """Return the value of a key; only threads that need the same value wait for its computation."""
        with self._lock:
            value = self._values.get(key)
            is_new = value is None
            if value is None:
                value = self._values[key] = Future()
                while len(self._values) > self._max_size:
                    del self._values[next(iter(self._values))]
        if is_new:
            try:
                value.set_result(compute())
            except BaseException as error:
                with self._lock:
                    self._values.pop(key, None)
                value.set_exception(error)
        return value.result()
