"""Suppress Pillow's warnings about metadata and libtiff's messages, thread-safely."""

import ctypes
import warnings
from contextlib import suppress
from functools import cache
from threading import Lock

from PIL import _imaging


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


@cache
def silence_libtiff() -> None:
    """Keep libtiff from printing on stderr; Pillow raises an exception for each of its errors anyway.

    libtiff has one handler for messages in a process. It is set once and for all: a handler that is set and
    reset around each picture would be seen by other threads. If Pillow's library exports no handlers, as in
    a static build, the messages remain.
    """
    with suppress(AttributeError, OSError):
        libtiff = ctypes.CDLL(_imaging.__file__)  # symbols are also found in the libraries that it loads
        for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
            set_handler = getattr(libtiff, name)
            set_handler.argtypes, set_handler.restype = [ctypes.c_void_p], ctypes.c_void_p
            set_handler(None)
