"""Measure how many letters the included recognizer refuses, drawn as a person's pen draws them.

    python benchmarks/letters.py [--count 30] [--seed 0]

Prints the letters by the share that is refused, with the digits they are read as; `count` is per letter. The
sets leave out letters that people write like a digit, as no reader can refuse them: O and o (0), I, i, and
l (1), Z and z (2), S and s (5), b (6), g and q (9). B, D, G, and Q are drawn with what tells them from 8, 0,
and 6: stem and corners, a bar, a tail that crosses. J, j, U, V, v, h, n, r, and y resemble a digit only in
a careless hand, and stay.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from functools import partial

import numpy as np
from pen import draw
from styles import Generator, Labeled, picture, size_and_pen

from inklab.recognition import Recognizer

CAPITALS: dict[str, tuple[str, ...]] = {
    "A": (
        "36,0 18,50 0,100 / 36,0 54,50 70,100 / 12,64 36,63 60,64",
        "2,100 18,50 36,0! 52,50 66,100 / 12,66 36,64 58,64",
        "2,100 4,40 30,0 56,38 60,100 / 4,60 30,59 58,60",
    ),
    "B": (
        "8,0 7,50 6,100 / 0,2 36,0 48,18 36,42 8,48! 42,50 56,74 40,98 -2,98",
        "6,98 7,50 8,2! 36,0 46,20 34,42 10,48! 42,52 54,76 36,98 -4,96",
    ),
    "C": ("60,16 38,0 10,18 2,54 14,90 40,100 64,84", "58,24 56,6 34,0 8,24 4,64 22,98 46,98 62,84"),
    "D": (
        "8,0 7,50 6,100 / -6,2 28,2 60,28 60,74 28,99 -6,98",
        "6,98 7,50 8,2! 40,4 62,40 54,80 28,98 -6,98",
    ),
    "E": (
        "8,0 7,50 6,100 / 8,2 32,2 56,0 / 7,48 28,48 48,46 / 6,99 32,99 58,98",
        "56,2 32,2 8,2! 7,50 6,98! 32,98 58,98 / 8,48 28,48 48,48",
        "56,14 36,0 12,12 14,36 36,46! 10,56 4,80 24,100 58,88",
    ),
    "F": (
        "8,0 8,50 6,100 / 8,2 32,2 58,0 / 8,46 28,46 48,44",
        "58,0 34,2 10,4! 8,50 6,100 / 8,48 28,46 46,46",
    ),
    "G": (
        "60,16 38,0 10,18 2,54 14,90 40,100 62,82 62,58! 50,58 36,58",
        "58,14 36,0 8,20 4,66 24,98 48,90 56,60! 58,80 58,104 / 36,60 52,58 70,58",
    ),
    "H": (
        "6,0 6,50 4,100 / 58,0 58,50 58,100 / 6,50 32,49 58,48",
        "8,0 7,50 6,100 / 54,2 54,50 52,98 / 6,54 30,52 54,50",
    ),
    "J": (
        "20,2 42,1 66,0 / 46,2 46,50 44,84 26,100 8,88 4,74",
        "14,2 34,1 58,2 / 40,2 40,60 34,92 14,98 0,82",
    ),
    "K": (
        "6,0 6,50 6,100 / 54,2 30,28 8,54 / 8,54 30,74 58,100",
        "6,0 6,50 4,100 / 52,0 30,28 10,50! 30,74 56,100",
    ),
    "L": ("8,0 7,50 6,98! 32,98 58,96", "12,0 9,50 4,96! 28,99 52,98", "8,0 7,50 8,84 20,98 54,96"),
    "M": (
        "4,100 6,50 8,0! 24,40 40,70! 56,40 72,0! 76,50 78,100",
        "0,100 8,50 16,0! 28,50 40,98! 54,50 66,0! 72,50 80,100",
    ),
    "N": ("6,100 6,50 6,0! 32,50 58,100! 58,50 58,0", "4,98 7,50 10,2! 32,50 54,96! 57,50 62,-4"),
    "P": (
        "8,0 7,50 6,100 / 8,2 38,2 56,20 44,44 8,52",
        "6,100 7,50 8,2! 36,2 52,22 38,46 8,50",
        "8,6 7,50 6,100 / 0,10 26,0 54,10 52,36 32,50 10,48",
    ),
    "Q": (
        "34,0 12,10 2,46 10,86 32,98 54,86 60,48 52,10 34,0 / 36,64 56,84 78,106",
        "36,0 10,12 0,50 12,88 34,98 58,84 66,48 56,12 36,0 / 34,70 46,66 60,92 84,98",
    ),
    "R": (
        "8,0 7,50 6,100 / 8,2 38,2 54,20 42,44 8,50! 32,74 58,100",
        "6,100 7,50 8,2! 36,0 52,22 36,46 12,50! 34,72 60,98",
    ),
    "T": ("2,2 32,2 64,0 / 33,2 32,50 32,100", "0,4 30,2 58,2 / 30,2 29,50 26,100"),
    "U": ("6,0 4,50 12,90 34,100 54,88 60,50 60,0", "6,2 4,60 22,98 46,92 58,50 60,0! 60,50 60,98"),
    "V": ("2,0 18,50 34,100! 50,50 66,0", "4,2 18,52 32,96! 46,50 54,10 62,0"),
    "W": (
        "0,0 12,50 24,98! 34,64 44,32! 56,64 68,98! 80,50 90,0",
        "4,0 4,60 22,96 40,80 44,30! 46,80 64,98 82,70 86,0",
    ),
    "X": ("4,0 32,50 62,100 / 60,0 32,50 2,100", "8,2 30,50 56,98 / 58,4 32,50 4,98"),
    "Y": (
        "4,0 18,24 32,48 / 62,0 32,48 28,100",
        "4,0 18,26 32,50! 48,24 62,0! / 32,50 32,76 32,100",
        "6,0 4,30 20,48 44,44 58,0! 56,50 42,90 20,100 4,86",
    ),
}
"""Capital -> skeletons, in points of `pen`'s notation."""

