"""Batches: each index once per epoch, all of full size, each computed from its number alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from inklab.data.sampler import BatchSampler, evenly_spaced

counts = st.integers(1, 40)


def shuffles(n: int, seed: int, *, epochs: int) -> list[int]:
    stream: list[int] = []
    for epoch in range(epochs):
        stream.extend(np.random.default_rng((seed, epoch)).permutation(n).tolist())
    return stream


def test_batches_worked_out_by_hand() -> None:
    # Five images, batches of three: the second batch has two of this epoch and one of the next.
    first, second = shuffles(5, 8, epochs=1), shuffles(5, 8, epochs=2)[5:]
    batches = BatchSampler(5, 3, seed=8)
    assert batches[0].tolist() == first[:3]
    assert batches[1].tolist() == [*first[3:], second[0]]
    assert batches[2].tolist() == second[1:4]
    assert [batches.epoch_of(step) for step in (0, 1, 5)] == [0, 0.6, 3]


@given(n=counts, size=st.integers(1, 130), seed=st.integers(0, 2**32 - 1))
def test_the_stream_is_the_sequence_of_shuffles(n: int, size: int, seed: int) -> None:
    batches = BatchSampler(n, size, seed=seed)
    taken = [batches[step] for step in range(4)]
    assert all(batch.shape == (size,) and batch.dtype == np.int64 for batch in taken)
    assert np.concatenate(taken).tolist() == shuffles(n, seed, epochs=4 * size // n + 1)[: 4 * size]


@given(n=counts, size=counts, seed=st.integers(0, 9))
def test_every_epoch_has_each_index_once(n: int, size: int, seed: int) -> None:
    batches = BatchSampler(n, size, seed=seed)
    epochs = np.concatenate([batches[step] for step in range(n)]).reshape(
        size, n
    )  # n batches are size epochs
    assert_array_equal(np.sort(epochs, axis=1), np.tile(np.arange(n), (size, 1)))


@given(n=counts, size=st.integers(1, 90), steps=st.lists(st.integers(0, 10**9), min_size=1, max_size=8))
def test_a_batch_depends_only_on_its_number(n: int, size: int, steps: list[int]) -> None:
    batches = BatchSampler(n, size, seed=1)
    for step in steps:
        assert_array_equal(batches[step], BatchSampler(n, size, seed=1)[step], strict=True)


def test_a_full_batch_is_one_epoch_per_step() -> None:
    batches = BatchSampler(7, 7, seed=0)
    assert [sorted(batches[step].tolist()) for step in range(3)] == [list(range(7))] * 3
    assert batches[0].tolist() != batches[1].tolist()


def test_seeds_give_different_orders() -> None:
    assert BatchSampler(100, 100, seed=1)[0].tolist() != BatchSampler(100, 100, seed=2)[0].tolist()


def test_consecutive_steps_shuffle_once_per_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[object] = []
    default_rng = np.random.default_rng

    def recording(seed: tuple[int, int]) -> np.random.Generator:
        seeds.append(seed)
        return default_rng(seed)

    monkeypatch.setattr(np.random, "default_rng", recording)
    batches = BatchSampler(100, 30, seed=5)
    for step in range(11):  # 330 indices: three epochs and 30 of the fourth
        assert len(batches[step]) == 30
    assert seeds == [(5, 0), (5, 1), (5, 2), (5, 3)]


def test_changing_a_batch_does_not_change_the_sampler() -> None:
    batches = BatchSampler(6, 3, seed=0)
    before = batches[0].copy()
    batches[0][:] = 0
    assert_array_equal(batches[0], before)


def test_the_last_indices_of_an_epoch_rotate_through_the_pools() -> None:
    batches = BatchSampler(5, 5, seed=2, n_rotating=2, n_pools=3)
    taken = [sorted(batches[step].tolist()) for step in range(4)]
    assert taken == [[0, 1, 2, 3, 4], [0, 1, 2, 5, 6], [0, 1, 2, 7, 8], [0, 1, 2, 3, 4]]
    assert_array_equal(batches[1], BatchSampler(5, 5, seed=2, n_rotating=2, n_pools=3)[1])
    assert_array_equal(batches[0], BatchSampler(5, 5, seed=2)[0])


def test_numbers_out_of_range_are_refused() -> None:
    for n, size, seed in ((0, 1, 0), (1, 0, 0), (1, 1, -1)):
        with pytest.raises(
            ValueError, match=f"n is {n}, size {size}, seed {seed}; expected at least 1, 1 and 0"
        ):
            BatchSampler(n, size, seed=seed)
    for n_rotating, n_pools in ((-1, 1), (6, 1), (2, 0)):
        expected = f"n_rotating is {n_rotating}, n_pools {n_pools}; expected 0 to 5, at least 1"
        with pytest.raises(ValueError, match=expected):
            BatchSampler(5, 3, seed=0, n_rotating=n_rotating, n_pools=n_pools)
    with pytest.raises(IndexError, match="step is -1; expected at least 0"):
        BatchSampler(5, 3, seed=0)[-1]


@given(n=st.integers(0, 200), max_count=st.integers(0, 200))
def test_evenly_spaced_indices_are_distinct_and_span_the_range(n: int, max_count: int) -> None:
    indices = evenly_spaced(n, max_count).tolist()
    assert len(set(indices)) == len(indices) == min(n, max_count)
    assert indices == sorted(indices)
    if len(indices) > 1:
        assert (indices[0], indices[-1]) == (0, n - 1)
    if n <= max_count:
        assert indices == list(range(n))
