"""Measure how the recognizer reads difficult kinds of pictures, drawn with a seed.

    python benchmarks/kinds.py [KIND ...]

Prints a table of right, refused, and wrong answers per kind; KIND is a part of a kind's name.
"""

import sys
from collections.abc import Sequence

import cells
import inks
import numpy as np
from bench import print_table

from inklab.recognition import Recognizer

GENERATORS = {**cells.GENERATORS, **inks.GENERATORS}
"""Kind -> generator of n labeled pictures."""
SEED, COUNT = 18, 200


def measure(recognizer: Recognizer, pictures: Sequence[cells.Labeled]) -> dict[str, float]:
    """Return the shares of pictures that are read right, refused, and read wrong.

    Where the label is None, every reader should refuse, and a refusal is right.
    """
    answers = [prediction.digit for prediction in recognizer.read_many([picture for picture, _ in pictures])]
    labels = [label for _, label in pictures]
    right = sum(answer == label for answer, label in zip(answers, labels, strict=True))
    refused = sum(answer is None and label is not None for answer, label in zip(answers, labels, strict=True))
    shares = {"right": right, "refused": refused, "wrong": len(labels) - right - refused}
    return {name: count / len(labels) for name, count in shares.items()}


def main() -> None:
    """Print the table of all kinds, or of those named."""
    recognizer = Recognizer()
    rows: list[Sequence[object]] = [("kind", "right", "refused", "wrong")]
    for name, generate in GENERATORS.items():
        if len(sys.argv) == 1 or any(part in name for part in sys.argv[1:]):
            shares = measure(recognizer, list(generate(COUNT, np.random.default_rng(SEED))))
            rows.append((name, *(f"{share:.1%}" for share in shares.values())))
    print_table(f"{COUNT} pictures per kind, seed {SEED}", rows)


if __name__ == "__main__":
    main()
