"""Sampling by index: shuffled training batches, and evenly spaced subsets."""

import numpy as np
from numpy.typing import NDArray


class BatchSampler:
    """The indices of every training batch, computed from the batch number alone, so that a run can resume.

    Epoch e is the shuffle `default_rng((seed, e)).permutation(n)`. The shuffles form one endless stream,
    cut into batches of exactly `size` indices. A batch that crosses the end of an epoch continues into the
    next shuffle; a batch larger than n spans several epochs.
    Consecutive steps cost O(size), and one shuffle per epoch; a jump costs one shuffle, O(n).

    The last `n_rotating` of the n images can rotate through `n_pools` pools of that size, whose indices
    follow one another from n - n_rotating on. Epoch e uses pool e mod n_pools.

    Raises:
        ValueError: n, `size` or `n_pools` is under 1, `seed` is under 0, or `n_rotating` is not in [0, n].

    >>> batches = BatchSampler(3, 2, seed=0)
    >>> np.concatenate([batches[0], batches[1], batches[2]])  # two epochs of three
    array([2, 0, 1, 2, 0, 1])
    """

    def __init__(self, n: int, size: int, *, seed: int, n_rotating: int = 0, n_pools: int = 1) -> None:
        if n < 1 or size < 1 or seed < 0:
            raise ValueError(f"n is {n}, size {size}, seed {seed}; expected at least 1, 1 and 0")
        if not 0 <= n_rotating <= n or n_pools < 1:
            raise ValueError(f"n_rotating is {n_rotating}, n_pools {n_pools}; expected 0 to {n}, at least 1")
        self.n, self.size, self.seed = n, size, seed
        self.n_rotating, self.n_pools = n_rotating, n_pools
        self._epoch, self._order = -1, np.empty(0, np.int64)  # one shuffle is enough for consecutive batches

    def __getitem__(self, step: int) -> NDArray[np.int64]:
        if step < 0:
            raise IndexError(f"step is {step}; expected at least 0, for the stream has no end")
        start, stop = step * self.size, (step + 1) * self.size
        epochs = range(start // self.n, (stop - 1) // self.n + 1)
        return np.concatenate(
            [self._order_of(e)[max(start - e * self.n, 0) : stop - e * self.n] for e in epochs]
        )

    def epoch_of(self, step: int) -> float:
        """Return the number of epochs before `step`, with the fraction of the current epoch."""
        return step * self.size / self.n

    def _order_of(self, epoch: int) -> NDArray[np.int64]:
        if epoch != self._epoch:
            order = np.random.default_rng((self.seed, epoch)).permutation(self.n)
            order[order >= self.n - self.n_rotating] += self.n_rotating * (epoch % self.n_pools)
            self._epoch, self._order = epoch, order
        return self._order


def evenly_spaced(n: int, max_count: int) -> NDArray[np.int64]:
    """Return at most `max_count` indices of n, evenly spaced from the first to the last.

    >>> evenly_spaced(9, 3), evenly_spaced(2, 3)
    (array([0, 4, 8]), array([0, 1]))
    """
    return np.linspace(0, n - 1, min(n, max_count)).astype(np.int64)