SMALL: dict[str, tuple[str, ...]] = {
    "a": (
        "52,8 30,0 6,22 4,68 24,98 48,74 54,20 / 56,0 54,50 56,88 72,98",
        "54,16 34,0 8,22 4,70 26,100 50,76 58,6! 56,50 58,90 72,96",
        "8,16 30,0 52,12 54,50 54,98! / 54,46 24,48 4,70 20,98 52,80",
    ),
    "alpha": (
        "74,4 60,44 36,90 14,98 2,60 14,10 34,6 54,46 66,88 80,98",
        "80,10 62,56 36,96 10,90 2,46 22,4 44,18 60,70 82,94",
    ),
    "c": ("62,18 38,0 8,22 2,60 18,96 42,100 66,82",),
    "d": (
        "46,52 26,40 6,56 4,84 22,100 44,84 50,56 / 54,0 52,50 52,100",
        "50,54 30,42 8,56 4,84 22,100 46,82 56,0! 53,50 54,90 66,98",
    ),
    "e": (
        "6,52 32,50 58,46 50,12 28,0 6,24 2,66 22,98 62,86",
        "8,58 36,46 54,22 38,0 12,18 2,60 18,98 60,86",
    ),
    "f": (
        "52,12 40,0 26,12 24,50 22,100 / 4,44 26,42 46,42",
        "54,8 36,0 26,20 26,60 22,100 / 6,48 26,46 48,44",
    ),
    "h": (
        "8,0 7,50 6,100! 8,66 28,46 46,56 48,98",
        "10,0 8,50 8,100! 12,60 32,46 48,62 48,90 58,98",
    ),
    "j": ("30,28 30,60 26,92 12,100 -2,88 / 33,4 34,7", "12,34 32,32! 32,60 26,94 8,100 -4,90 / 34,4 35,7"),
    "k": (
        "8,0 7,50 6,100 / 46,44 28,56 8,70 / 8,70 28,84 50,100",
        "10,0 8,50 8,100 / 44,42 10,70! 28,82 50,98",
    ),
    "m": (
        "4,8 4,50 4,100! 8,26 26,4 42,24 42,100! 46,28 64,4 82,26 82,100",
        "0,20 8,4 10,50 10,98! 14,30 30,6 44,26 44,98! 50,30 68,6 82,30 82,86 94,96",
    ),
    "n": ("6,4 6,50 6,100! 10,30 34,2 56,20 58,100", "0,22 10,2 12,50 10,100! 18,30 40,4 58,28 58,80 72,98"),
    "p": (
        "8,0 7,50 6,100 / 8,12 30,0 52,16 48,46 26,56 8,48",
        "4,4 10,2 9,50 8,100 / 10,20 30,2 52,14 50,44 30,56 10,50",
    ),
    "r": ("8,2 8,50 6,100! 10,40 28,10 52,8", "4,10 14,2 14,50 12,100! 18,36 36,8 56,16"),
    "t": ("26,0 24,50 26,88 44,100 60,88 / 2,32 26,31 54,30", "30,0 28,50 26,100 / 4,34 30,32 54,30"),
    "u": ("6,0 4,60 20,98 44,84 58,30 60,0! 60,50 62,100", "4,2 6,66 26,98 50,76 58,0! 58,60 62,90 76,96"),
    "v": ("2,0 18,50 34,100! 50,50 66,0", "0,8 12,2 24,60 34,98! 48,60 58,20 70,2"),
    "w": (
        "0,0 12,50 24,98! 34,60 44,24! 56,60 68,98! 80,50 90,0",
        "2,2 6,70 22,98 40,76 44,14! 48,78 66,98 82,66 86,0",
    ),
    "x": ("4,0 32,50 62,100 / 62,0 32,50 2,100", "0,12 14,4 30,50 48,96 64,86 / 62,2 32,50 2,98"),
    "y": (
        "4,0 16,26 28,50 / 56,0 34,50 10,100",
        "6,0 6,34 22,50 44,38 54,0! 52,50 36,94 14,100 4,88",
        "2,0 14,28 28,52! / 56,0 40,40 26,80 10,100 0,96",
    ),
}
"""Small letter -> skeletons, in points of `pen`'s notation."""


