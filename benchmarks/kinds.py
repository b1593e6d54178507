"""Measure how the recognizer reads difficult kinds of pictures, drawn with a seed.

    python benchmarks/kinds.py [--count N] [--model ARTIFACT] [KIND ...]

Prints a table of right, refused, and wrong answers per kind; KIND is a part of a kind's name. What must be
refused, such as letters, has no label, and a refusal is right.
"""

import argparse
from collections.abc import Sequence

import cells
import inks
import letters
import numpy as np
import styles
from bench import print_table

from inklab.recognition import Recognizer

GENERATORS = {**cells.GENERATORS, **inks.GENERATORS, **styles.GENERATORS, **letters.GENERATORS}
"""Kind -> generator of n labeled pictures."""
SEED, SURE = 18, 0.9


def measure(recognizer: Recognizer, pictures: Sequence[cells.Labeled]) -> dict[str, float]:
    """Return the shares of pictures read right, refused, read wrong, and read wrong above `SURE`."""
    predictions = list(recognizer.read_many([picture for picture, _ in pictures]))
    labels = [label for _, label in pictures]
    right = [prediction.digit == label for prediction, label in zip(predictions, labels, strict=True)]
    refused = [p.digit is None and not ok for p, ok in zip(predictions, right, strict=True)]
    wrong = [p.digit is not None and not ok for p, ok in zip(predictions, right, strict=True)]
    sure = [is_wrong and p.confidence > SURE for p, is_wrong in zip(predictions, wrong, strict=True)]
    columns = {"right": right, "refused": refused, "wrong": wrong, f"wrong above {SURE}": sure}
    return {name: float(np.mean(column)) for name, column in columns.items()}


def main() -> None:
    """Print the table of all kinds, or of those named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kinds", nargs="*", metavar="KIND", help="part of a kind's name")
    parser.add_argument("--count", type=int, default=200, metavar="N", help="pictures per kind")
    parser.add_argument("--model", metavar="ARTIFACT", help="instead of the included network")
    options = parser.parse_args()
    recognizer = Recognizer(options.model)
    rows: list[Sequence[object]] = []
    for name, generate in GENERATORS.items():
        if not options.kinds or any(part in name for part in options.kinds):
            shares = measure(recognizer, list(generate(options.count, np.random.default_rng(SEED))))
            rows = rows or [("kind", *shares)]
            rows.append((name, *(f"{share:.1%}" for share in shares.values())))
    print_table(f"{options.count} pictures per kind, seed {SEED}", rows)


if __name__ == "__main__":
    main()
