"""The cache: each value is computed once, only the latest are kept, and failures are not."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from inklab.errors import RunError
from inklab.web.services.cache import Cache


def test_each_value_is_computed_once_and_the_latest_are_kept() -> None:
    cache, computed = Cache[int](2), []

    def compute(key: int) -> int:
        time.sleep(0.001)
        computed.append(key)
        return key

    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(lambda key: cache.get(key, lambda: compute(key)), [1, 2] * 20))
    assert (values, sorted(computed)) == ([1, 2] * 20, [1, 2])
    for key in (3, 2, 1):
        cache.get(key, lambda key=key: compute(key))  # type: ignore[misc]
    assert computed[2:] == [3, 1]


def test_a_slow_computation_blocks_no_other_key_and_a_failure_is_not_kept() -> None:
    cache, proceed = Cache[int](2), Event()

    def fail() -> int:
        proceed.wait()
        raise RunError("damaged")

    assert cache.get("there", lambda: 1) == 1
    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(cache.get, "slow", fail) for _ in range(2)]
        assert cache.get("there", lambda: 2) == 1
        proceed.set()
        for future in waiting:
            with pytest.raises(RunError, match="damaged"):
                future.result()
    assert cache.get("slow", lambda: 3) == 3
