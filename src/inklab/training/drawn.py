"""Add drawn images to a training set: redrawn digits, and images without a digit."""

import numpy as np

from inklab.data import ArrayDataset, Split
from inklab.training.negatives.sample import negative_generators, sample_negatives
from inklab.training.styles.sample import sample_styles


def add_drawn(train: Split, *, redrawn: int, negatives: int, pools: int, seed: int) -> ArrayDataset:
    """Return a training set with pools of drawn images after its digits.

    Each pool has `redrawn` digits in other ways of writing, then `negatives` images of an additional class.

    Raises:
        DataError: the digits are blank, or lack one that is needed to draw on.
    """
    images, labels = [train.images], [train.labels]
    generators = negative_generators(train) if negatives else ()
    for pool in range(pools):
        rng = np.random.default_rng((seed, pool))
        styles, style_labels = sample_styles(train, redrawn, rng)
        images += [styles, sample_negatives(generators, negatives, rng)]
        labels += [style_labels, np.full(negatives, train.classes)]
    return ArrayDataset(np.concatenate(images), np.concatenate(labels), train.classes + bool(negatives))
