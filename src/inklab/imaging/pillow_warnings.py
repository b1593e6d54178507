"""Suppress Pillow's warnings about metadata, thread-safely."""

import warnings
from threading import Lock


class IgnorePillowWarnings:
    """A context that suppresses Pillow's warnings and that several threads may enter at once.

    With `warnings.catch_warnings` alone, the first thread to leave would restore the warnings for the others,
    and the last would leave them suppressed. Here the last thread to leave restores them.
    """

    def __init__(self) -> None:
        self._lock, self._n_inside, self._filters = Lock(), 0, warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if not self._n_inside:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.filterwarnings("ignore", module=r"PIL\.")
            self._n_inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._n_inside -= 1
            if not self._n_inside:
                self._filters.__exit__(None, None, None)