def letters(n: int, rng: np.random.Generator, *, glyphs: dict[str, tuple[str, ...]]) -> Iterator[Labeled]:
    """Yield letters in turn, dark on white; all must be refused."""
    for number in range(n):
        skeletons = list(glyphs.values())[number % len(glyphs)]
        size, pen = size_and_pen(rng)
        yield picture(draw(rng, [str(rng.choice(skeletons))], size, pen)), None


GENERATORS: dict[str, Generator] = {
    "capitals": partial(letters, glyphs=CAPITALS),
    "small letters": partial(letters, glyphs=SMALL),
}
"""Name -> generator of (picture, None)."""


def print_report(name: str, glyphs: dict[str, tuple[str, ...]], *, count: int, seed: int) -> None:
    """Print the share of a set that is refused, and the same per letter, the lowest first."""
    pictures = [
        image for image, _ in letters(count * len(glyphs), np.random.default_rng(seed), glyphs=glyphs)
    ]
    predictions = list(Recognizer().read_many(pictures))
    sure = sum(p.digit is not None and p.confidence > 0.9 for p in predictions)
    refused = sum(p.digit is None for p in predictions)
    total = len(predictions)
    print(f"{name}: {refused / total:.1%} of {total} refused, {sure / total:.1%} read above 0.9")
    answers = {letter: [p.digit for p in predictions[n :: len(glyphs)]] for n, letter in enumerate(glyphs)}
    for letter, digits in sorted(answers.items(), key=lambda item: item[1].count(None)):
        read_as = Counter(digit for digit in digits if digit is not None).most_common(3)
        what = ", ".join(f"{digit} ({times})" for digit, times in read_as)
        print(f"  {letter:6s} {digits.count(None) / count:6.1%}  {what}".rstrip())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print_report("capitals", CAPITALS, count=options.count, seed=options.seed)
    print_report("small letters", SMALL, count=options.count, seed=options.seed)
