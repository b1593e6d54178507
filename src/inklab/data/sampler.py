"""Batches: which images each step trains on, as the lesson has it."""

import numpy as np
from numpy.typing import NDArray


class BatchSampler:
    """The indices of every batch, each found from its number alone, so that a run resumes anywhere.

    Epoch e has its own shuffle, `default_rng((seed, e)).permutation(n)`. The shuffles in a row are one
    endless stream, cut into batches of exactly `size`: none is short, one that crosses the end of an
    epoch goes on into the next shuffle, and one larger than n holds several epochs.

    Consecutive steps cost O(size) and one shuffle an epoch; a jump costs a shuffle, O(n).

    Some of the images may have others in their place: of the last `renewed` of the n there are `sets`, one
    after another from n - renewed on, and epoch e takes set e mod sets.

    Args:
        n: number of images in an epoch, at least 1.
        size: number of indices in a batch, at least 1.
        seed: at least 0; names the order.
        renewed: how many of them are others in the next epoch, from 0 to n.
        sets: after how many epochs the same come again, at least 1.

    Raises:
        ValueError: a number is out of range.

    >>> batches = BatchSampler(3, 2, seed=0)
    >>> np.concatenate([batches[0], batches[1], batches[2]])  # two epochs of three
    array([2, 0, 1, 2, 0, 1])
    """

    def __init__(self, n: int, size: int, *, seed: int, renewed: int = 0, sets: int = 1) -> None:
        if n < 1 or size < 1 or seed < 0:
            raise ValueError(f"n {n}, size {size}, seed {seed}; expected at least 1, 1 and 0")
        if not 0 <= renewed <= n or sets < 1:
            raise ValueError(f"renewed {renewed}, sets {sets}; expected 0 to {n}, and at least 1")
        self.n = n
        self.size = size
        self.seed = seed
        self.renewed = renewed
        self.sets = sets
        self._epoch, self._order = 0, self._shuffled(0)  # one is enough: a batch ends where the next begins

    def __getitem__(self, step: int) -> NDArray[np.int64]:
        if step < 0:
            raise IndexError(f"step {step}; expected at least 0, for the stream has no end to count from")
        start, stop = step * self.size, (step + 1) * self.size
        epochs = range(start // self.n, (stop - 1) // self.n + 1)
        return np.concatenate(
            [self._order_of(e)[max(start - e * self.n, 0) : stop - e * self.n] for e in epochs]
        )

    def epoch_of(self, step: int) -> float:
        """Return how many epochs lie before `step`, with the fraction of the one it is in."""
        return step * self.size / self.n

    def _order_of(self, epoch: int) -> NDArray[np.int64]:
        if epoch != self._epoch:
            self._epoch, self._order = epoch, self._shuffled(epoch)
        return self._order

    def _shuffled(self, epoch: int) -> NDArray[np.int64]:
        order = np.random.default_rng((self.seed, epoch)).permutation(self.n)
        order[order >= self.n - self.renewed] += self.renewed * (epoch % self.sets)
        return order
