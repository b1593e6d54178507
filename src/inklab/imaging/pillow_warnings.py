"""Silence for Pillow, which warns of odd metadata that do not matter here."""

import warnings
from threading import Lock


class IgnorePillowWarnings:
    """A context in which Pillow's warnings are dropped; several threads may be in it at a time.

    `warnings.catch_warnings` alone is not made for threads: the first to leave would take the silence from
    the others, and the last would leave it behind. Here the first to enter begins it, and the last to leave
    ends it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._caught = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._caught = warnings.catch_warnings()
                self._caught.__enter__()
                warnings.filterwarnings("ignore", module=r"PIL\.")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._caught.__exit__(None, None, None)
